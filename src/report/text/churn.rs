//! Churn: how many came and went, and what the server made of those who came back.

use std::io;

use super::page::Page;
use crate::report::Report;
use crate::report::numbers::{count, counted};

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let moves = moves(report);
    if !moves.is_empty() {
        page.fact("churn", &moves.join(", "))?;
    }
    // A server that offers no recovery is asked for none.
    let counters = &report.counters;
    if counters.recoveries.max(counters.recoveries_declined) > 0 {
        page.fact("recovery", &recoveries(report))?;
    }
    Ok(())
}

fn moves(report: &Report) -> Vec<String> {
    let counters = &report.counters;
    [
        (counters.leaves, "room was left", "rooms were left"),
        (counters.departures, "user disconnected", "users disconnected"),
        (counters.drops, "connection was cut", "connections were cut"),
        (counters.storms, "storm", "storms"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, one, many)| counted(number, one, many))
    .collect()
}

fn recoveries(report: &Report) -> String {
    let (counters, tally) = (&report.counters, &report.tally);
    let taken = counted(counters.recoveries, "session", "sessions");
    let mut text = format!("{taken} taken up again, {} not", count(counters.recoveries_declined));
    let missed = tally.replayed.saturating_add(tally.not_replayed);
    if missed > 0 {
        let replayed = counted(tally.replayed, "missed message", "missed messages");
        text.push_str(&format!("; {replayed} replayed, {} lost", count(tally.not_replayed)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::report::text::Style;

    fn told(change: impl FnOnce(&mut Report)) -> String {
        let mut report = sample::report(&sample::passed());
        change(&mut report);
        let mut text = Vec::new();
        let style = Style::default();
        write(&report, &mut Page::new(&style, &mut text)).expect("a vector takes everything");
        String::from_utf8(text).expect("UTF-8")
    }

    #[test]
    fn nothing_is_said_where_nothing_was() {
        assert_eq!(told(|_| {}), "");
        assert_eq!(
            told(|report| report.counters.drops = 1),
            "  churn        1 connection was cut\n"
        );
    }

    #[test]
    fn a_server_is_not_blamed_for_what_it_does_not_offer() {
        let recovery = |taken, declined| {
            told(|report| {
                report.counters.recoveries = taken;
                report.counters.recoveries_declined = declined;
                (report.tally.replayed, report.tally.not_replayed) = (taken * 2, declined / 3);
            })
        };
        assert_eq!(recovery(0, 0), "");
        let declined = "  recovery     0 sessions taken up again, 2 not\n";
        assert_eq!(recovery(0, 2), declined);
        let both = "  recovery     1 session taken up again, 3 not; 2 missed messages replayed, 1 \
                    lost\n";
        assert_eq!(recovery(1, 3), both);
    }
}
