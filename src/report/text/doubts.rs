//! Doubts: what cannot be said, why, and what to do about it.

use std::io;

use super::page::{Page, Tone};
use crate::report::Report;
use crate::report::numbers::{count, counted, share, time, times_apart};
use crate::run::{Doubt, Missing};

/// A shard that uses more of its core than this is late because it has too much to do; below,
/// something else held it up.
const BUSY: f64 = 0.7;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    if report.doubts.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.fact("doubts", &counted(report.doubts.len() as u64, "reason", "reasons"))?;
    for doubt in &report.doubts {
        page.item(4, (Tone::Unsure, "?"), &sentence(doubt))?;
    }
    Ok(())
}

/// `doubt` in words, with what to do about it.
pub(in crate::report) fn sentence(doubt: &Doubt) -> String {
    match doubt {
        Doubt::GeneratorSaturated { shard, send_delay_p99_ms, limit_ms, busy } => {
            saturated(*shard, (*send_delay_p99_ms, *limit_ms), *busy)
        }
        Doubt::TooFewSamples { threshold, samples, needed } => format!(
            "{threshold} rests on {} and needs {}; let the load last longer, or ask for a lower \
             percentile",
            counted(*samples, "sample", "samples"),
            count(*needed)
        ),
        Doubt::Overflow { messages } => format!(
            "{} went unjudged, because more were in flight than accounts are kept of; raise \
             `limits.in_flight_messages_max`, or lower the rate",
            counted(*messages, "message", "messages")
        ),
        Doubt::Unsent { messages } => format!(
            "{} due while the sender had no connection, and never sent; see why connections were \
             lost (`connection_reasons` in `report.json`)",
            counted(*messages, "message was", "messages were")
        ),
        Doubt::GivenUp { messages } => format!(
            "{} still due when the load had been over for as long as a delivery may take \
             (`timeouts.delivery`), and never sent; lower the rate, or use more cores",
            counted(*messages, "message was", "messages were")
        ),
        Doubt::Absent { memberships } => format!(
            "{} not come about when the load began, so nothing was shown to these users; see why \
             connections failed or were lost (`connection_reasons` in `report.json`)",
            counted(*memberships as u64, "membership had", "memberships had")
        ),
        Doubt::Interrupted => "the run was interrupted: this is what was seen until then; let it \
                               run to its end"
            .into(),
        Doubt::NothingJudged => "no delivery had to happen, so none was shown to; see that users \
                                 connect, that joins are confirmed, and that each room has two \
                                 members at least"
            .into(),
        Doubt::TooLittleJudged { must_share, limit } => {
            let [must_share, limit] = shares_apart(*must_share, *limit);
            format!(
                "only {must_share} of the deliveries had to happen, the others were free to come \
                 or not, for somebody was coming or going; less than {limit} \
                 (`limits.must_share_min`) shows little: let users move less often, stay away for \
                 longer (`load.churn.away`), or have less time to leave (a shorter \
                 `timeouts.delivery`)"
            )
        }
        Doubt::RecordEnds { at_s, why } => {
            format!(
                "the record ends at {} of the run, {}; what came after is missing",
                time(at_s * 1e3),
                missing(*why)
            )
        }
    }
}

fn missing(why: Missing) -> &'static str {
    match why {
        Missing::Cut => "and says nothing of why: the run was killed, or the file was cut",
        Missing::Limit => "where it was as long as it might be: raise `--record-limit`",
        Missing::SlowDisk => "because the disk was too slow for it: write it to another",
        Missing::DiskError => "because the disk took no more of it: make room, or write to another",
    }
}

/// Both, so that they look different if they are.
fn shares_apart(one: f64, other: f64) -> [String; 2] {
    let told = [one, other].map(share);
    if told[0] == told[1] { [one, other].map(|it| format!("{:.3} %", it * 100.0)) } else { told }
}

fn saturated(shard: usize, (send_delay_p99_ms, limit_ms): (f64, f64), busy: f64) -> String {
    let [late, limit] = times_apart(send_delay_p99_ms, limit_ms);
    let core = share(busy);
    if busy >= BUSY {
        return format!(
            "the generator was the bottleneck: shard {shard} used {core} of its core and sent \
             {late} late at p99 (limit {limit}); use more cores or a lower rate"
        );
    }
    format!(
        "the generator was held up: shard {shard} sent {late} late at p99 (limit {limit}) though \
         it used only {core} of its core; keep other work, the server's included, off this \
         machine, or see whether connections take no more (their send queues are full)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_ends_says_where_and_what_helps() {
        let said = |why| sentence(&Doubt::RecordEnds { at_s: 2.5, why });
        assert!(said(Missing::Cut).contains("ends at 2.50 s of the run"), "{}", said(Missing::Cut));
        assert!(said(Missing::Limit).contains("--record-limit"), "{}", said(Missing::Limit));
    }

    #[test]
    fn a_share_below_its_limit_looks_less() {
        let said = |must_share| sentence(&Doubt::TooLittleJudged { must_share, limit: 0.5 });
        assert!(said(0.31).starts_with("only 31 % of"), "{}", said(0.31));
        assert!(said(0.4974).starts_with("only 49.740 % of"), "{}", said(0.4974));
        assert!(said(0.4974).contains("less than 50.000 %"), "{}", said(0.4974));
    }

    #[test]
    fn a_late_generator_is_told_by_how_busy_it_was() {
        let late = |busy| {
            sentence(&Doubt::GeneratorSaturated {
                shard: 1,
                send_delay_p99_ms: 12.0,
                limit_ms: 10.0,
                busy,
            })
        };
        assert!(late(0.98).contains("shard 1 used 98 % of its core"), "{}", late(0.98));
        assert!(late(0.2).contains("only 20 % of its core"), "{}", late(0.2));
    }
}
