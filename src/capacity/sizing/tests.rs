//! Tests: sizes that follow, and sizes that are refused.

use super::super::search::{Limits, Purpose, Reason, Shown, Step, StepResult, Unclear};
use super::super::study::Server;
use super::*;
use crate::observe::{Figure, Summary, Unsaid};
use crate::scenario::{Overrides, Scenario};

/// A server that needs 10 MB and 50 kB a user, and 20 µs for each of two deliveries a second.
fn step(load: u64, verdict: StepVerdict) -> StepReport {
    let summary = Summary {
        users: load,
        cpu_per_delivery_us: Some(20.0),
        rss_before_bytes: Some(10_000_000),
        rss_max_bytes: Some(10_000_000 + 50_000 * load),
        ..Summary::default()
    };
    let measured = Measured {
        deliveries_per_s: 2.0 * load as f64,
        delivery_p50_ms: 1.0,
        delivery_p99_ms: 2.0,
        send_delay_p99_ms: 0.1,
        server: Some(Server { nodes: 1, summary, notices: Vec::new() }),
        unobserved: None,
    };
    let step = Step { purpose: Purpose::Grow, result: StepResult { load, verdict } };
    StepReport { step, measured: Some(measured) }
}

fn fails() -> StepVerdict {
    StepVerdict::Fails { why: Vec::new() }
}

/// 400 users hold, 600 do not.
fn study() -> Study {
    let shown = |load, held, failed| {
        let chance = super::super::search::Chance::of(held, failed);
        Some(Shown { load, held, failed, unsteady: 0, chance, why: Vec::new() })
    };
    let holds = |load| step(load, StepVerdict::Holds);
    Study {
        version: Study::VERSION,
        chatbench: "0".into(),
        started: "2026-01-01T00:00:00Z".into(),
        command: String::new(),
        seed: 1,
        scenario: String::new(),
        name: "a".into(),
        targets: Vec::new(),
        faults: Vec::new(),
        source_ips: Vec::new(),
        threads: None,
        vary: Vary::Users,
        step_s: 20.0,
        limits: Limits::between(100, 1_000),
        steps: vec![holds(100), holds(200), holds(400), step(600, fails()), holds(400)],
        answer: Some(Answer {
            conclusion: Conclusion::Found,
            holds: shown(400, 2, 0),
            fails: shown(600, 0, 1),
            remarks: Vec::new(),
            steps: 5,
        }),
        sizing: None,
        usl: None,
    }
}

fn capacity(more: &str) -> Capacity {
    let yaml = format!(
        "rooms: {{count: 1, size: 2}}\nload: {{phases: [{{hold: {{rate: 1/s, for: 1 s}}}}]}}\n\
         capacity: {{{more}}}"
    );
    Scenario::parse("a.yaml", &yaml, &Overrides::default()).expect("a scenario").capacity
}

fn sized(study: &Study) -> Sizing {
    size(study, &capacity("headroom: 25%")).expect("the search has ended")
}

fn servers(study: &mut Study) -> impl Iterator<Item = (u64, &mut Server)> {
    study
        .steps
        .iter_mut()
        .filter_map(|step| Some((step.step.result.load, step.measured.as_mut()?.server.as_mut()?)))
}

fn unsaid(sizing: &Sizing) -> Vec<SizingColumn> {
    sizing.unsaid.iter().map(|it| it.column).collect()
}

#[test]
fn sizes_follow_from_the_steps() {
    let sizing = size(&study(), &capacity("headroom: 25%, size_for: [32, 1000]")).expect("sizes");
    assert_eq!(unsaid(&sizing), []);
    let row = |users, nodes, cores| SizingRow {
        users,
        deliveries_per_s: Some(2.0 * users as f64),
        nodes: Some(nodes),
        cores: Some(cores),
        memory_bytes: Some(12_500_000 * nodes + 62_500 * users),
    };
    let wanted = [
        row(32, 1, 0.002),
        row(400, 2, 0.02),
        row(1_000, 4, 0.05),
        row(10_000, 32, 0.5),
        row(100_000, 313, 5.0),
        row(1_000_000, 3_125, 50.0),
    ];
    assert_eq!(sizing.rows, wanted);
    let told: Vec<_> = sizing.figures.iter().map(|it| (it.what, it.value)).collect();
    let figures = [
        (SizingInput::UsersPerNode, 400.0),
        (SizingInput::DeliveriesPerUserS, 2.0),
        (SizingInput::CpuPerDeliveryUs, 20.0),
        (SizingInput::BytesPerNode, 10_000_000.0),
        (SizingInput::BytesPerUser, 50_000.0),
    ];
    assert_eq!(told, figures);
    assert!(sizing.figures[2].how.contains("steps 3, 5 at 400 users"), "{:?}", sizing.figures);
    assert!(sizing.caveat.contains("adapter"), "{}", sizing.caveat);
}

