//! Checks: how a machine is looked at, one file for what belongs together.

pub(super) mod backlog;
pub(super) mod clock;
pub(super) mod conntrack;
pub(super) mod cpu;
pub(super) mod files;
pub(super) mod memory;
pub(super) mod others;
pub(super) mod ports;
pub(super) mod sockets;
pub(super) mod target;

use std::net::{IpAddr, Ipv4Addr};

use super::machine::Machine;
use super::needs::Needs;

/// Whether a server runs on this machine as well, as far as that was seen.
fn server_is_here(machine: &Machine, needs: &Needs) -> bool {
    let is_here = |seen: &super::machine::TargetSeen| {
        seen.reached.as_ref().is_ok_and(|reached| reached.is_here)
    };
    needs.is_bundled() || machine.targets.iter().any(is_here)
}

/// Whether the address of every server is such; of one that was not reached nobody knows it.
fn servers_are(machine: &Machine, needs: &Needs, such: impl Fn(IpAddr) -> bool) -> bool {
    if needs.is_bundled() {
        return such(Ipv4Addr::LOCALHOST.into());
    }
    let is_such = |seen: &super::machine::TargetSeen| {
        seen.reached.as_ref().is_ok_and(|reached| such(reached.address.ip()))
    };
    !machine.targets.is_empty() && machine.targets.iter().all(is_such)
}

/// Whether nobody can say where a server runs, for it was not reached.
fn server_is_unseen(machine: &Machine, needs: &Needs) -> bool {
    let is_unseen = machine.targets.iter().any(|seen| seen.reached.is_err());
    is_unseen && !server_is_here(machine, needs)
}

/// How many ends of connections this machine has.
fn ends(machine: &Machine, needs: &Needs) -> u64 {
    needs.connections * if server_is_here(machine, needs) { 2 } else { 1 }
}
