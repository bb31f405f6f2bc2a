//! Sample: constructed outcomes for the tests of this room and of those who show it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Environment, Report};
use crate::chat::{MessageId, RoomId, RunTag, UserId};
use crate::clock::Clock;
use crate::history::{Departure, Event, EventKind, Session};
use crate::load::{Brief, Endpoint, Network, Tls};
use crate::metrics::{Gauges, Recorder, Row, Timeline};
use crate::observe::{
    Figure, Moment, Node, NodeKind, Notice, Observation, Sample, Summary, Unsaid,
};
use crate::oracle::{Change, Standing, Story, Tally, Verdict, Violation, ViolationKind};
use crate::run::{
    Doubt, Outage, RunOutcome, ShardHealth, Spell, ThresholdOutcome, ThresholdResult, ViolationBook,
};
use crate::scenario::{Overrides, Plan, Scenario};
use crate::time::Timestamp;

const SCENARIO: &str = "
name: sample
description: Twenty people in two rooms.
users: 20
rooms: {count: 2}
order: warn
seed: 7
load:
  phases:
    - hold: {rate: 10/s, for: 2 s}
    - ramp: {from: 1/s, to: 9/s, for: 3 s}
";

/// What else a run has in which people come and go.
const CHURN: &str = "  churn: {storms: [{at: 1 s}, {at: 4 s}]}\n";

/// A run of twenty users in two rooms.
pub(crate) fn brief() -> Brief {
    brief_of(SCENARIO)
}

fn brief_of(yaml: &str) -> Brief {
    let scenario = Scenario::parse("sample.yaml", yaml, &Overrides::default());
    let scenario = scenario.expect("a scenario");
    Brief {
        plan: Plan::new(&scenario, 7).expect("a plan"),
        scenario,
        tag: RunTag::new(7),
        clock: Clock::start(),
        began_unix_ms: 0,
        endpoints: vec![Endpoint {
            host: "127.0.0.1".into(),
            tls: false,
            authority: "127.0.0.1:8080".into(),
            path: "/socket.io/".into(),
            query: String::new(),
            addresses: Vec::new(),
            url: "http://127.0.0.1:8080".into(),
        }],
        network: Network::System,
        tls: Tls::insecure().expect("TLS"),
        source_ips: Vec::new(),
    }
}

/// What a good server shows.
pub(crate) fn passed() -> RunOutcome {
    let recorder = recorder();
    let row = Row::new(at(1_000), &recorder, 0, Gauges { connected: 20, deaf: 0 });
    let mut timeline = Timeline::default();
    timeline.push(row);
    RunOutcome {
        verdict: Verdict::Pass,
        doubts: Vec::new(),
        thresholds: vec![threshold(
            "delivery_latency p99",
            500.0,
            4.503_000_000_000_001,
            ThresholdOutcome::Held,
        )],
        violations: ViolationBook::new(2),
        tally: Tally {
            messages: 1_020,
            must: 9_150,
            must_heard: 9_150,
            may: 30,
            may_heard: 12,
            unjudged: 0,
            ..Tally::default()
        },
        recorder,
        timeline,
        outages: Vec::new(),
        spells_dropped: 0,
        shards: vec![ShardHealth { busy: 0.123_456_789, send_delay_p99_ms: 0.071 }],
        reasons: BTreeMap::new(),
        tag: RunTag::new(7),
        began_unix_ms: 1_767_323_045_678,
        took: Duration::from_millis(6_250),
        load: Some((Duration::from_millis(1_100), Duration::from_millis(6_100))),
    }
}

/// What a bad server shows, and a generator that has too much to do.
pub(crate) fn failed() -> RunOutcome {
    let mut outcome = passed();
    for kind in ViolationKind::ALL {
        outcome.violations.record(violation(kind));
    }
    for _ in 0..4 {
        outcome.violations.record(violation(ViolationKind::Lost));
    }
    let unheard = outcome.violations.count(ViolationKind::Lost);
    outcome.tally.must_heard -= unheard;
    outcome.verdict = Verdict::Fail;
    outcome.thresholds.extend([
        threshold("delivery_latency p50", 0.5, 61.25, ThresholdOutcome::Missed),
        ThresholdResult {
            samples: 9_000,
            samples_needed: 10_000,
            ..threshold("delivery_latency p99.9", 900.0, 4.5, ThresholdOutcome::Unknown)
        },
        ThresholdResult {
            unit: String::new(),
            ..threshold("disconnects", 0.0, 1.0, ThresholdOutcome::Missed)
        },
    ]);
    outcome.doubts = vec![
        Doubt::GeneratorSaturated { shard: 0, send_delay_p99_ms: 12.3, limit_ms: 10.0, busy: 0.98 },
        Doubt::TooFewSamples {
            threshold: "delivery_latency p99.9".into(),
            samples: 9_000,
            needed: 10_000,
        },
        Doubt::Overflow { messages: 3 },
        Doubt::Unsent { messages: 1 },
        Doubt::GivenUp { messages: 1_200 },
        Doubt::Absent { memberships: 2 },
        Doubt::Interrupted,
    ];
    let why = "the connection was reset".into();
    outcome.recorder.record(&event(EventKind::Disconnected { why, resumable: false }));
    outcome.recorder.record(&event(EventKind::ConnectFailed { why: "refused".into() }));
    outcome.reasons.insert("the connection was reset".into(), 1);
    outcome.reasons.insert("refused \u{1b}[2J".into(), 1);
    outcome
}

