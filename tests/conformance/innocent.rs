//! Innocent: what is slow, late or said twice fails no check that asks for something else; and what
//! hides a failure does not.

use std::time::Duration;

use chatbench::conformance::{self, Broker, Check, Outcome, Tried};

use crate::liar::{Lie, Setup};
use crate::tried::{Server, told, tried};

fn checks(ids: &[&str]) -> Vec<&'static Check> {
    conformance::checks().filter(|check| ids.iter().any(|id| check.id.starts_with(id))).collect()
}

fn assert_passes(server: &Server, ids: &[&str]) {
    let tried = tried(server, &checks(ids)).expect("there is a server");
    let passed = |one: &&Tried| matches!(one.outcome, Outcome::Pass(_));
    let wrong: Vec<String> = tried.iter().filter(|one| !passed(one)).map(told).collect();
    assert!(wrong.is_empty() && !tried.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn second_copies_that_come_late_are_none_that_were_overtaken() {
    let server = Server::lying(Lie::RepeatsSomeLater, Setup::default());
    assert_passes(&server, &["CHAT-ORD"]);
}

#[test]
fn a_server_that_takes_its_time_loses_nothing() {
    // Meanwhile nobody polls, and pings go unanswered.
    let (takes, ping_timeout) = (Duration::from_millis(250), Duration::from_secs(3));
    let setup = Setup { takes, ping_timeout, ..Setup::default() };
    assert_passes(&Server::honest(setup), &["EIO-CLS-03"]);
    assert_passes(&Server::honest(Setup { recovery: true, ..setup }), &["CSR-02"]);
}

#[test]
fn other_events_than_the_chats_are_no_offence() {
    let setup = Setup { ping_timeout: Duration::from_secs(3), ..Setup::default() };
    let server = Server::lying(Lie::TellsWhoJoins, setup);
    assert_passes(&server, &["CHAT-DLV", "CHAT-ISO", "CHAT-MEM", "CHAT-ORD", "SIO-BIN"]);
}

/// Whoever stood still has closed nothing yet, and has answered nobody else either.
#[test]
fn a_server_that_stands_still_before_it_closes_has_closed() {
    let setup = Setup { ping_timeout: Duration::from_secs(5), ..Setup::default() };
    for id in ["SIO-ERR-01g", "ROB-05b"] {
        assert_passes(&Server::lying(Lie::StandsStillBeforeItEnds, setup), &[id]);
    }
}

#[test]
fn a_transport_that_is_not_there_need_not_be_refused_with_words() {
    let setup = Setup { websocket: false, ..Setup::default() };
    let server = Server::lying(Lie::HangsUpOnWebSockets, setup);
    for one in tried(&server, &checks(&["EIO-HS"])).expect("there is a server") {
        let without = |why: &String| why.contains("no session by WebSocket");
        let is_right = match &one.outcome {
            Outcome::Pass(_) => true,
            Outcome::NotApplicable(why) => without(why),
            _ => false,
        };
        assert!(is_right, "{}", told(&one));
    }
}

#[test]
fn where_no_upgrade_is_offered_none_is_asked_for() {
    let server = Server::lying(Lie::OffersNoUpgrades, Setup::default());
    for one in tried(&server, &checks(&["EIO-UPG"])).expect("there is a server") {
        assert!(matches!(one.outcome, Outcome::NotApplicable(_)), "{}", told(&one));
    }
}

/// What becomes of the check that takes the broker down, where that is done by `broker`.
fn without_broker(server: Server, broker: fn(Broker) -> Broker) -> Tried {
    let tried = tried(&Server { broker, ..server }, &checks(&["CLU-04"]));
    tried.expect("there is a server").pop().expect("it is in the catalogue")
}

#[test]
fn a_command_that_fails_to_bring_the_broker_back_hides_no_failure() {
    let lying = Server::lying(Lie::FallsSilentWithoutBroker, Setup::default());
    let fails = |it: Broker| Broker { up: format!("{}; false", it.up), ..it };
    let one = without_broker(lying, fails);
    assert!(matches!(one.outcome, Outcome::Fail(_)), "{}", told(&one));
    let one = without_broker(Server::honest(Setup::default()), fails);
    let is_told = |why: &String| why.contains("`--broker-up`");
    assert!(matches!(&one.outcome, Outcome::Unknown(why) if is_told(why)), "{}", told(&one));
}

#[test]
fn a_command_that_takes_no_broker_down_is_told_of_as_that() {
    let nothing = |_| Broker { down: "true".into(), up: "true".into() };
    let one = without_broker(Server::honest(Setup::default()), nothing);
    let is_told = |why: &String| why.contains("is not what the nodes hear each other by");
    assert!(matches!(&one.outcome, Outcome::Unknown(why) if is_told(why)), "{}", told(&one));
}
