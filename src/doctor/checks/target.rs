//! Target: whether the servers are there, and how far away.

use crate::doctor::check::{Look, Verdict};
use crate::doctor::machine::{Machine, TargetSeen};
use crate::doctor::needs::Needs;
use crate::doctor::words::quoted;

const TOLD_MAX: usize = 4;

pub(in crate::doctor) fn reached(machine: &Machine, needs: &Needs) -> Look {
    const NEED: &str = "an address that accepts a connection within 2 s";
    if needs.is_bundled() {
        return Look::new(NEED, "the bundled server, which is started for the run", Verdict::Ok);
    }
    // Those that cannot be reached come first: they are what is to be told.
    let mut seen: Vec<&TargetSeen> = machine.targets.iter().collect();
    seen.sort_by_key(|seen| seen.reached.is_ok());
    let Some(first) = seen.first() else { return Look::unknown(NEED) };
    let mut found: Vec<String> = seen.iter().take(TOLD_MAX).map(|seen| told(seen)).collect();
    if seen.len() > TOLD_MAX {
        found.push(format!("{} more", seen.len() - TOLD_MAX));
    }
    let look =
        Look::new(NEED, found.join("; "), Verdict::ok_if(first.reached.is_ok(), Verdict::Fail));
    let missing = needs.targets.iter().find(|place| place.url == first.url);
    match missing {
        Some(place) => look
            .mend(format!("getent hosts {}", quoted(&place.host)))
            .mend(format!("nc -vz -w 2 {} {}", quoted(&place.host), place.port))
            .mend("# start the server, or mend host and port of --target"),
        None => look,
    }
}

fn told(seen: &TargetSeen) -> String {
    match &seen.reached {
        Ok(reached) => {
            let micros = reached.connect.as_micros();
            let here = if reached.is_here { ", on this machine" } else { "" };
            let address = reached.address;
            format!("{} at {address}{here}, connected within {micros} µs", seen.url)
        }
        Err(why) => format!("{}: {why}", seen.url),
    }
}
