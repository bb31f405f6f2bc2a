//! `chatbench doctor`: looks at this machine for a scenario, and says what to change. It changes
//! nothing itself.

mod needs;
mod text;

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use tokio::runtime::{Builder, LocalOptions};

use super::args::DoctorArgs;
use super::failure::Failure;
use super::output::{show, style};
use super::prepare;
use crate::clock::{Clock, unix_millis};
use crate::doctor::{Checkup, Machine, Needs, Root, Verdict, examine};
use crate::report::{ExitKind, json};
use crate::scenario::Scenario;

/// In place of a scenario's path: what most runs are like.
pub(super) const USUAL: &str = "usual needs";
const USUAL_SCENARIO: &str = "
name: usual needs
users: 10000
rooms: {size: 10}
load: {phases: [{hold: {rate: 1000/s, for: 60 s}}]}
";
/// In place of a file: standard output.
const STDOUT: &str = "-";

pub(super) fn doctor(args: &DoctorArgs) -> Result<ExitKind, Failure> {
    let (plan, overrides) = (&args.plan, args.plan.overrides());
    let scenario = match plan.scenario.to_str() {
        Some(USUAL) => Scenario::parse(USUAL, USUAL_SCENARIO, &overrides),
        _ => Scenario::read(&plan.scenario, &overrides),
    };
    let planned = prepare::plan_of(scenario?, plan)?;
    let is_file = |path: &&Path| path.as_os_str() != STDOUT;
    let file = args.json.as_deref().filter(is_file).map(create).transpose()?;
    let needs = needs::of(&planned, prepare::shards(plan));
    let checkup = look(planned.scenario.name, needs)?;
    if let Some((path, file)) = file {
        let mut out = BufWriter::new(file);
        let written = json::write(&checkup, &mut out).and_then(|()| out.flush());
        written.map_err(|why| unwritten(path, &why))?;
    }
    let exit = exit_of(&checkup);
    match args.json.as_deref() {
        Some(path) if !is_file(&path) => show(|out| json::write(&checkup, out))?,
        _ => show(|out| {
            text::write(&checkup, style().width, out)?;
            writeln!(out, "{exit}")
        })?,
    }
    Ok(exit)
}

/// That something cannot be looked at says nothing against the machine: where there is no
/// `/proc`, most cannot.
fn exit_of(checkup: &Checkup) -> ExitKind {
    match checkup.verdict {
        Verdict::Fail => ExitKind::Impossible,
        Verdict::Ok | Verdict::Unknown | Verdict::Warn => ExitKind::Pass,
    }
}

/// What is found on this machine.
fn look(scenario: String, needs: Needs) -> Result<Checkup, Failure> {
    let now = UNIX_EPOCH + Duration::from_millis(unix_millis());
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let runtime = runtime.map_err(|err| Failure::impossible(err, "raise `ulimit -n`"))?;
    let root = Root::system();
    let machine = runtime.block_on(Machine::read(&root, &needs.targets, Clock::start()));
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    let findings = examine(&machine, &needs);
    Ok(Checkup {
        version: Checkup::VERSION,
        chatbench: env!("CARGO_PKG_VERSION").into(),
        started: humantime::format_rfc3339_millis(now).to_string(),
        scenario,
        needs,
        verdict: findings.iter().map(|it| it.verdict).max().unwrap_or(Verdict::Unknown),
        findings,
    })
}

/// The file, emptied: an old checkup would be taken for a new one.
fn create(path: &Path) -> Result<(&Path, File), Failure> {
    let file = File::create(path).map_err(|why| unwritten(path, &why))?;
    Ok((path, file))
}

fn unwritten(path: &Path, why: &io::Error) -> Failure {
    let what = format!("cannot write {}: {why}", path.display());
    Failure::impossible(what, "choose a file in a folder that you may write to")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Overrides;

    #[test]
    fn usual_needs_are_a_scenario() {
        let scenario = Scenario::parse(USUAL, USUAL_SCENARIO, &Overrides::default());
        assert_eq!(scenario.expect("it is one").name, USUAL);
    }
}
