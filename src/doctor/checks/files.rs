//! Files: how many may be open, by one process and by all.

use super::{ends, server_is_here};
use crate::doctor::check::{Look, Verdict};
use crate::doctor::machine::Machine;
use crate::doctor::needs::Needs;
use crate::doctor::words::count;

pub(in crate::doctor) fn of_process(machine: &Machine, needs: &Needs) -> Look {
    let most = most(needs);
    let need = match needs.is_bundled() {
        true => format!("{} of the generator, as many of the bundled server", count(most)),
        false => count(most),
    };
    let Some(hard) = machine.files.hard else { return Look::unknown(need) };
    let found = match machine.files.soft {
        Some(soft) if soft < hard => {
            format!("{}, once chatbench has raised its limit of {}", count(hard), count(soft))
        }
        _ => count(hard),
    };
    Look::new(need, found, Verdict::ok_if(most <= hard, Verdict::Fail))
        .mend(format!("sudo prlimit --pid $$ --nofile={most}:{most}"))
        .mend("chatbench run SCENARIO    # in the same shell")
        // What is said of all users is not said of root (limits.conf(5)).
        .keep(format!(
            "printf '%s - nofile {most}\\n' '*' root | sudo tee \
             /etc/security/limits.d/90-chatbench.conf"
        ))
        .keep("# log in again; for a service, set `LimitNOFILE=` in its unit instead")
}

pub(in crate::doctor) fn ceiling(machine: &Machine, needs: &Needs) -> Look {
    let most = most(needs);
    let need = count(most);
    let Some(ceiling) = machine.files.ceiling else { return Look::unknown(need) };
    Look::new(need, count(ceiling), Verdict::ok_if(most <= ceiling, Verdict::Fail))
        .sysctl("fs.nr_open", most.next_multiple_of(1024))
}

pub(in crate::doctor) fn of_system(machine: &Machine, needs: &Needs) -> Look {
    // Beside its connections a server has few.
    let server = match needs.server_descriptors {
        0 if server_is_here(machine, needs) => ends(machine, needs) - needs.connections,
        own => own,
    };
    let more = needs.descriptors + server;
    let need = match server {
        0 => format!("{} more", count(more)),
        _ => format!("{} more, those of the server on this machine with them", count(more)),
    };
    let (Some(max), Some(open)) = (machine.files.system_max, machine.files.system_open) else {
        return Look::unknown(need);
    };
    let found = format!("{}, of which {} are open", count(max), count(open));
    let wanted = open.saturating_add(more);
    Look::new(need, found, Verdict::ok_if(wanted <= max, Verdict::Fail))
        .sysctl("fs.file-max", wanted.saturating_add(wanted / 4))
}

fn most(needs: &Needs) -> u64 {
    needs.descriptors.max(needs.server_descriptors)
}