/// What a server shows that went away twice, while people came and went.
pub(crate) fn troubled() -> RunOutcome {
    let mut outcome = passed();
    let moves = [
        (EventKind::Disconnected { why: "reset".into(), resumable: true }, 22),
        (EventKind::Leaving { room: RoomId(0) }, 7),
        (EventKind::Departed { how: Departure::Disconnect }, 3),
        (EventKind::Departed { how: Departure::Drop { resumable: true } }, 4),
        (EventKind::Away { room: RoomId(0), intended: at(2_000) }, 31),
        (EventKind::Unsent { room: RoomId(0), intended: at(3_000) }, 12),
        (connected(Session::Recovered), 12),
        (connected(Session::Declined), 3),
        (EventKind::FirstHeard { room: RoomId(0), after: Duration::from_millis(12) }, 20),
    ];
    for (kind, times) in moves {
        (0..times).for_each(|_| outcome.recorder.record(&event(kind.clone())));
    }
    let spell = |user: u32, from: u64, to: u64| Spell {
        user: UserId(user),
        from: at(from),
        to: at(to),
        over: to < 6_250,
    };
    let all: Vec<Spell> =
        (0..20).map(|user| spell(user, 3_000, 4_500 + 50 * u64::from(user))).collect();
    let some = vec![spell(4, 6_000, 6_250), spell(11, 6_010, 6_100)];
    for spell in &all {
        let deaf = Some(Spell::length(spell));
        let after = Duration::from_millis(80);
        outcome.recorder.record(&event(EventKind::Resumed { after, deaf }));
    }
    outcome.outages = vec![
        Outage { from: at(3_000), to: at(5_450), over: true, unsent: 12, spells: all },
        Outage { from: at(6_000), to: at(6_250), over: false, unsent: 0, spells: some },
    ];
    outcome.tally = Tally {
        must: 4_000,
        must_heard: 3_998,
        may: 6_000,
        may_heard: 5_000,
        replayed: 80,
        not_replayed: 2,
        strangers: 12,
        ..outcome.tally
    };
    outcome.doubts = vec![Doubt::TooLittleJudged { must_share: 0.4, limit: 0.5 }];
    outcome.verdict = Verdict::Fail;
    for receiver in [3, 9] {
        let lost = violation(ViolationKind::Lost);
        let course = Box::new([
            Change::Asked(at(800)),
            Change::Confirmed(at(812)),
            Change::Gone(at(3_000)),
            Change::Recovered(at(4_600)),
        ]);
        let standing = Standing::In { asked: at(3_217), since: at(3_217) };
        let lost =
            Violation { receiver: UserId(receiver), at: at(6_250), standing, course, ..lost };
        outcome.violations.record(lost);
    }
    outcome
}

fn connected(session: Session) -> EventKind {
    EventKind::Connected { after: Duration::from_millis(1), session }
}

/// Nothing happened at all: a run interrupted while its users connected.
pub(crate) fn nothing() -> RunOutcome {
    RunOutcome {
        verdict: Verdict::Unknown,
        doubts: vec![Doubt::Interrupted, Doubt::NothingJudged],
        thresholds: Vec::new(),
        tally: Tally::default(),
        recorder: Recorder::default(),
        timeline: Timeline::default(),
        shards: Vec::new(),
        load: None,
        ..passed()
    }
}

/// A broken promise of `kind` about one and the same message.
pub(crate) fn violation(kind: ViolationKind) -> Violation {
    let id = MessageId { room: RoomId(1), sender: UserId(12), sequence: 4 };
    let story = Story { id, intended: at(3_216), sent: Some(at(3_217)) };
    let told = Violation {
        kind,
        at: at(3_220),
        receiver: UserId(17),
        room: Some(id.room),
        message: Some(story),
        standing: Standing::In { asked: at(800), since: at(812) },
        course: Box::new([Change::Asked(at(800)), Change::Confirmed(at(812))]),
        detail: None,
    };
    match kind {
        ViolationKind::Echoed => Violation { receiver: id.sender, ..told },
        ViolationKind::Leaked => {
            let left = [Change::Leaving(at(2_010)), Change::Left(at(3_010))];
            let course = [&told.course[..], &left].concat().into();
            Violation { standing: Standing::Out, course, ..told }
        }
        ViolationKind::Unexpected => {
            let heard = Some("\u{1b}[31mbuy \"cheap\" things\n".into());
            let (standing, course) = (Standing::Out, Box::default());
            Violation { room: None, message: None, detail: heard, standing, course, ..told }
        }
        ViolationKind::JoinUnconfirmed => Violation {
            message: None,
            detail: Some("deaf for 10s".into()),
            standing: Standing::Joining { since: at(800) },
            course: Box::new([Change::Asked(at(800))]),
            ..told
        },
        ViolationKind::Late => Violation { at: at(14_000), ..told },
        _ => told,
    }
}

