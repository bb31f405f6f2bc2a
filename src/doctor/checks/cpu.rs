//! Cpu: whether there are processors enough, at their full pace, for as long as they are wanted.

use super::{server_is_here, server_is_unseen};
use crate::doctor::check::{Look, Verdict};
use crate::doctor::machine::{Machine, Part};
use crate::doctor::needs::Needs;
use crate::doctor::words::{at_root, core_list, count};

const BEST: &str = "performance";
/// Threads beside the shards: for names, for signals, for the disk.
const THREADS_BESIDE: u64 = 8;

pub(in crate::doctor) fn governor(machine: &Machine, _: &Needs) -> Look {
    let governors = match &machine.cpu.governors {
        Part::There(governors) => governors,
        Part::Absent => return Look::new(BEST, "nothing here changes their pace", Verdict::Ok),
        Part::Unknown => return Look::unknown(BEST),
    };
    let all = governors.len() as u64;
    let others: Vec<&String> = governors.iter().filter(|it| *it != BEST).collect();
    let found = match others.first() {
        None => format!("{BEST}, on all of {}", cores(all)),
        Some(other) => format!("{other}, on {} of {}", count(others.len() as u64), cores(all)),
    };
    const FILES: &str = "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor";
    Look::new(BEST, found, Verdict::ok_if(others.is_empty(), Verdict::Warn))
        .mend(format!("echo {BEST} | sudo tee {FILES}"))
        .keep("sudo tuned-adm profile throughput-performance")
}

fn cores(all: u64) -> String {
    if all == 1 { "1 core".into() } else { format!("{} cores", count(all)) }
}

pub(in crate::doctor) fn shared(machine: &Machine, needs: &Needs) -> Look {
    let is_here = server_is_here(machine, needs);
    let need = match is_here {
        true => format!("{}, and others for the server", cores(needs.threads)),
        false => format!("{} for as many threads", cores(needs.threads)),
    };
    let Some(numbers) = &machine.cpu.cores else { return Look::unknown(need) };
    let all = numbers.len() as u64;
    let is_enough = needs.threads <= all;
    let found = match is_here {
        true => format!("{}, which the server on this machine uses as well", cores(all)),
        false => cores(all),
    };
    if is_enough && server_is_unseen(machine, needs) {
        let found = format!("{found}, and the server may be on this machine as well");
        return Look::new(need, found, Verdict::Unknown);
    }
    let look = Look::new(need, found, Verdict::ok_if(is_enough && !is_here, Verdict::Warn));
    match (is_here, all) {
        (false, _) => {
            look.mend(format!("chatbench run SCENARIO --shards {}", machine.cpu.kept_busy(all)))
        }
        (true, ..2) => look.mend("# run the server on another machine: there is one core here"),
        (true, _) => apart(look, machine, numbers, needs),
    }
}

/// A half of the cores for each, of those that this process may use.
fn apart(look: Look, machine: &Machine, numbers: &[u64], needs: &Needs) -> Look {
    let (servers, ours) = numbers.split_at(numbers.len() / 2);
    let shards = machine.cpu.kept_busy(ours.len() as u64);
    let (servers, ours) = (core_list(servers), core_list(ours));
    let look = match needs.targets.first() {
        Some(_) => look.mend(format!("taskset -acp {servers} PID_OF_SERVER")),
        None => look.mend(format!("taskset -c {servers} chatbench serve --port 8080 &")),
    };
    let target = if needs.is_bundled() { " --target http://localhost:8080" } else { "" };
    look.mend(format!("taskset -c {ours} chatbench run SCENARIO --shards {shards}{target}"))
        .keep("# run the server on another machine")
}

pub(in crate::doctor) fn quota(machine: &Machine, needs: &Needs) -> Look {
    let wanted = needs.threads + u64::from(needs.is_bundled());
    let need = match needs.is_bundled() {
        true => format!("the time of {}, one of them for the server", cores(wanted)),
        false => format!("the time of {}", cores(wanted)),
    };
    let quota = match &machine.cpu.quota {
        Part::There(quota) => quota,
        Part::Absent => return Look::new(need, "all of it", Verdict::Ok),
        Part::Unknown => return Look::unknown(need),
    };
    // More than all cores have is no quota.
    let is_all = machine.cpu.many().is_some_and(|cores| quota.cores >= cores as f64);
    let is_enough = is_all || quota.cores >= wanted as f64;
    let found = format!("that of {:.1} cores, by {}", quota.cores, at_root(&quota.file));
    let none = if quota.file.ends_with("cpu.max") { "max" } else { "-1" };
    Look::new(need, found, Verdict::ok_if(is_enough, Verdict::Warn))
        .mend(format!("echo {none} | sudo tee {}", at_root(&quota.file)))
        .keep(
            "# where the group is made: `CPUQuota=` of a unit, `--cpus` of a container, \
             `limits.cpu` of a pod",
        )
}

pub(in crate::doctor) fn threads(machine: &Machine, needs: &Needs) -> Look {
    let servers = if needs.is_bundled() { machine.cpu.many().unwrap_or(1) + 1 } else { 0 };
    let wanted = needs.threads + THREADS_BESIDE + servers;
    let need = format!("{} more", count(wanted));
    let pids = match &machine.cpu.pids {
        Part::There(pids) => pids,
        Part::Absent => return Look::new(need, "no limit", Verdict::Ok),
        Part::Unknown => return Look::unknown(need),
    };
    let found = format!("{}, of which {} are there", count(pids.max), count(pids.now));
    let is_enough = pids.now.saturating_add(wanted) <= pids.max;
    let raised = pids.now.saturating_add(2 * wanted);
    Look::new(need, found, Verdict::ok_if(is_enough, Verdict::Fail))
        .mend(format!("echo {raised} | sudo tee {}", at_root(&pids.file)))
        .keep("# where the group is made: `TasksMax=` of a unit, `--pids-limit` of a container")
}