/// Nodes that users connect to and nodes that are observed need not be as many.
#[test]
fn several_nodes_that_were_measured_together_share_what_they_hold() {
    for (targets, observed, per_node, why) in [
        // The bundled server has no target.
        (0, Some(1), 400.0, None),
        (2, Some(2), 200.0, None),
        // Behind one target there may be several processes.
        (1, Some(2), 200.0, None),
        (0, Some(2), 200.0, None),
        // What one process does says nothing of another.
        (2, Some(1), 200.0, Some("`observe` names 1 of 2 nodes")),
        (4, Some(3), 100.0, Some("`observe` names 3 of 4 nodes")),
        (4, None, 100.0, Some("was not observed")),
    ] {
        let mut study = study();
        study.targets = vec![String::new(); targets];
        servers(&mut study).for_each(|(_, server)| server.nodes = observed.unwrap_or_default());
        if observed.is_none() {
            study.steps.iter_mut().for_each(|it| it.measured.as_mut().expect("some").server = None);
        }
        let sizing = sized(&study);
        let case = format!("{targets} targets, {observed:?} observed: {sizing:?}");
        assert_eq!(sizing.figures[0].value, per_node, "{case}");
        assert_eq!(sizing.rows[1].users, 1_000, "{case}");
        assert_eq!(sizing.rows[1].nodes, Some((1_250.0 / per_node).ceil() as u64), "{case}");
        let said = why.is_none();
        let columns = [SizingColumn::Cores, SizingColumn::Memory];
        assert_eq!(unsaid(&sizing), if said { &[][..] } else { &columns }, "{case}");
        assert!(sizing.unsaid.iter().all(|it| it.why.contains(why.unwrap_or_default())), "{case}");
        assert!(sizing.rows.iter().all(|row| row.cores.is_some() == said), "{case}");
        assert!(sizing.rows.iter().all(|row| row.memory_bytes.is_some() == said), "{case}");
    }
}

#[test]
fn memory_that_a_process_keeps_says_nothing_of_fewer_users() {
    let mut study = study();
    study.steps.insert(1, step(800, fails()));
    let sizing = sized(&study);
    assert_eq!(unsaid(&sizing), [SizingColumn::Memory]);
    assert_eq!(sizing.memory_points.len(), 2, "{:?}", sizing.memory_points);
}

#[test]
fn what_cannot_be_said_is_refused_with_the_reason() {
    use SizingColumn::{Cores, Memory, Nodes};
    let refused = |change: &dyn Fn(&mut Study), columns: &[SizingColumn], why: &str| {
        let mut study = study();
        change(&mut study);
        let sizing = sized(&study);
        assert_eq!(unsaid(&sizing), columns, "{why}");
        let told = sizing.unsaid.iter().any(|it| it.why.contains(why));
        assert!(told, "{why:?} is not in {:?}", sizing.unsaid);
        for row in &sizing.rows {
            assert_eq!(row.nodes.is_none(), columns.contains(&Nodes), "{why}");
            assert_eq!(row.cores.is_none(), columns.contains(&Cores), "{why}");
            assert_eq!(row.memory_bytes.is_none(), columns.contains(&Memory), "{why}");
        }
    };
    let conclude = |study: &mut Study, conclusion| {
        study.answer.as_mut().expect("an answer").conclusion = conclusion;
    };
    refused(&|it| it.vary = Vary::Deliveries, &[Nodes, Cores, Memory], "capacity.vary: users");
    let nothing = |it: &mut Study| {
        conclude(it, Conclusion::Nothing);
        it.answer.as_mut().expect("an answer").holds = None;
        it.steps.iter_mut().for_each(|step| step.step.result.verdict = fails());
    };
    refused(&nothing, &[Nodes, Cores, Memory], "held no load at all");
    let interrupted = |it: &mut Study| {
        let why = Reason::Step { load: 600, why: Unclear::Interrupted };
        conclude(it, Conclusion::Unknown { why });
    };
    refused(&interrupted, &[Nodes, Memory], "not known how many users");
    let unseen = |it: &mut Study| {
        it.steps.iter_mut().for_each(|it| it.measured.as_mut().expect("some").server = None);
    };
    refused(&unseen, &[Cores, Memory], "was not observed");
    let unsteady = |it: &mut Study| {
        servers(it).filter(|(load, _)| *load == 200).for_each(|(_, server)| {
            server.summary.cpu_per_delivery_us = Some(30.1);
        });
    };
    refused(&unsteady, &[Cores], "20.0 to 30.1 µs");
    let restarted = |it: &mut Study| {
        let unsaid = Unsaid { figure: Figure::CpuPerDelivery, why: "it burnt".into() };
        servers(it).filter(|(load, _)| *load == 400).for_each(|(_, server)| {
            server.summary.cpu_per_delivery_us = None;
            server.notices = vec![Notice::Unsaid(unsaid.clone())];
        });
    };
    refused(&restarted, &[Cores], "it burnt");
    let shrinks = |it: &mut Study| {
        servers(it).for_each(|(load, server)| {
            server.summary.rss_max_bytes = Some(9_000_000 - load);
        });
    };
    refused(&shrinks, &[Memory], "did not grow");
    let used = |it: &mut Study| {
        let why = "it had used 9.0 s of processor time before".into();
        servers(it).next().expect("a step").1.notices = vec![Notice::NotFresh { why }];
    };
    refused(&used, &[Memory], "not fresh at the first step");
    // After the first step no server is.
    let mut later = study();
    servers(&mut later).skip(1).for_each(|(_, server)| {
        server.notices = vec![Notice::NotFresh { why: String::new() }];
    });
    assert_eq!(unsaid(&sized(&later)), []);
    let mut unended = study();
    unended.answer = None;
    assert_eq!(size(&unended, &capacity("")), None);
}

#[test]
fn a_small_load_may_cost_more_for_each_delivery() {
    let mut study = study();
    servers(&mut study).filter(|(load, _)| *load == 100).for_each(|(_, server)| {
        server.summary.cpu_per_delivery_us = Some(90.0);
    });
    assert_eq!(unsaid(&sized(&study)), []);
}
