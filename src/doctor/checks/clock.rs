//! Clock: whether time can be asked for cheaply, and waited for exactly.

use std::time::Duration;

use crate::doctor::check::{Look, Verdict};
use crate::doctor::machine::Machine;
use crate::doctor::needs::Needs;

/// Counters that are read without a system call, or without leaving the machine.
const GOOD: [&str; 8] = [
    "tsc",
    "kvm-clock",
    "arch_sys_counter",
    "hyperv_clocksource_tsc_page",
    "xen",
    "timebase",
    "tod",
    "riscv_clocksource",
];
const SLOW: [&str; 5] = ["hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"];
const READ_NS_MAX: f64 = 500.0;
const STEP_NS_MAX: u64 = 1_000;
const SLACK_NS_MAX: u64 = 1_000_000;

pub(in crate::doctor) fn source(machine: &Machine, _: &Needs) -> Look {
    const NEED: &str = "the processor's own counter";
    let Some(source) = machine.timing.source.as_deref() else { return Look::unknown(NEED) };
    let sources = machine.timing.sources.as_deref().unwrap_or_default();
    if GOOD.contains(&source) {
        return Look::new(NEED, source, Verdict::Ok);
    }
    if !SLOW.contains(&source) {
        let found = format!("{source}, of which nothing is known here");
        return Look::new(NEED, found, Verdict::Unknown);
    }
    let look = Look::new(NEED, source, Verdict::Warn);
    match sources.iter().find(|it| GOOD.contains(&it.as_str())) {
        Some(better) => {
            const FILE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
            look.mend(format!("echo {better} | sudo tee {FILE}"))
                .keep(format!("# `clocksource={better}` on the kernel's command line"))
        }
        None => look.mend("sudo dmesg | grep -iE 'tsc|clocksource'    # why there is none better"),
    }
}

pub(in crate::doctor) fn cost(machine: &Machine, _: &Needs) -> Look {
    let need = format!("at most {READ_NS_MAX} ns each, in steps of at most {STEP_NS_MAX} ns");
    let (Some(read), Some(step)) = (machine.timing.read_ns, machine.timing.step_ns) else {
        return Look::unknown(need);
    };
    let is_good = read <= READ_NS_MAX && step <= STEP_NS_MAX;
    let found = format!("{read:.0} ns each, in steps of {step} ns");
    Look::new(need, found, Verdict::ok_if(is_good, Verdict::Warn)).mend(
        "cat /sys/devices/system/clocksource/clocksource0/*_clocksource    # see clock-source",
    )
}

pub(in crate::doctor) fn wake_up(machine: &Machine, needs: &Needs) -> Look {
    let allowed = Duration::from_secs_f64(needs.send_delay_ms_max.max(0.0) / 1e3);
    // A tenth of it, so that there is something left for the load itself.
    let usual = allowed / 10;
    let need = format!("at most {} at the median, {} at worst", told(usual), told(allowed));
    let Some(late) = machine.timing.late else { return Look::unknown(need) };
    let slack = machine.timing.slack_ns.unwrap_or(0);
    let found = format!("{} at the median, {} at worst", told(late.median), told(late.max));
    let found = match slack {
        ..=SLACK_NS_MAX => found,
        slack => format!("{found}; timer slack {}", told(Duration::from_nanos(slack))),
    };
    let is_good = late.median <= usual && late.max <= allowed && slack <= SLACK_NS_MAX;
    let look = Look::new(need, found, Verdict::ok_if(is_good, Verdict::Warn));
    match slack {
        ..=SLACK_NS_MAX => look
            .mend("ps -eo pcpu,pid,comm --sort=-pcpu | head    # who else runs: see other-work")
            .mend("sudo chrt --rr 1 chatbench run SCENARIO    # ahead of all others"),
        _ => look
            .mend("echo 50000 > /proc/self/timerslack_ns    # in the shell that runs chatbench")
            .keep("# `TimerSlackNSec=` of the unit that it runs in"),
    }
}

fn told(time: Duration) -> String {
    match time.as_micros() {
        micros @ ..1_000 => format!("{micros} µs"),
        _ => format!("{:.1} ms", time.as_secs_f64() * 1e3),
    }
}
