//! Alone: what is judged by the time that it takes, with nothing beside it, and before all else.

use chatbench::conformance::{self, Check, Outcome};

use crate::liar::Lie;
use crate::lies::setup_for;
use crate::matrix::{complaint_of, is_judged_by_its_time, rows};
use crate::tried::{Alone, Server, is_timed, told};

#[test]
fn what_is_judged_by_its_time_passes_on_the_truth_and_fails_on_lies() {
    let alone = Alone::begin();
    let checks: Vec<&'static Check> = conformance::checks().filter(|it| is_timed(it)).collect();
    // Who is deaf behind CONNECT fails no other check.
    let deaf = Server::lying(Lie::IsDeafBehindConnect, setup_for(&["EIO-HTTP"]));
    for server in [Server::honest(setup_for(&["ROB"])), deaf] {
        for one in alone.tried(&server, &checks).expect("there is a server") {
            assert!(matches!(one.outcome, Outcome::Pass(_)), "{}", told(&one));
        }
    }
    let tried = |server: &Server, checks: &[&'static Check]| alone.tried(server, checks);
    let complaints = rows(is_judged_by_its_time).into_iter();
    let complaints: Vec<String> = complaints.filter_map(|row| complaint_of(row, tried)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}
