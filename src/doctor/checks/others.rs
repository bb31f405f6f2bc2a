//! Others: who else is at work, on this machine and on its host.

use crate::doctor::check::{Look, Verdict};
use crate::doctor::machine::Machine;
use crate::doctor::needs::Needs;
use crate::doctor::words::percent;

/// What a system has to do for itself.
const WORK_MAX: f64 = 0.15;
const STOLEN_MAX: f64 = 0.02;

pub(in crate::doctor) fn work(machine: &Machine, _: &Needs) -> Look {
    let need = format!("at most {} of all cores", percent(WORK_MAX));
    let Some(busy) = machine.cpu.busy else { return Look::unknown(need) };
    let load = machine.cpu.load.map(|load| format!(", load average {load:.2}"));
    let found = format!("{} of all cores{}", percent(busy.work), load.unwrap_or_default());
    Look::new(need, found, Verdict::ok_if(busy.work <= WORK_MAX, Verdict::Warn))
        .mend("ps -eo pcpu,pid,comm --sort=-pcpu | head    # who it is: wait for it, or end it")
}

pub(in crate::doctor) fn steal(machine: &Machine, _: &Needs) -> Look {
    let need = format!("at most {}", percent(STOLEN_MAX));
    let Some(busy) = machine.cpu.busy else { return Look::unknown(need) };
    let is_little = busy.stolen <= STOLEN_MAX;
    Look::new(need, percent(busy.stolen), Verdict::ok_if(is_little, Verdict::Warn))
        .mend("vmstat 1 10    # column `st`: whether it stays so")
        .keep("# a machine with processors of its own: dedicated or bare metal, not burstable")
}
