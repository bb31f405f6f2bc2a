//! Conntrack: whether a firewall has room for all connections.

use crate::doctor::check::{Look, Verdict};
use crate::doctor::machine::{Machine, Part};
use crate::doctor::needs::Needs;
use crate::doctor::words::count;

pub(in crate::doctor) fn table(machine: &Machine, needs: &Needs) -> Look {
    let conntrack = match machine.network.conntrack {
        Part::There(conntrack) => conntrack,
        Part::Absent => {
            let need = format!("{} more", count(needs.connections));
            return Look::new(need, "connections are not tracked", Verdict::Ok);
        }
        Part::Unknown => return Look::unknown(format!("{} more", count(needs.connections))),
    };
    let waiting = needs.ports_waiting(conntrack.wait_secs as f64).saturating_mul(needs.pairs);
    let more = needs.connections.saturating_add(waiting);
    let need = match waiting {
        0 => format!("{} more", count(more)),
        _ => format!("{} more, with what stays for {} s", count(more), conntrack.wait_secs),
    };
    let found = format!("{}, of which {} are taken", count(conntrack.max), count(conntrack.used));
    let wanted = conntrack.used.saturating_add(more);
    // A module that is loaded for nobody tracks nothing.
    let cost = if conntrack.used > 0 { Verdict::Fail } else { Verdict::Warn };
    let look = Look::new(need, found, Verdict::ok_if(wanted <= conntrack.max, cost))
        .sysctl("net.netfilter.nf_conntrack_max", wanted.saturating_add(wanted / 4));
    match waiting {
        0 => look,
        _ => look.sysctl("net.netfilter.nf_conntrack_tcp_timeout_time_wait", 10),
    }
}
