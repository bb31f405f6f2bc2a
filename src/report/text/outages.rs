//! Outages: when somebody was deaf, as a table with a picture, and for how long.

use std::io;

use super::page::{Page, Tone};
use crate::report::Report;
use crate::report::model::{DeafSpell, Outage};
use crate::report::numbers::{count, counted, moment, time};

/// Outages with a line of their own.
const LINES_MAX: usize = 10;
/// Columns of a line without its picture, and between the two.
const LINE_COLUMNS: usize = 65;
const PICTURE_COLUMNS_MIN: usize = 10;
const PICTURE_COLUMNS_MAX: usize = 30;

pub(super) fn write(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let deafness = &report.deafness;
    if deafness.times.saturating_add(deafness.dropped) == 0 {
        return Ok(());
    }
    page.blank()?;
    page.fact("outages", &how_deaf(report))?;
    let outages = most_telling(&report.outages);
    if page.width() < LINE_COLUMNS {
        for outage in &outages {
            page.item(4, (Tone::Bad, "·"), &sentence(outage))?;
        }
    } else {
        write_table(report, &outages, page)?;
    }
    let untold = (report.outages.len() - outages.len()) as u64;
    match untold.saturating_add(report.outages_dropped) {
        0 => Ok(()),
        more => {
            let more = counted(more, "shorter one", "shorter ones");
            page.item(4, (Tone::Aside, "…"), &format!("and {more}"))
        }
    }
}

fn write_table(report: &Report, outages: &[&Outage], page: &mut Page<'_>) -> io::Result<()> {
    let heads = ["from", "to", "users", "median", "longest", "unsent"].map(str::to_owned);
    let head = page.paint(Tone::Label, &row(&heads));
    page.line(&head)?;
    let columns = (page.width() - LINE_COLUMNS).min(PICTURE_COLUMNS_MAX);
    for outage in outages {
        let mut picture = String::new();
        if columns >= PICTURE_COLUMNS_MIN {
            picture = page.paint(Tone::Bad, &picture_of(outage, report.durations.run_s, columns));
        }
        page.line(&format!("{}  {picture}", row(&numbers(outage))))?;
    }
    Ok(())
}

fn row([from, to, users, median, longest, unsent]: &[String; 6]) -> String {
    format!("    {from:>10} {to:>10} {users:>7}  {median:>10} {longest:>10} {unsent:>6}")
}

fn numbers(outage: &Outage) -> [String; 6] {
    [
        moment(outage.from_s),
        outage.to_s.map_or("the end".into(), moment),
        count(outage.users),
        time(outage.deafness_p50_ms),
        time(outage.deafness_max_ms),
        count(outage.messages_unsent),
    ]
}

/// The same in words, for a page that is too narrow for columns.
fn sentence(outage: &Outage) -> String {
    let [from, to, _, median, longest, unsent] = numbers(outage);
    let users = counted(outage.users, "user", "users");
    format!("{from} to {to}: {users}, {median} at the median, {longest} at most; {unsent} unsent")
}

/// The longest, in order.
fn most_telling(outages: &[Outage]) -> Vec<&Outage> {
    let mut telling: Vec<&Outage> = outages.iter().collect();
    let length = |outage: &&Outage| outage.to_s.unwrap_or(f64::INFINITY) - outage.from_s;
    telling.sort_by(|one, other| length(other).total_cmp(&length(one)));
    telling.truncate(LINES_MAX);
    telling.sort_by(|one, other| one.from_s.total_cmp(&other.from_s));
    telling
}

/// The run from left to right, dark where somebody was deaf. However short, it can be seen.
fn picture_of(outage: &Outage, run_s: f64, columns: usize) -> String {
    let column = |at_s: f64| (at_s / run_s.max(f64::MIN_POSITIVE) * columns as f64).max(0.0);
    let from = (column(outage.from_s) as usize).min(columns - 1);
    let to = outage.to_s.map_or(columns, |to_s| column(to_s).ceil() as usize);
    let to = to.clamp(from + 1, columns);
    format!("{}{}{}", "·".repeat(from), "█".repeat(to - from), "·".repeat(columns - to))
}

