//! Backlog: whether a server on this machine may let its connections wait.

use super::{server_is_here, server_is_unseen};
use crate::doctor::check::{Look, Verdict};
use crate::doctor::machine::Machine;
use crate::doctor::needs::Needs;
use crate::doctor::words::count;

const UNSEEN: &str = "nobody knows on which machine the server is";
const ELSEWHERE: &str = "the server's machine decides, which is another";

pub(in crate::doctor) fn accept_queue(machine: &Machine, needs: &Needs) -> Look {
    let need = need(needs);
    if server_is_unseen(machine, needs) {
        return Look::new(need, UNSEEN, Verdict::Unknown);
    }
    if !server_is_here(machine, needs) {
        return Look::new(need, ELSEWHERE, Verdict::Ok);
    }
    let Some(max) = machine.network.accept_queue_max else { return Look::unknown(need) };
    let is_enough = needs.connect_burst <= max;
    let look = Look::new(need, count(max), Verdict::ok_if(is_enough, Verdict::Warn))
        .sysctl("net.core.somaxconn", rounded(needs));
    // The bundled one asks for as many as there may be, and is started for the run.
    if needs.is_bundled() {
        return look;
    }
    look.mend("# a server asks for its own queue: let it listen with as many, and start it again")
}

pub(in crate::doctor) fn syn_queue(machine: &Machine, needs: &Needs) -> Look {
    let need = need(needs);
    if server_is_unseen(machine, needs) {
        return Look::new(need, UNSEEN, Verdict::Unknown);
    }
    if !server_is_here(machine, needs) {
        return Look::new(need, ELSEWHERE, Verdict::Ok);
    }
    let network = &machine.network;
    let (Some(max), Some(cookies)) = (network.syn_queue_max, network.syn_cookies) else {
        return Look::unknown(need);
    };
    if cookies > 0 {
        let found = format!("{}, and SYN cookies beyond", count(max));
        return Look::new(need, found, Verdict::Ok);
    }
    // A quarter of it is kept for hosts that are known already.
    let is_enough = needs.connect_burst <= max - max / 4;
    let found = format!("{}, a quarter of which is kept, and no SYN cookies", count(max));
    Look::new(need, found, Verdict::ok_if(is_enough, Verdict::Warn))
        .sysctl("net.ipv4.tcp_max_syn_backlog", rounded(needs).saturating_mul(2))
}

fn need(needs: &Needs) -> String {
    format!("{} connects that come within half a second", count(needs.connect_burst))
}

fn rounded(needs: &Needs) -> u64 {
    const USUAL: u64 = 4096;
    needs.connect_burst.checked_next_power_of_two().unwrap_or(u64::MAX).max(USUAL)
}
