//! Text: a study as people read it.

use std::io::{self, Write};

use crate::capacity::search::{Answer, Conclusion, Failure, Reason, Shown, StepVerdict, Unclear};
use crate::capacity::{Prediction, StepReport, Study};
use crate::report::numbers::{bytes, cores, count, share, time, times_apart};

/// Writes what `study` is of, before its first step, and what `changes` it goes on with.
///
/// # Errors
/// When `out` takes no more.
pub(super) fn write_head(study: &Study, changes: &[String], out: &mut dyn Write) -> io::Result<()> {
    let (limits, unit) = (&study.limits, study.vary.unit());
    let Study { chatbench, name, seed, started, .. } = study;
    let target = match study.targets.as_slice() {
        [] => "the reference server".into(),
        urls => urls.join(", "),
    };
    let name = name.escape_debug();
    writeln!(out, "chatbench {chatbench} · capacity · {name} · seed {seed} · {started}")?;
    writeln!(
        out,
        "  {target}: from {} to {} {unit}, to within {};",
        count(limits.from),
        count(limits.to),
        share(limits.precision)
    )?;
    writeln!(out, "  {} steps at most.", limits.steps_max)?;
    for change in changes {
        writeln!(out, "  beware       {change}")?;
    }
    writeln!(out)?;
    writeln!(out, "  step {unit:>12}   deliveries/s       p50       p99        cores    memory")
}

/// Writes one step of `study`, which has this `number`, from 1.
///
/// # Errors
/// When `out` takes no more.
pub(super) fn write_step(number: usize, study: &Study, out: &mut dyn Write) -> io::Result<()> {
    let (before, report) = (&study.steps[..number - 1], &study.steps[number - 1]);
    let load = count(report.step.result.load);
    write!(out, "  {number:>4} {load:>12}   ")?;
    match &report.measured {
        Some(it) => {
            let (p50, p99) = (time(it.delivery_p50_ms), time(it.delivery_p99_ms));
            let deliveries = count(it.deliveries_per_s.round() as u64);
            write!(out, "{deliveries:>12} {p50:>9} {p99:>9}   ")?;
        }
        None => write!(out, "{:>12} {:>9} {:>9}   ", "–", "–", "–")?,
    }
    let server = report.measured.as_ref().and_then(|it| it.server.as_ref());
    let summary = server.map(|it| it.summary).unwrap_or_default();
    for told in [summary.cpu_mean_cores.map(cores), summary.rss_max_bytes.map(bytes)] {
        write!(out, "{:>10}", told.unwrap_or("–".into()))?;
    }
    writeln!(out, "   {}", words(&report.step.result.verdict))?;
    // Once is enough: what could not be looked at has a dash in each step.
    match unobserved(report) {
        Some(why) if before.iter().all(|step| unobserved(step).is_none()) => {
            writeln!(out, "  beware       the server is not looked at any more: {why}")
        }
        _ => Ok(()),
    }
}

/// Why the server was not looked at in a step, where it was to be.
pub(super) fn unobserved(report: &StepReport) -> Option<&str> {
    report.measured.as_ref()?.unobserved.as_deref()
}

/// Writes what the steps come to.
///
/// # Errors
/// When `out` takes no more.
pub(super) fn write_answer(study: &Study, out: &mut dyn Write) -> io::Result<()> {
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
    if let Some(prediction) = &study.usl {
        let (said, reasons) = predicted(prediction, unit);
        writeln!(out, "  predicted    {said}")?;
        for reason in reasons {
            writeln!(out, "               {reason}")?;
        }
    }
    writeln!(out, "  reproduce    {}", study.command)
}

/// What the law predicts, and all that speaks against it, as far as anything does.
pub(super) fn predicted<'a>(prediction: &'a Prediction, unit: &str) -> (String, &'a [String]) {
    let peak = prediction.fit.as_ref().and_then(|fit| fit.peak);
    let said = match (prediction.carried, peak) {
        (true, Some(peak)) => {
            let (load, each) =
                (count(peak.load.round() as u64), count(peak.throughput.round() as u64));
            let between = prediction.intervals.as_ref().map_or(String::new(), |it| {
                let end =
                    |end: Option<f64>| end.map_or("any".into(), |end| count(end.round() as u64));
                format!(", between {} and {}", end(it.peak_load.low), end(it.peak_load.high))
            });
            format!(
                "at most {each} deliveries/s, at {load} {unit}{between} (95 % confidence), by the \
                 Universal Scalability Law; nobody has measured it"
            )
        }
        _ => "nothing that can be relied on, by the Universal Scalability Law".into(),
    };
    (said, &prediction.reasons)
}

pub(super) fn sentence(answer: &Answer, unit: &str) -> String {
    let load = |shown: &Option<Shown>| count(shown.as_ref().map_or(0, |shown| shown.load));
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

pub(super) fn told(shown: &Shown, unit: &str) -> String {
    let Shown { load, held, failed, chance, .. } = shown;
    let (load, low, high) = (count(*load), share(chance.low), share(chance.high));
    format!(
        "{load} {unit}: held {held} of {} times, so that the chance that a step holds lies from \
         {low} to {high} (95 % confidence)",
        held + failed
    )
}

pub(super) fn words(verdict: &StepVerdict) -> String {
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
        Failure::Violations { count: broken } => {
            format!("{} promises were broken", count(*broken))
        }
        Failure::ThresholdMissed { threshold, limit, observed } => {
            let [observed, limit] = times_apart(*observed, *limit);
            format!("{threshold} {observed} (limit {limit})")
        }
        Failure::BacklogGrows { deliveries_per_s } => {
            let growth = count(deliveries_per_s.round() as u64);
            format!("the backlog grows by {growth} deliveries/s")
        }
        Failure::ConnectionsFailed { count: failed } => {
            format!("{} connects failed", count(*failed))
        }
        Failure::ConnectionsLost { count: lost } => {
            format!("{} connections were lost", count(*lost))
        }
    }
}

fn unclear(why: &Unclear) -> String {
    match why {
        Unclear::GeneratorSaturated { send_delay_p99_ms, limit_ms } => {
            let [late, limit] = times_apart(*send_delay_p99_ms, *limit_ms);
            format!("the generator was late, send_delay p99 {late} (limit {limit})")
        }
        Unclear::NotSteady { warmup_s } => format!("not steady after {warmup_s:.0} s"),
        Unclear::TooFewSamples { samples, needed } => {
            format!("{samples} samples of {needed} that are needed")
        }
        Unclear::Interrupted => "interrupted".into(),
        Unclear::Impossible { what } => what.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_its_limit_looks_as_if_it_were() {
        let threshold = "delivery_latency p99".into();
        let missed = Failure::ThresholdMissed { threshold, limit: 100.0, observed: 100.3 };
        let wanted = "fails: delivery_latency p99 100.3 ms (limit 100.0 ms)";
        assert_eq!(words(&StepVerdict::Fails { why: vec![missed] }), wanted);
        let late = Unclear::GeneratorSaturated { send_delay_p99_ms: 10.02, limit_ms: 10.0 };
        let wanted = "unknown: the generator was late, send_delay p99 10.02 ms (limit 10.00 ms)";
        assert_eq!(words(&StepVerdict::Unknown { why: late }), wanted);
    }
}