/// Who was deaf, and for how long.
pub(in crate::report) fn how_deaf(report: &Report) -> String {
    let deafness = &report.deafness;
    let Some(longest) = &deafness.max_user else {
        return format!("{} of deafness, too many to be kept", times(deafness.dropped));
    };
    let who = match deafness.users {
        1 => format!("{longest} was deaf"),
        all if all == report.scenario.users => "every user was deaf".into(),
        many => format!("{} users were deaf", count(many)),
    };
    let (median, most) = (time(deafness.p50_ms), time(deafness.max_ms));
    let mut text = match deafness.times {
        1 => format!("{who} for {most}"),
        once if once == deafness.users => {
            format!("{who} for {median} at the median, {most} at most ({longest})")
        }
        more => {
            let more = times(more);
            format!("{who}, {more} in all, for {median} at the median, {most} at most ({longest})")
        }
    };
    if deafness.never_over > 0 {
        text.push_str(&format!("; {}", never_over(report)));
    }
    if deafness.dropped > 0 {
        text.push_str(&format!("; {} more could not be kept", times(deafness.dropped)));
    }
    text
}

fn times(number: u64) -> String {
    counted(number, "time", "times")
}

fn never_over(report: &Report) -> String {
    let never = report.deaf_longest.iter().find(|spell| spell.to_s.is_none());
    let first = never.map_or(String::new(), |DeafSpell { user, from_s, .. }| {
        format!(" ({user}, from {} on)", moment(*from_s))
    });
    match report.deafness.never_over {
        1 => format!("one never heard anything again{first}"),
        many => format!("{} never heard anything again{first}", count(many)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::Deafness;
    use crate::report::sample;

    fn outage(from_s: f64, to_s: Option<f64>) -> Outage {
        let (deafness_p50_ms, deafness_max_ms) = (1_000.0, 2_000.0);
        Outage { from_s, to_s, users: 3, deafness_p50_ms, deafness_max_ms, messages_unsent: 0 }
    }

    #[test]
    fn the_picture_is_the_run_from_left_to_right() {
        let picture = |from, to| picture_of(&outage(from, to), 10.0, 10);
        assert_eq!(picture(2.0, Some(4.0)), "··██······");
        assert_eq!(picture(8.5, None), "········██");
        assert_eq!(picture(5.01, Some(5.02)), "·····█····", "however short");
        assert_eq!(picture(10.0, None), "·········█");
        assert_eq!(picture(0.0, Some(11.0)), "██████████");
        assert_eq!(picture_of(&outage(0.0, None), 0.0, 10), "██████████");
    }

    #[test]
    fn the_longest_have_a_line_and_stay_in_order() {
        let outages: Vec<Outage> = (0..30_u32)
            .map(|at| outage(at.into(), Some(f64::from(at) + if at % 3 == 1 { 0.9 } else { 0.1 })))
            .collect();
        let told: Vec<f64> = most_telling(&outages).iter().map(|outage| outage.from_s).collect();
        assert_eq!(told, [1.0, 4.0, 7.0, 10.0, 13.0, 16.0, 19.0, 22.0, 25.0, 28.0]);
        assert!(most_telling(&[outage(1.0, Some(9.0)), outage(9.5, None)]).len() == 2);
    }

    #[test]
    fn it_is_said_who_was_deaf_and_for_how_long() {
        let mut report = sample::report(&sample::passed());
        let mut told = |users, times, never_over, dropped| {
            report.deafness = Deafness {
                users,
                times,
                never_over,
                p50_ms: 2_100.0,
                max_ms: 3_400.0,
                max_user: (times > 0).then(|| "user-17".into()),
                dropped,
            };
            let (user, to_s) = ("user-4".into(), None);
            report.deaf_longest = vec![DeafSpell { user, from_s: 4.0, to_s }];
            how_deaf(&report)
        };
        let every = "every user was deaf for 2.10 s at the median, 3.40 s at most (user-17)";
        assert_eq!(told(20, 20, 0, 0), every);
        assert_eq!(told(1, 1, 0, 0), "user-17 was deaf for 3.40 s");
        assert_eq!(
            told(3, 7, 1, 0),
            "3 users were deaf, 7 times in all, for 2.10 s at the median, 3.40 s at most \
             (user-17); one never heard anything again (user-4, from 4.000 s on)"
        );
        assert_eq!(
            told(3, 3, 0, 2),
            "3 users were deaf for 2.10 s at the median, 3.40 s at most (user-17); 2 times more \
             could not be kept"
        );
        assert_eq!(told(0, 0, 0, 1), "1 time of deafness, too many to be kept");
    }
}
