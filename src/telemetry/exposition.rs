//! Exposition: the sums as text, in the two formats that Prometheus reads.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::{Registry, Unit};

use super::family::{self, Family, PREFIX, Value};
use super::live::Live;

/// In which format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// The text format of Prometheus, version 0.0.4.
    Prometheus,
}

impl Format {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Format::Prometheus => prometheus_text::CONTENT_TYPE,
        }
    }
}

/// The sums of `live` as text.
pub(super) fn write(live: Live, format: Format) -> String {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(live));
    let mut out = String::new();
    let written = match format {
        Format::OpenMetrics => text::encode(&mut out, &registry),
        Format::Prometheus => prometheus_text::encode(&mut out, &registry),
    };
    written.expect("a string takes everything");
    out
}

impl Collector for Live {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in self.families() {
            encode(&family, &mut encoder)?;
        }
        Ok(())
    }
}

fn encode(family: &Family<'_>, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let unit = match family.unit {
        family::Unit::None => None,
        family::Unit::Seconds => Some(Unit::Seconds),
        family::Unit::Bytes => Some(Unit::Bytes),
    };
    let kind = match &family.value {
        Value::Counter(_) | Value::Counters { .. } => MetricType::Counter,
        Value::Gauge(_) | Value::State { .. } => MetricType::Gauge,
        Value::Info(_) => MetricType::Info,
        Value::Times(_) => MetricType::Histogram,
    };
    let mut encoder = encoder.encode_descriptor(family.name, family.help, unit.as_ref(), kind)?;
    encode_value(&family.value, &mut encoder)
}

fn encode_value(value: &Value<'_>, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
    match value {
        Value::Counter(count) => encode_count(*count, encoder),
        Value::Counters { label, counts } => counts.iter().try_for_each(|(value, count)| {
            encode_count(*count, &mut encoder.encode_family(&[(*label, *value)])?)
        }),
        Value::Gauge(value) => encoder.encode_gauge(value),
        Value::State { label, states } => states.iter().try_for_each(|(state, is)| {
            encoder.encode_family(&[(*label, *state)])?.encode_gauge(&u64::from(*is))
        }),
        Value::Info(labels) => encoder.encode_info(labels),
        Value::Times(times) => {
            let buckets: Vec<_> = times.each().collect();
            encoder.encode_histogram::<NoLabelSet>(times.sum(), times.count(), &buckets, None)
        }
    }
}

