//! Memory: whether there is enough of it, and whether it is where it is wanted.

use super::{ends, server_is_here};
use crate::doctor::check::{Look, Verdict};
use crate::doctor::machine::{Machine, Part};
use crate::doctor::needs::Needs;
use crate::doctor::words::{at_root, bytes};

/// What was measured on Linux 6.18, x86_64; docs/doctor.md says how. In bytes, rounded up: what
/// chatbench needs with no users, and for each of them while they speak and hear.
const GENERATOR_BYTES: u64 = 64_000_000;
const USER_BYTES: u64 = 2_500;
/// The same of the bundled server.
const SERVER_BYTES: u64 = 32_000_000;
const SERVED_USER_BYTES: u64 = 33_000;
/// What the kernel keeps for one end of a connection with nothing on its way.
const END_BYTES: u64 = 4_000;

/// Beyond this share of what there is, a little more would be too much.
const SHARE_MAX: f64 = 0.8;
/// Whatever was swapped out long ago is a small part of the machine.
const SWAPPED_SHARE_MAX: f64 = 0.01;
/// The stack that a thread is promised.
const THREAD_BYTES: u64 = 4 << 20;

pub(in crate::doctor) fn available(machine: &Machine, needs: &Needs) -> Look {
    let wanted = wanted(machine, needs);
    let need = told(wanted, machine, needs);
    let Some(available) = machine.memory.available else { return Look::unknown(need) };
    let found = match machine.memory.total {
        Some(total) => format!("{} available of {}", bytes(available), bytes(total)),
        None => format!("{} available", bytes(available)),
    };
    Look::new(need, found, verdict(wanted, available))
        .mend("ps -eo rss,pid,comm --sort=-rss | head    # who has it")
        .mend("# or run fewer --clients, or the server on another machine")
}

pub(in crate::doctor) fn of_group(machine: &Machine, needs: &Needs) -> Look {
    let wanted = wanted(machine, needs);
    let need = told(wanted, machine, needs);
    let group = match &machine.memory.group {
        Part::There(group) => group,
        Part::Absent => return Look::new(need, "no limit", Verdict::Ok),
        Part::Unknown => return Look::unknown(need),
    };
    let found = format!("{} left of {}", bytes(group.spare), bytes(group.max));
    let max = group.max.saturating_sub(group.spare).saturating_add(wanted.saturating_mul(2));
    Look::new(need, found, verdict(wanted, group.spare))
        .mend(format!("echo {max} | sudo tee {}", at_root(&group.file)))
        .keep(
            "# where the group is made: `MemoryMax=` of a unit, `--memory` of a container, \
             `limits.memory` of a pod",
        )
}

pub(in crate::doctor) fn swap(machine: &Machine, _: &Needs) -> Look {
    let need = format!("at most {:.0} % of the memory", SWAPPED_SHARE_MAX * 100.0);
    let (Some(swapped), Some(total)) = (machine.memory.swapped, machine.memory.total) else {
        return Look::unknown(need);
    };
    let is_little = swapped as f64 <= SWAPPED_SHARE_MAX * total as f64;
    let found = if swapped == 0 { "none".into() } else { bytes(swapped) };
    Look::new(need, found, Verdict::ok_if(is_little, Verdict::Warn))
        .mend("sudo swapoff -a && sudo swapon -a    # brings it back, if there is room")
        .sysctl("vm.swappiness", 1)
}

pub(in crate::doctor) fn overcommit(machine: &Machine, needs: &Needs) -> Look {
    let servers = if needs.is_bundled() { machine.cpu.many().unwrap_or(1) } else { 0 };
    let stacks = (needs.threads + servers).saturating_mul(THREAD_BYTES);
    let wanted = wanted(machine, needs).saturating_add(stacks);
    let need = format!("{}, stacks of threads with it", bytes(wanted));
    match (machine.memory.overcommit, machine.memory.promises_left) {
        (Some(0 | 1), _) => Look::new(need, "more is promised than there is", Verdict::Ok),
        (Some(_), Some(left)) => {
            let found = format!("{} can still be promised, and no more", bytes(left));
            Look::new(need, found, Verdict::ok_if(wanted <= left, Verdict::Fail))
                .sysctl("vm.overcommit_memory", 0)
        }
        _ => Look::unknown(need),
    }
}

fn verdict(wanted: u64, left: u64) -> Verdict {
    match () {
        () if wanted > left => Verdict::Fail,
        () if wanted as f64 > SHARE_MAX * left as f64 => Verdict::Warn,
        () => Verdict::Ok,
    }
}

/// What the generator needs, the kernel for its connections, and the bundled server.
fn wanted(machine: &Machine, needs: &Needs) -> u64 {
    let generator = GENERATOR_BYTES + needs.users * USER_BYTES;
    let kernel = ends(machine, needs) * END_BYTES;
    let server = match needs.is_bundled() {
        true => SERVER_BYTES + needs.users * SERVED_USER_BYTES,
        false => 0,
    };
    generator + kernel + server
}

fn told(wanted: u64, machine: &Machine, needs: &Needs) -> String {
    let who = match (needs.is_bundled(), server_is_here(machine, needs)) {
        (true, _) => "for generator, connections and bundled server",
        (false, true) => "for generator and connections, and more for the server",
        (false, false) => "for generator and connections",
    };
    // Its clients were not measured.
    let at_least = if needs.second_opinion { "several times " } else { "" };
    format!("{at_least}{} {who}", bytes(wanted))
}
