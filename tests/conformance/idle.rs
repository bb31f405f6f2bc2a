//! Idle: a server that does next to nothing passes no check at all.

use std::time::Duration;

use chatbench::conformance::{CATALOGUE, Check, Outcome, Tried};

use crate::liar::{Setup, Stub};
use crate::matrix::each;
use crate::tried::{Server, Tale, told, tried_beside};

#[test]
fn a_server_that_only_opens_sessions_passes_nothing() {
    assert_passes_nothing(Stub::Ignores);
}

#[test]
fn a_server_that_hangs_up_after_a_while_passes_nothing() {
    assert_passes_nothing(Stub::HangsUp);
}

fn assert_passes_nothing(stub: Stub) {
    // Nothing is to be waited for.
    let answer = Duration::from_millis(300);
    let server = Server { tale: Tale::Stub(stub), answer, ..Server::honest(Setup::default()) };
    // All at once: nobody has anything to do but wait.
    each(CATALOGUE, CATALOGUE.len(), |group| {
        let checks: Vec<&Check> = group.checks.iter().collect();
        let tried = tried_beside(&server, &checks).expect("it opens sessions");
        let passes = |one: &&Tried| matches!(one.outcome, Outcome::Pass(_));
        let passed: Vec<String> = tried.iter().filter(passes).map(told).collect();
        assert!(passed.is_empty(), "it passes\n{}", passed.join("\n"));
    });
}