/// The report of `outcome` on a machine that is always the same.
pub(crate) fn report(outcome: &RunOutcome) -> Report {
    report_of(&brief(), outcome)
}

/// The report of [`troubled`], in which the load was interrupted before its second storm.
pub(crate) fn troubled_report() -> Report {
    let outcome = troubled();
    let until = Duration::from_millis(5_000);
    let outcome = RunOutcome { load: outcome.load.map(|(from, _)| (from, until)), ..outcome };
    let report = report_of(&brief_of(&format!("{SCENARIO}{CHURN}")), &outcome);
    Report { server: Some(observation()), ..report }
}

/// What was seen of a server of two nodes, one of which went away.
fn observation() -> Observation {
    let node = |name: &str, kind, pid| Node { kind, name: name.into(), pid };
    let url = "http://127.0.0.1:9100/metrics";
    let nodes = vec![
        node("process 4711 (node)", NodeKind::Process, Some(4711)),
        node(url, NodeKind::Prometheus, None),
    ];
    let sample = Sample { cpu_s: Some(0.5), rss_bytes: Some(50_000_000), ..Sample::default() };
    let summary = Summary {
        users: 20,
        cpu_s: Some(3.12),
        cpu_mean_cores: Some(0.624),
        cpu_max_cores: Some(1.05),
        deliveries: Some(9_000.0),
        cpu_per_delivery_us: Some(346.667),
        rss_before_bytes: Some(80_000_000),
        rss_at_load_bytes: Some(91_500_000),
        rss_max_bytes: Some(93_250_000),
        open_fds_max: Some(61),
        ..Summary::default()
    };
    let why = "HTTP 503".into();
    let notices = vec![
        Notice::Gone { node: nodes[0].name.clone(), at_s: 3.0 },
        Notice::Missing { node: url.into(), samples: 2, from_s: 4.0, why },
        Notice::Restarted { node: url.into(), times: 1 },
        Notice::NotFresh { why: "it had 120 sockets open before the first user came".into() },
        Notice::Unsaid(Unsaid { figure: Figure::BytesPerUser, why: "\u{1b}[2J".into() }),
    ];
    let samples = vec![
        Moment { at_s: 0.002, nodes: vec![Some(sample), Some(sample)] },
        Moment { at_s: 1.001, nodes: vec![Some(Sample { life: 1, ..sample }), None] },
    ];
    Observation { nodes, summary, notices, samples, samples_dropped: 0 }
}

fn report_of(brief: &Brief, outcome: &RunOutcome) -> Report {
    let environment = Environment {
        os: "linux".into(),
        arch: "x86_64".into(),
        kernel: Some("6.1.0".into()),
        cpu_model: Some("Fast CPU @ 3.00GHz".into()),
        cores: Some(2),
        memory_bytes: Some(8_000_000_000),
    };
    Report::new(brief, outcome, &environment, "chatbench run sample.yaml --seed 7")
}

fn recorder() -> Recorder {
    let mut recorder = Recorder::default();
    for user in 0..20 {
        let after = Duration::from_micros(700 + 100 * user);
        recorder.record(&event(EventKind::Connected { after, session: Session::New }));
        recorder.record(&event(EventKind::Joined { room: RoomId(0), after }));
    }
    for sequence in 0..20 {
        let id = MessageId { room: RoomId(1), sender: UserId(1), sequence };
        let message = crate::chat::Message { id, intended: at(900), text_bytes: 80 };
        recorder.record(&event(EventKind::Probed { message }));
    }
    for index in 0..1_000_u64 {
        let id = MessageId { room: RoomId(0), sender: UserId(0), sequence: index as u32 };
        let intended = at(1_100 + index);
        let message = crate::chat::Message { id, intended, text_bytes: 80 };
        let sent = intended + Duration::from_micros(40 + index % 30);
        let sending = Event { at: sent, user: UserId(0), kind: EventKind::Sent { message } };
        recorder.record(&sending);
        // Most take less than a millisecond; a few take much more.
        let way = |ear: u64| {
            Duration::from_micros(150 + 20 * (index % 30) + 40 * ear)
                + Duration::from_millis(if index % 100 == 0 { ear * 4 } else { 0 })
        };
        for ear in 0..9 {
            recorder.delivered(intended, sent, sent + way(ear));
        }
        recorder.completed(intended, sent + way(0), sent + way(8));
    }
    recorder
}

fn threshold(name: &str, limit: f64, observed: f64, outcome: ThresholdOutcome) -> ThresholdResult {
    let (samples, samples_needed) = (9_000, 1_000);
    let unit = "ms".into();
    ThresholdResult { name: name.into(), limit, observed, unit, samples, samples_needed, outcome }
}

fn event(kind: EventKind) -> Event {
    Event { at: at(100), user: UserId(0), kind }
}

fn at(ms: u64) -> Timestamp {
    Timestamp::from_nanos(ms * 1_000_000)
}
