//! Text: a study as people read it.

use std::io::{self, Write};

use super::search::{Answer, Conclusion, Failure, Reason, Shown, StepVerdict, Unclear};
use super::study::{StepReport, Study};

/// Writes what `study` is of, before its first step.
///
/// # Errors
/// When `out` takes no more.
pub fn write_head(study: &Study, out: &mut dyn Write) -> io::Result<()> {
    let (limits, unit) = (&study.limits, study.vary.unit());
    let Study { chatbench, name, seed, started, .. } = study;
    let target = match study.targets.as_slice() {
        [] => "the reference server".into(),
        urls => urls.join(", "),
    };
    writeln!(out, "chatbench {chatbench} · capacity · {name} · seed {seed} · {started}")?;
    writeln!(
        out,
        "  {target}: from {} to {} {unit}, to within {} %;",
        limits.from,
        limits.to,
        percent(limits.precision)
    )?;
    writeln!(out, "  {} steps at most.", limits.steps_max)?;
    writeln!(out)?;
    writeln!(out, "  step {unit:>12}   deliveries/s       p50       p99")
}

/// Writes one step, which has this `number`.
///
/// # Errors
/// When `out` takes no more.
pub fn write_step(number: usize, report: &StepReport, out: &mut dyn Write) -> io::Result<()> {
    let load = report.step.result.load;
    write!(out, "  {number:>4} {load:>12}   ")?;
    match &report.measured {
        Some(it) => {
            let (p50, p99) = (millis(it.delivery_p50_ms), millis(it.delivery_p99_ms));
            write!(out, "{:>12.0} {p50:>9} {p99:>9}   ", it.deliveries_per_s)?;
        }
        None => write!(out, "{:>12} {:>9} {:>9}   ", "–", "–", "–")?,
    }
    writeln!(out, "{}", words(&report.step.result.verdict))
}

/// Writes what the steps come to.
///
/// # Errors
/// When `out` takes no more.
pub fn write_answer(study: &Study, out: &mut dyn Write) -> io::Result<()> {
    let Some(answer) = &study.answer else { return Ok(()) };
    let unit = study.vary.unit();
    writeln!(out)?;
    writeln!(out, "  answer       {}", sentence(answer, unit))?;
    for (what, shown) in [("holds", &answer.holds), ("fails", &answer.fails)] {
        if let Some(shown) = shown {
            writeln!(out, "  {what:<12} {}", told(shown, unit))?;
        }
    }
    for remark in &answer.remarks {
        writeln!(out, "  remark       {remark}")?;
    }
    if let Conclusion::Unknown { why } = &answer.conclusion {
        writeln!(out, "  because      {why}")?;
        writeln!(out, "  remedy       {}", why.remedy())?;
    }
    writeln!(out, "  reproduce    {}", study.command)
}

fn sentence(answer: &Answer, unit: &str) -> String {
    let load = |shown: &Option<Shown>| shown.as_ref().map_or(0, |shown| shown.load);
    let (holds, fails) = (load(&answer.holds), load(&answer.fails));
    match &answer.conclusion {
        Conclusion::Found => format!("between {holds} and {fails} {unit}"),
        Conclusion::AtLeast => {
            format!("at least {holds} {unit}, the most that was to be tried")
        }
        Conclusion::Nothing => format!("less than {fails} {unit}, the least that was to be tried"),
        Conclusion::Unknown { why: Reason::Step { .. } } if answer.holds.is_some() => {
            format!("at least {holds} {unit}; above that it cannot be said")
        }
        Conclusion::Unknown { .. } => "it cannot be said".into(),
    }
}

fn told(shown: &Shown, unit: &str) -> String {
    let Shown { load, held, failed, chance, .. } = shown;
    let (low, high) = (chance.low * 100.0, chance.high * 100.0);
    format!(
        "{load} {unit}: held {held} of {} times, so that a step holds with {low:.0} to {high:.0} % \
         (95 % confidence)",
        held + failed
    )
}

fn words(verdict: &StepVerdict) -> String {
    match verdict {
        StepVerdict::Holds => "holds".into(),
        StepVerdict::Fails { why } => {
            let why: Vec<String> = why.iter().map(failure).collect();
            format!("fails: {}", why.join("; "))
        }
        StepVerdict::Unknown { why } => format!("unknown: {}", unclear(why)),
    }
}

fn failure(failure: &Failure) -> String {
    match failure {
        Failure::Violations { count: 1 } => "1 promise was broken".into(),
        Failure::Violations { count } => format!("{count} promises were broken"),
        Failure::ThresholdMissed { threshold, limit, observed } => {
            format!("{threshold} {} (limit {})", millis(*observed), millis(*limit))
        }
        Failure::BacklogGrows { deliveries_per_s } => {
            format!("the backlog grows by {deliveries_per_s:.0} deliveries/s")
        }
        Failure::ConnectionsFailed { count } => format!("{count} connects failed"),
        Failure::ConnectionsLost { count } => format!("{count} connections were lost"),
    }
}

fn unclear(why: &Unclear) -> String {
    match why {
        Unclear::GeneratorSaturated { send_delay_p99_ms, limit_ms } => format!(
            "the generator was late, send_delay p99 {} (limit {})",
            millis(*send_delay_p99_ms),
            millis(*limit_ms)
        ),
        Unclear::NotSteady { warmup_s } => format!("not steady after {warmup_s:.0} s"),
        Unclear::TooFewSamples { samples, needed } => {
            format!("{samples} samples of {needed} that are needed")
        }
        Unclear::Interrupted => "interrupted".into(),
        Unclear::Impossible { what } => what.clone(),
    }
}

/// Three digits, in the unit that suits.
fn millis(ms: f64) -> String {
    let (value, unit) = if ms >= 1e3 {
        (ms / 1e3, "s")
    } else if ms >= 1.0 {
        (ms, "ms")
    } else {
        (ms * 1e3, "µs")
    };
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    format!("{}", (percent * 10.0).round() / 10.0)
}