fn encode_count(count: u64, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
    encoder.encode_counter(&count, None::<&Exemplar<NoLabelSet, f64>>)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use expect_test::expect;

    use super::*;
    use crate::metrics::Metric;
    use crate::run::{Follower as _, News, Stage};
    use crate::telemetry::sample;
    use crate::time::Timestamp;

    /// All but the buckets of what looks like the delivery latency.
    fn in_short(text: &str) -> String {
        let kept = text.lines().filter(|line| {
            !line.starts_with("chatbench_") || !line.contains("le=") || line.contains("_delivery_")
        });
        kept.map(|line| line.to_owned() + "\n").collect()
    }

    /// Every value by its name and labels; a bound may be written as `1` or as `1.0`.
    fn values(text: &str) -> BTreeMap<String, f64> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let value = |line: &str| {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            (name.replace(".0\"}", "\"}"), value.parse().expect("a number"))
        };
        lines.map(value).collect()
    }

    #[test]
    fn the_sums_in_open_metrics() {
        expect![[r##"
            # HELP chatbench_build The chatbench that runs.
            # TYPE chatbench_build info
            chatbench_build_info{version="0.1.0"} 1
            # HELP chatbench_run What is run.
            # TYPE chatbench_run info
            chatbench_run_info{scenario="a \"rainy\"\nday",seed="7",target="http://localhost:3000,http://localhost:3001"} 1
            # HELP chatbench_stage What the run is busy with: 1 at the stage that it is in.
            # TYPE chatbench_stage gauge
            chatbench_stage{stage="prepare"} 0
            chatbench_stage{stage="assemble"} 0
            chatbench_stage{stage="load"} 1
            chatbench_stage{stage="drain"} 0
            chatbench_stage{stage="over"} 0
            # HELP chatbench_users_connected Users who are connected.
            # TYPE chatbench_users_connected gauge
            chatbench_users_connected 5
            # HELP chatbench_users_deaf Users who lost a connection that nobody here wanted lost, and heard nothing since.
            # TYPE chatbench_users_deaf gauge
            chatbench_users_deaf 1
            # HELP chatbench_capacity_step The step of the search, from 1.
            # TYPE chatbench_capacity_step gauge
            chatbench_capacity_step 3
            # HELP chatbench_capacity_load What the step offers: users, or deliveries per second.
            # TYPE chatbench_capacity_load gauge
            chatbench_capacity_load 300
            # HELP chatbench_violations Promises that were broken.
            # TYPE chatbench_violations counter
            chatbench_violations_total{kind="lost"} 4
            chatbench_violations_total{kind="duplicated"} 0
            chatbench_violations_total{kind="echoed"} 2
            chatbench_violations_total{kind="leaked"} 0
            chatbench_violations_total{kind="reordered"} 0
            chatbench_violations_total{kind="corrupted"} 0
            chatbench_violations_total{kind="unexpected"} 0
            chatbench_violations_total{kind="join_unconfirmed"} 0
            chatbench_violations_total{kind="late"} 0
            # HELP chatbench_connects Connections that came to stand.
            # TYPE chatbench_connects counter
            chatbench_connects_total 0
            # HELP chatbench_connect_failures Attempts to connect that came to nothing.
            # TYPE chatbench_connect_failures counter
            chatbench_connect_failures_total 0
            # HELP chatbench_disconnects Connections that were lost against the user's will.
            # TYPE chatbench_disconnects counter
            chatbench_disconnects_total 0
            # HELP chatbench_joins Joins confirmed.
            # TYPE chatbench_joins counter
            chatbench_joins_total 0
            # HELP chatbench_leaves Rooms that were left while the connection stayed.
            # TYPE chatbench_leaves counter
            chatbench_leaves_total 0
            # HELP chatbench_departures Connections that users ended, to come back later.
            # TYPE chatbench_departures counter
            chatbench_departures_total 2
            # HELP chatbench_drops Connections that were cut on purpose.
            # TYPE chatbench_drops counter
            chatbench_drops_total 0
            # HELP chatbench_recoveries Sessions that the server took up again.
            # TYPE chatbench_recoveries counter
            chatbench_recoveries_total 0
            # HELP chatbench_recoveries_declined Sessions that the server was asked to take up again, and did not.
            # TYPE chatbench_recoveries_declined counter
            chatbench_recoveries_declined_total 0
            # HELP chatbench_messages_sent Messages of the load that were sent.
            # TYPE chatbench_messages_sent counter
            chatbench_messages_sent_total 0
            # HELP chatbench_messages_unsent Messages of the load that were due while their user had no connection.
            # TYPE chatbench_messages_unsent counter
            chatbench_messages_unsent_total 0
            # HELP chatbench_messages_away Messages that fell to users who were away because the scenario says so.
            # TYPE chatbench_messages_away counter
            chatbench_messages_away_total 0
            # HELP chatbench_text_sent_bytes Text in the messages of the load that were sent.
            # TYPE chatbench_text_sent_bytes counter
            # UNIT chatbench_text_sent_bytes bytes
            chatbench_text_sent_bytes_total 0
            # HELP chatbench_probes Messages sent beside the load, to see whether joins work.
            # TYPE chatbench_probes counter
            chatbench_probes_total 0
            # HELP chatbench_deliveries Deliveries of messages of the load, intact, each the first to its member.
            # TYPE chatbench_deliveries counter
            chatbench_deliveries_total 4
            # HELP chatbench_heard Everything heard on the chat's event, whatever it was.
            # TYPE chatbench_heard counter
            chatbench_heard_total 0
            # HELP chatbench_connect_latency_seconds From the first step of an attempt to connect to its end.
            # TYPE chatbench_connect_latency_seconds histogram
            # UNIT chatbench_connect_latency_seconds seconds
            chatbench_connect_latency_seconds_sum 0.0
            chatbench_connect_latency_seconds_count 0
            # HELP chatbench_join_latency_seconds From a join to the evidence that the server has performed it.
            # TYPE chatbench_join_latency_seconds histogram
            # UNIT chatbench_join_latency_seconds seconds
            chatbench_join_latency_seconds_sum 0.0
            chatbench_join_latency_seconds_count 0
            # HELP chatbench_send_delay_seconds Sent - intended: the generator's own lateness.
            # TYPE chatbench_send_delay_seconds histogram
            # UNIT chatbench_send_delay_seconds seconds
            chatbench_send_delay_seconds_sum 0.0
            chatbench_send_delay_seconds_count 0
            # HELP chatbench_delivery_latency_seconds Received - intended: what a user sees.
            # TYPE chatbench_delivery_latency_seconds histogram
            # UNIT chatbench_delivery_latency_seconds seconds
            chatbench_delivery_latency_seconds_sum 92.00493
            chatbench_delivery_latency_seconds_count 4
            chatbench_delivery_latency_seconds_bucket{le="0.0001"} 0
            chatbench_delivery_latency_seconds_bucket{le="0.0002"} 0
            chatbench_delivery_latency_seconds_bucket{le="0.0003"} 0
            chatbench_delivery_latency_seconds_bucket{le="0.0005"} 0
            chatbench_delivery_latency_seconds_bucket{le="0.0007"} 0
            chatbench_delivery_latency_seconds_bucket{le="0.001"} 0
            chatbench_delivery_latency_seconds_bucket{le="0.002"} 0
            chatbench_delivery_latency_seconds_bucket{le="0.003"} 0
            chatbench_delivery_latency_seconds_bucket{le="0.005"} 2
            chatbench_delivery_latency_seconds_bucket{le="0.007"} 2
            chatbench_delivery_latency_seconds_bucket{le="0.01"} 2
            chatbench_delivery_latency_seconds_bucket{le="0.02"} 2
            chatbench_delivery_latency_seconds_bucket{le="0.03"} 2
            chatbench_delivery_latency_seconds_bucket{le="0.05"} 2
            chatbench_delivery_latency_seconds_bucket{le="0.07"} 2
            chatbench_delivery_latency_seconds_bucket{le="0.1"} 2
            chatbench_delivery_latency_seconds_bucket{le="0.2"} 2
            chatbench_delivery_latency_seconds_bucket{le="0.3"} 2
            chatbench_delivery_latency_seconds_bucket{le="0.5"} 2
            chatbench_delivery_latency_seconds_bucket{le="0.7"} 2
            chatbench_delivery_latency_seconds_bucket{le="1.0"} 3
            chatbench_delivery_latency_seconds_bucket{le="2.0"} 3
            chatbench_delivery_latency_seconds_bucket{le="3.0"} 3
            chatbench_delivery_latency_seconds_bucket{le="5.0"} 3
            chatbench_delivery_latency_seconds_bucket{le="7.0"} 3
            chatbench_delivery_latency_seconds_bucket{le="10.0"} 3
            chatbench_delivery_latency_seconds_bucket{le="20.0"} 3
            chatbench_delivery_latency_seconds_bucket{le="30.0"} 3
            chatbench_delivery_latency_seconds_bucket{le="60.0"} 3
            chatbench_delivery_latency_seconds_bucket{le="+Inf"} 4
            # HELP chatbench_service_latency_seconds Received - sent: the server and the network alone.
            # TYPE chatbench_service_latency_seconds histogram
            # UNIT chatbench_service_latency_seconds seconds
            chatbench_service_latency_seconds_sum 92.00293
            chatbench_service_latency_seconds_count 4
            # HELP chatbench_first_receiver_seconds Heard by the first member - intended.
            # TYPE chatbench_first_receiver_seconds histogram
            # UNIT chatbench_first_receiver_seconds seconds
            chatbench_first_receiver_seconds_sum 0.0
            chatbench_first_receiver_seconds_count 0
            # HELP chatbench_last_receiver_seconds Heard by the last member who must - intended.
            # TYPE chatbench_last_receiver_seconds histogram
            # UNIT chatbench_last_receiver_seconds seconds
            chatbench_last_receiver_seconds_sum 0.0
            chatbench_last_receiver_seconds_count 0
            # HELP chatbench_join_to_heard_seconds From a join to the first message heard in that room.
            # TYPE chatbench_join_to_heard_seconds histogram
            # UNIT chatbench_join_to_heard_seconds seconds
            chatbench_join_to_heard_seconds_sum 0.0
            chatbench_join_to_heard_seconds_count 0
            # HELP chatbench_reconnect_to_heard_seconds From when a user wanted its connection back to the first message heard on it.
            # TYPE chatbench_reconnect_to_heard_seconds histogram
            # UNIT chatbench_reconnect_to_heard_seconds seconds
            chatbench_reconnect_to_heard_seconds_sum 0.0
            chatbench_reconnect_to_heard_seconds_count 0
            # HELP chatbench_deafness_seconds From the loss of a connection to the first message heard again.
            # TYPE chatbench_deafness_seconds histogram
            # UNIT chatbench_deafness_seconds seconds
            chatbench_deafness_seconds_sum 0.0
            chatbench_deafness_seconds_count 0
            # EOF
        "##]].assert_eq(&in_short(&write(sample::live(), Format::OpenMetrics)));
    }

    #[test]
    fn the_older_format_says_the_same_in_its_own_way() {
        let text = write(sample::live(), Format::Prometheus);
        let open_metrics = values(&write(sample::live(), Format::OpenMetrics));
        let told = values(&text);
        let names: Vec<_> = told.keys().chain(open_metrics.keys()).collect();
        let differs = |name: &&&String| told.get(**name) != open_metrics.get(**name);
        assert_eq!(names.iter().find(differs), None);
        let heads: Vec<_> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
        for head in [
            "# TYPE chatbench_run_info gauge",
            "# TYPE chatbench_deliveries_total counter",
            "# TYPE chatbench_delivery_latency_seconds histogram",
        ] {
            assert!(heads.contains(&head), "no {head:?} in {heads:?}");
        }
        assert!(!text.contains("# UNIT") && !text.contains("# EOF"), "{text}");
        // Whoever reads it wants each name to have one type, and a help.
        let helps = text.lines().filter(|line| line.starts_with("# HELP")).count();
        assert_eq!(helps, heads.len());
    }

    #[test]
    fn whatever_counts_only_grows_and_what_stands_is_the_latest() {
        let mut telemetry = sample::telemetry();
        let live = telemetry.watch();
        let now = || values(&write(live.borrow().clone(), Format::OpenMetrics));
        let mut before = now();
        for second in 2..6 {
            // The second of them is the first of another step.
            if second == 3 {
                telemetry.next_step(4, 600);
                let at = Timestamp::ZERO;
                telemetry.follow(&News::Stage { stage: Stage::Drain, at });
                telemetry.follow(&News::Over);
                telemetry.follow(&News::Stage { stage: Stage::Assemble, at });
                assert_eq!(now()["chatbench_users_connected"], 0.0);
            }
            sample::interval(&mut telemetry, second, &sample::recorder(second % 2));
            let after = now();
            let counts = |name: &str| {
                ["_total", "_count", "_sum", "le="].iter().any(|part| name.contains(part))
            };
            for (name, value) in &before {
                assert!(!counts(name) || after[name] >= *value, "{name}: {value}");
            }
            for name in ["deliveries_total", "delivery_latency_seconds_count"] {
                let name = format!("chatbench_{name}");
                assert_eq!(after[&name], before[&name] + 2.0, "{name}");
            }
            assert_eq!(after["chatbench_users_connected"], 5.0);
            before = after;
        }
        assert_eq!(before["chatbench_capacity_load"], 600.0);
        assert_eq!(before["chatbench_stage{stage=\"assemble\"}"], 1.0);
    }

    #[test]
    fn buckets_hold_those_before_them_and_the_last_holds_all() {
        let text = write(sample::live(), Format::OpenMetrics);
        let mut last = BTreeMap::new();
        for line in text.lines().filter(|line| line.contains("le=")) {
            let (name, rest) = line.split_once("_bucket{le=\"").expect("a bucket");
            let (bound, count) = rest.split_once("\"} ").expect("a bound and a count");
            let bound: f64 = bound.parse().expect("a number");
            let count: u64 = count.parse().expect("a number");
            let (below, fewer) = last.insert(name, (bound, count)).unwrap_or_default();
            assert!(below < bound && fewer <= count, "{line}");
        }
        assert_eq!(last.len(), Metric::ALL.len());
        let all = values(&text);
        for (name, (bound, count)) in last {
            assert_eq!(bound, f64::INFINITY, "{name}");
            assert_eq!(all[&format!("{name}_count")], count as f64, "{name}");
        }
        assert_eq!(all["chatbench_delivery_latency_seconds_count"], 4.0);
    }
}
