//! Needs: what a scenario and its plan ask of this machine.

use std::time::Duration;

use crate::cli::prepare::Planned;
use crate::doctor::{Needs, Place};
use crate::scenario::{ClientKind, MoveKind, Scenario, Storm, StormBy, Target};

/// What a server may take to look at its queue again.
const STALL: Duration = Duration::from_millis(500);
/// How long the port of a closed connection may stay taken.
const TIME_WAIT: Duration = Duration::from_secs(60);

/// What `planned` asks, run on so many threads at most.
pub(super) fn of(planned: &Planned, shards: usize) -> Needs {
    let Planned { scenario, plan, limits } = planned;
    let (users, load) = (plan.users.len() as u64, &scenario.load);
    let targets = match &scenario.target {
        Target::Reference => Vec::new(),
        Target::Urls(urls) => urls
            .iter()
            .map(|url| Place { url: url.to_string(), host: url.host.clone(), port: url.port })
            .collect(),
    };
    Needs {
        users,
        connections: limits.connections,
        threads: plan.divide(shards).len() as u64,
        descriptors: limits.descriptors_needed,
        // It holds the other end of every connection.
        server_descriptors: if targets.is_empty() { limits.descriptors_needed } else { 0 },
        ports: limits.ports_needed,
        pairs: limits.pairs,
        connect_burst: connect_burst(scenario, users),
        closes_per_second: load.churn.rates[MoveKind::Disconnect as usize],
        closes_at_once: closes_at_once(&load.churn.storms, users),
        load_secs: load.profile.duration().as_secs_f64(),
        send_delay_ms_max: scenario.limits.send_delay_p99.as_secs_f64() * 1e3,
        second_opinion: scenario.client == ClientKind::RustSocketio,
        targets,
    }
}

/// At the beginning, by churn, or after a storm: whichever brings most.
fn connect_burst(scenario: &Scenario, users: u64) -> u64 {
    let churn = &scenario.load.churn;
    let rate = |kind: MoveKind| churn.rates[kind as usize];
    let moves = rate(MoveKind::Disconnect) + rate(MoveKind::Drop);
    let steady = scenario.load.connect_rate.max(moves) * STALL.as_secs_f64();
    // Who was caught comes back within as long as the mean back-off.
    let back = |storm: &Storm| {
        let within = storm.back_off.max(STALL).as_secs_f64();
        caught(storm, users) as f64 * STALL.as_secs_f64() / within
    };
    let most = churn.storms.iter().map(back).fold(steady, f64::max);
    let at_once = users.min(scenario.limits.connecting_users_max.into());
    (most.ceil() as u64).min(at_once)
}

fn caught(storm: &Storm, users: u64) -> u64 {
    (users as f64 * storm.share).ceil() as u64
}

/// By all storms of the worst minute.
fn closes_at_once(storms: &[Storm], users: u64) -> u64 {
    let closing: Vec<&Storm> =
        storms.iter().filter(|storm| storm.by == StormBy::Disconnect).collect();
    let until = |last: Duration| {
        let is_of = |storm: &&&Storm| storm.at <= last && storm.at + TIME_WAIT > last;
        closing.iter().filter(is_of).map(|storm| caught(storm, users)).sum()
    };
    closing.iter().map(|last| until(last.at)).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::limits::Limits;
    use crate::scenario::{Overrides, Plan};

    fn needs(more: &str, sources: usize) -> Needs {
        let text = format!("users: 1000\nrooms: {{size: 10}}\n{more}");
        let scenario = Scenario::parse("a test", &text, &Overrides::default()).expect("valid");
        let plan = Plan::new(&scenario, 7).expect("a plan");
        let sources: Vec<_> = (0..sources).map(|at| [127, 0, 0, at as u8 + 1].into()).collect();
        let limits = Limits::of(&scenario, &plan, 2, &sources);
        of(&Planned { scenario, plan, limits }, 2)
    }

    fn load(churn: &str) -> String {
        format!("load: {{phases: [{{hold: {{rate: 10/s, for: 200 s}}}}], churn: {{{churn}}}}}")
    }

    #[test]
    fn what_a_bundled_server_needs_is_needed_here() {
        let needs = needs(&load(""), 0);
        assert!(needs.is_bundled());
        assert_eq!((needs.users, needs.connections, needs.ports), (1000, 1000, 1000));
        assert_eq!(needs.server_descriptors, needs.descriptors);
        assert_eq!((needs.connect_burst, needs.closes_at_once), (250, 0));
        assert_eq!((needs.load_secs, needs.send_delay_ms_max), (200.0, 10.0));
    }

    #[test]
    fn targets_and_sources_share_the_connections() {
        let urls = "target: [\"http://a.example:1\", \"http://b.example:2\"]\n";
        let two = needs(&format!("{urls}{}", load("")), 0);
        assert_eq!((two.pairs, two.ports, two.server_descriptors), (2, 500, 0));
        let place = &two.targets[1];
        assert_eq!((place.host.as_str(), place.port), ("b.example", 2));
        let polling = needs(&format!("transport: polling\n{}", load("")), 4);
        assert_eq!((polling.pairs, polling.connections, polling.ports), (4, 2000, 500));
    }

    #[test]
    fn churn_and_storms_close_connections_and_bring_them_back() {
        let steady = needs(&load("disconnect: 5/s, drop: 3/s"), 0);
        assert_eq!(steady.closes_per_second, 5.0);
        let storm =
            |at: &str, by: &str| format!("{{at: {at}, share: 50%, by: {by}, back_off: 1 s}}");
        let storms = |list: &[String]| needs(&load(&format!("storms: [{}]", list.join(","))), 0);
        let cut = storms(&[storm("10 s", "drop")]);
        assert_eq!((cut.closes_at_once, cut.connect_burst), (0, 250));
        let apart = storms(&[storm("10 s", "disconnect"), storm("100 s", "disconnect")]);
        assert_eq!(apart.closes_at_once, 500);
        let close = storms(&[storm("10 s", "disconnect"), storm("60 s", "disconnect")]);
        assert_eq!(close.closes_at_once, 1000);
        let sudden = "{at: 10 s, share: all, by: drop, back_off: 100 ms}".to_owned();
        assert_eq!(storms(&[sudden]).connect_burst, 1000);
    }
}
