//! `chatbench validate`: says what a run would come to, without running it.

use std::fmt::Write as _;
use std::io::Write as _;

use super::args::PlanArgs;
use super::failure::Failure;
use super::limits::Limits;
use super::output::show;
use super::prepare::{self, Planned};
use crate::report::ExitKind;
use crate::report::numbers::{bytes, count, counted};
use crate::scenario::{Estimate, Load, Outages, Scenario};

pub(super) fn validate(args: &PlanArgs) -> Result<ExitKind, Failure> {
    let planned = prepare::plan(args)?;
    let estimate = Estimate::new(&planned.scenario, &planned.plan);
    let mut text = String::new();
    describe(&planned, &estimate, prepare::shards(args), &mut text)
        .expect("a string takes everything");
    show(|out| write!(out, "{text}"))?;
    planned.limits.check()?;
    show(|out| writeln!(out, "{}", ExitKind::Pass))?;
    Ok(ExitKind::Pass)
}

fn describe(
    planned: &Planned,
    estimate: &Estimate,
    shards: usize,
    out: &mut String,
) -> std::fmt::Result {
    let Planned { scenario, plan, limits } = planned;
    let e = estimate;
    let shards = shards.min(e.shards_max as usize);
    writeln!(out, "{} is valid: seed {}", scenario.name, plan.seed)?;
    writeln!(out, "  connections   {}", count(e.connections.into()))?;
    writeln!(
        out,
        "  rooms         {} of {} to {} members (median {}), {} memberships in {} cells",
        count(e.rooms.into()),
        e.room_members_min,
        e.room_members_max,
        e.room_members_median,
        count(e.memberships),
        count(e.cells.into()),
    )?;
    let alone = if e.shards_max == 1 { ": the rooms cannot be divided" } else { "" };
    writeln!(out, "  threads       {shards}{alone}")?;
    writeln!(
        out,
        "  messages      {} expected, {}/s at the peak, by {} speakers",
        count(e.messages.round() as u64),
        count(e.messages_per_second_max.round() as u64),
        count(e.speakers),
    )?;
    writeln!(
        out,
        "  deliveries    {} expected, {}/s at the peak",
        count(e.deliveries.round() as u64),
        count(e.deliveries_per_second_max.round() as u64),
    )?;
    churn(scenario, e.load_secs, out)?;
    writeln!(
        out,
        "  on the wire   {} a message, {} a delivery; {}/s sent, {}/s received at the peak",
        bytes(e.bytes_per_message.round() as u64),
        bytes(e.bytes_per_delivery.round() as u64),
        bytes(e.sent_bytes_per_second_max.round() as u64),
        bytes(e.received_bytes_per_second_max.round() as u64),
    )?;
    writeln!(
        out,
        "  time          {:.1} s to connect, {:.1} s of load, {:.1} s in all, {:.1} s at most",
        e.connect_secs, e.load_secs, e.run_secs_min, e.run_secs_max,
    )?;
    machine(limits, out)
}

/// Who comes and goes, and when the server does.
fn churn(scenario: &Scenario, load_secs: f64, out: &mut String) -> std::fmt::Result {
    let Load { churn, outages, .. } = &scenario.load;
    if !churn.is_none() {
        let rate = churn.total();
        let moves = counted((rate * load_secs).round() as u64, "move", "moves");
        write!(out, "  churn         {moves} expected, {rate:.1}/s")?;
        match churn.storms.len() as u64 {
            0 => writeln!(out)?,
            storms => writeln!(out, "; {}", counted(storms, "storm", "storms"))?,
        }
    }
    match outages {
        Outages::None => Ok(()),
        Outages::Expected => writeln!(out, "  outages       expected, by somebody else's doing"),
        Outages::Planned(planned) => {
            writeln!(out, "  outages       {} of the bundled server", count(planned.len() as u64))
        }
    }
}

/// What this machine must give, against what it does.
fn machine(limits: &Limits, out: &mut String) -> std::fmt::Result {
    let fits = |needed: u64, allowed: u64| if needed <= allowed { "enough" } else { "NOT ENOUGH" };
    let (needed, allowed) = (limits.descriptors_needed, limits.descriptors_max);
    let (needed_text, allowed_text) = (count(needed), count(allowed));
    let verdict = fits(needed, allowed);
    writeln!(out, "  descriptors   {needed_text} needed of {allowed_text} allowed: {verdict}")?;
    let needed = limits.ports_needed;
    match limits.ports_max {
        Some(allowed) => writeln!(
            out,
            "  ports         {} needed of {} to one address: {}",
            count(needed),
            count(allowed),
            fits(needed, allowed),
        ),
        None => writeln!(out, "  ports         {} needed to one address", count(needed)),
    }
}
