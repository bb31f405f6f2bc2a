//! Family: one exported metric with its name, meaning and value, whoever it is exported to.

use super::buckets::Buckets;
use super::live::{Live, STAGES};
use crate::metrics::{Counters, Metric};
use crate::oracle::ViolationKind;

/// What every exported name begins with.
pub(super) const PREFIX: &str = "chatbench";

/// One exported metric.
pub(super) struct Family<'a> {
    /// Between the prefix and the unit.
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) unit: Unit,
    pub(super) value: Value<'a>,
}

/// What a value is a number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    None,
    Seconds,
    Bytes,
}

/// What is exported.
pub(super) enum Value<'a> {
    /// Only grows.
    Counter(u64),
    /// One counter for each value of a label, those included that nothing was counted for.
    Counters {
        label: &'static str,
        counts: Vec<(&'static str, u64)>,
    },
    Gauge(u64),
    /// One gauge for each state, 1 for the one that is.
    State {
        label: &'static str,
        states: Vec<(&'static str, bool)>,
    },
    /// Labels beside a 1.
    Info(Vec<(&'static str, String)>),
    Times(&'a Buckets),
}

#[cfg(any(test, feature = "otlp"))]
impl Family<'_> {
    /// The name as Prometheus has it, with the unit and what the kind of the value appends.
    pub(super) fn full_name(&self) -> String {
        let unit = match self.unit {
            Unit::None => "",
            Unit::Seconds => "_seconds",
            Unit::Bytes => "_bytes",
        };
        let kind = match self.value {
            Value::Counter(_) | Value::Counters { .. } => "_total",
            Value::Info(_) => "_info",
            Value::Gauge(_) | Value::State { .. } | Value::Times(_) => "",
        };
        format!("{PREFIX}_{}{unit}{kind}", self.name)
    }
}

type Counted = (&'static str, Unit, &'static str, fn(&Counters) -> u64);

const COUNTED: [Counted; 16] = [
    ("connects", Unit::None, "Connections that came to stand.", |it| it.connects),
    ("connect_failures", Unit::None, "Attempts to connect that came to nothing.", |it| {
        it.connect_failures
    }),
    ("disconnects", Unit::None, "Connections that were lost against the user's will.", |it| {
        it.disconnects
    }),
    ("joins", Unit::None, "Joins confirmed.", |it| it.joins),
    ("leaves", Unit::None, "Rooms that were left while the connection stayed.", |it| it.leaves),
    ("departures", Unit::None, "Connections that users ended, to come back later.", |it| {
        it.departures
    }),
    ("drops", Unit::None, "Connections that were cut on purpose.", |it| it.drops),
    ("recoveries", Unit::None, "Sessions that the server took up again.", |it| it.recoveries),
    (
        "recoveries_declined",
        Unit::None,
        "Sessions that the server was asked to take up again, and did not.",
        |it| it.recoveries_declined,
    ),
    ("messages_sent", Unit::None, "Messages of the load that were sent.", |it| it.sent),
    (
        "messages_unsent",
        Unit::None,
        "Messages of the load that were due while their user had no connection.",
        |it| it.unsent,
    ),
    (
        "messages_away",
        Unit::None,
        "Messages that fell to users who were away because the scenario says so.",
        |it| it.away,
    ),
    ("text_sent", Unit::Bytes, "Text in the messages of the load that were sent.", |it| {
        it.text_bytes_sent
    }),
    ("probes", Unit::None, "Messages sent beside the load, to see whether joins work.", |it| {
        it.probes
    }),
    (
        "deliveries",
        Unit::None,
        "Deliveries of messages of the load, intact, each the first to its member.",
        |it| it.delivered,
    ),
    ("heard", Unit::None, "Everything heard on the chat's event, whatever it was.", |it| it.heard),
];

impl Live {
    /// All that is exported, in its order.
    pub(super) fn families(&self) -> Vec<Family<'_>> {
        let gauge = |name, help, value| plain(name, help, Value::Gauge(value));
        let mut families = self.about();
        families.push(gauge("users_connected", "Users who are connected.", self.users_connected));
        let deaf = "Users who lost a connection that nobody here wanted lost, and heard nothing \
                    since.";
        families.push(gauge("users_deaf", deaf, self.users_deaf));
        if let Some((step, load)) = self.step {
            families.push(gauge("capacity_step", "The step of the search, from 1.", step));
            let help = "What the step offers: users, or deliveries per second.";
            families.push(gauge("capacity_load", help, load));
        }
        let broken = ViolationKind::ALL.map(|kind| (kind.name(), self.violations.of(kind)));
        let broken = Value::Counters { label: "kind", counts: broken.into() };
        families.push(plain("violations", "Promises that were broken.", broken));
        families.extend(COUNTED.map(|(name, unit, help, count)| {
            let value = Value::Counter(count(&self.counters));
            Family { name, help, unit, value }
        }));
        families.extend(Metric::ALL.into_iter().zip(&self.times).map(|(metric, times)| Family {
            name: metric.name(),
            help: help(metric),
            unit: Unit::Seconds,
            value: Value::Times(times),
        }));
        families
    }

    fn about(&self) -> Vec<Family<'static>> {
        let build = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
        let about = &self.about;
        let run = vec![
            ("scenario", about.scenario.clone()),
            ("seed", about.seed.to_string()),
            ("target", about.target.clone()),
        ];
        let stages = STAGES.map(|stage| (stage.name(), stage == self.stage));
        let stage = Value::State { label: "stage", states: stages.into() };
        vec![
            plain("build", "The chatbench that runs.", Value::Info(build)),
            plain("run", "What is run.", Value::Info(run)),
            plain("stage", "What the run is busy with: 1 at the stage that it is in.", stage),
        ]
    }
}

fn plain<'a>(name: &'static str, help: &'static str, value: Value<'a>) -> Family<'a> {
    Family { name, help, unit: Unit::None, value }
}

fn help(metric: Metric) -> &'static str {
    match metric {
        Metric::ConnectLatency => "From the first step of an attempt to connect to its end.",
        Metric::JoinLatency => "From a join to the evidence that the server has performed it.",
        Metric::SendDelay => "Sent - intended: the generator's own lateness.",
        Metric::DeliveryLatency => "Received - intended: what a user sees.",
        Metric::ServiceLatency => "Received - sent: the server and the network alone.",
        Metric::FirstReceiver => "Heard by the first member - intended.",
        Metric::LastReceiver => "Heard by the last member who must - intended.",
        Metric::JoinToHeard => "From a join to the first message heard in that room.",
        Metric::ReconnectToHeard => {
            "From when a user wanted its connection back to the first message heard on it."
        }
        Metric::Deafness => "From the loss of a connection to the first message heard again.",
    }
}
