//! Ports: how many connections one address can have to another, and for how long.

use super::{server_is_here, servers_are};
use crate::doctor::check::{Look, Verdict};
use crate::doctor::machine::{Machine, Ports};
use crate::doctor::needs::Needs;
use crate::doctor::words::count;

/// How long Linux keeps the port of a connection that is closed: `TCP_TIMEWAIT_LEN`.
const TIME_WAIT_SECS: f64 = 60.0;
/// How long, where such ports may be taken again: its timestamps count by the second.
const REUSE_SECS: f64 = 1.0;
/// The widest range that is advised: most services listen below it.
const WIDEST: Ports = Ports { first: 10_000, last: 65_535, reserved: 0 };

pub(in crate::doctor) fn range(machine: &Machine, needs: &Needs) -> Look {
    let need = format!("{} from one address to one server", count(needs.ports));
    let Some(ports) = machine.network.ports else { return Look::unknown(need) };
    let look = Look::new(
        need,
        told(&ports),
        Verdict::ok_if(is_enough(&ports, needs.ports), Verdict::Fail),
    );
    with_more_ports(look, machine, (needs, &ports), needs.ports)
}

pub(in crate::doctor) fn time_wait(machine: &Machine, needs: &Needs) -> Look {
    let network = &machine.network;
    let reused = match network.reuse {
        Some(1) => true,
        // This machine by another address of its own does not do.
        Some(2) => servers_are(machine, needs, |ip| ip.is_loopback()),
        _ => false,
    };
    let secs = if reused { REUSE_SECS } else { TIME_WAIT_SECS };
    let waiting = needs.ports_waiting(secs);
    let wanted = needs.ports.saturating_add(waiting);
    let need = match needs.ports_waiting(TIME_WAIT_SECS) {
        0 => "none: nobody closes a connection in good order".to_owned(),
        _ => format!("{} beside {} of users", count(waiting), count(needs.ports)),
    };
    let (Some(ports), Some(reuse)) = (network.ports, network.reuse) else {
        return Look::unknown(need);
    };
    let again = match (reuse, reused) {
        (_, true) => "taken again after 1 s",
        (2, false) => "taken again after 1 s on the loopback, and after 60 s elsewhere",
        _ => "taken again after 60 s",
    };
    // Who closes first has to wait, and that may be the server.
    let is_enough = waiting == 0 || is_enough(&ports, wanted);
    let look = Look::new(
        need,
        format!("{}, {again}", told(&ports)),
        Verdict::ok_if(is_enough, Verdict::Warn),
    );
    let look = if reused { look } else { look.sysctl("net.ipv4.tcp_tw_reuse", 1) };
    with_more_ports(look, machine, (needs, &ports), wanted)
}

fn told(ports: &Ports) -> String {
    let Ports { first, last, reserved } = ports;
    match reserved {
        0 => format!("{} ({first} to {last})", count(ports.usable())),
        _ => format!("{} ({first} to {last}, less {reserved} reserved)", count(ports.usable())),
    }
}

fn is_enough(ports: &Ports, wanted: u64) -> bool {
    wanted <= ports.usable()
}

/// A wider range where that suffices, and in any case more addresses.
fn with_more_ports(
    look: Look,
    machine: &Machine,
    (needs, ports): (&Needs, &Ports),
    wanted: u64,
) -> Look {
    let widest = Ports { reserved: ports.reserved, ..WIDEST };
    let look = match is_enough(&widest, wanted) && !is_enough(ports, wanted) {
        true => look
            .sysctl("net.ipv4.ip_local_port_range", format!("{} {}", WIDEST.first, WIDEST.last))
            .mend("# keep the ports of services in it by net.ipv4.ip_local_reserved_ports"),
        false => look,
    };
    let addresses = wanted.saturating_mul(needs.pairs).div_ceil(ports.usable().max(1)).max(2);
    if !server_is_here(machine, needs) || !servers_are(machine, needs, |ip| ip.is_ipv4()) {
        return look
            .mend(format!("# or give the machine {} addresses, each by:", count(addresses)))
            .mend("sudo ip address add ADDRESS/PREFIX dev DEVICE")
            .mend("chatbench run SCENARIO --source-ip ADDRESS,ADDRESS");
    }
    // Every address of 127.0.0.0/8 is there without being asked for; of IPv6, only one is.
    const SHOWN_MAX: u64 = 8;
    let list = (2..2 + addresses.min(SHOWN_MAX)).map(|last| format!("127.0.0.{last}"));
    let list = list.collect::<Vec<_>>().join(",");
    let more = if addresses > SHOWN_MAX { ",…" } else { "" };
    look.mend(format!("# or {} addresses to connect from:", count(addresses)))
        .mend(format!("chatbench run SCENARIO --source-ip {list}{more}"))
}
