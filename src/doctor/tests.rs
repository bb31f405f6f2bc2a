//! Tests: sound machines, planted faults, hostile files, and what the page says of the checks.

mod documented;
mod faults;
mod hostile;
mod reading;
mod tree;

use super::*;

/// What is not ok, by its check.
fn amiss(machine: &Machine, needs: &Needs) -> Vec<(&'static str, Verdict)> {
    let findings = examine(machine, needs).into_iter().zip(CATALOGUE);
    let amiss = findings.filter(|(finding, _)| finding.verdict != Verdict::Ok);
    amiss.map(|(finding, check)| (check.id, finding.verdict)).collect()
}

fn finding(id: &str, machine: &Machine, needs: &Needs) -> Finding {
    let check = CATALOGUE.iter().find(|check| check.id == id);
    check.unwrap_or_else(|| panic!("no check is called {id}")).examine(machine, needs)
}
