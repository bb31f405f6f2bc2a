//! Server: what the load cost it, as far as it was looked at.

use super::figures::{count, counted};
use super::timeline::{WINDOWS_MAX, counts, over_time, series};
use crate::observe::{Moment, Observation, Sample, Summary};
use crate::page::{Markup, Tone, figure, html};
use crate::report::Report;
use crate::report::numbers::{bytes, cores, time};

/// Notices that are told.
const NOTICES_MAX: usize = 100;
const MEGABYTE: f64 = 1e6;

pub(super) fn section(report: &Report) -> Markup {
    let Some(server) = &report.server else { return html! {} };
    let told = server.notices.iter().take(NOTICES_MAX);
    let untold = server.notices.len().saturating_sub(NOTICES_MAX);
    html! {
        h2 { "The server itself" }
        p {
            "Looked at: "
            @for (at, node) in server.nodes.iter().enumerate() {
                @if at > 0 { ", " }
                (node.name)
            }
            "."
        }
        dl { (processor(&server.summary)) (memory(&server.summary)) (open(&server.summary)) }
        @if !server.notices.is_empty() {
            ul.doubts {
                @for notice in told { li { span.unsure { "? " } (notice.to_string()) } }
                @if untold > 0 { li { "… and " (untold) " more" } }
            }
        }
        (plots(report, server))
        @if server.samples_dropped > 0 {
            p.aside {
                (counted("server.samples_dropped", server.samples_dropped, ("sample", "samples")))
                " after these were too many to be kept."
            }
        }
    }
}

fn processor(of: &Summary) -> Markup {
    let path = |field: &str| format!("server.summary.{field}");
    html! {
        @if let Some(mean) = of.cpu_mean_cores {
            dt { "Processor" }
            dd {
                (figure(&path("cpu_mean_cores"), mean, cores(mean))) " on average"
                @if let Some(most) = of.cpu_max_cores {
                    ", " (figure(&path("cpu_max_cores"), most, cores(most)))
                    " in the busiest second"
                }
            }
        }
        @if let Some(each) = of.cpu_per_delivery_us {
            dt { "Each delivery" }
            dd {
                (figure(&path("cpu_per_delivery_us"), each, time(each / 1e3)))
                " of a processor"
            }
        }
    }
}

fn memory(of: &Summary) -> Markup {
    let told = [
        ("rss_before_bytes", of.rss_before_bytes, "before the users came"),
        ("rss_at_load_bytes", of.rss_at_load_bytes, "when the load began"),
        ("rss_max_bytes", of.rss_max_bytes, "at most"),
    ];
    let told = told.into_iter().filter_map(|(field, size, when)| Some((field, size?, when)));
    let told: Vec<_> = told.collect();
    html! {
        @if !told.is_empty() {
            dt { "Memory" }
            dd {
                @for (at, (field, size, when)) in told.iter().enumerate() {
                    @if at > 0 { ", " }
                    (figure(&format!("server.summary.{field}"), size, bytes(*size))) " " (when)
                }
            }
        }
        @if let Some(each) = of.bytes_per_user {
            dt { "Each user" }
            dd { (figure("server.summary.bytes_per_user", each, bytes(each.round() as u64))) }
        }
    }
}

fn open(of: &Summary) -> Markup {
    let most = of.sockets_max.map(|most| ("Sockets", "sockets_max", most));
    let most = most.or_else(|| of.open_fds_max.map(|most| ("Open files", "open_fds_max", most)));
    html! {
        @if let Some((what, field, most)) = most {
            dt { (what) }
            dd { (count(&format!("server.summary.{field}"), most)) " at most" }
        }
    }
}

fn plots(report: &Report, server: &Observation) -> Markup {
    let memory = |node: &Sample| node.rss_bytes.map(|bytes| bytes as f64 / MEGABYTE);
    let resident = server.samples.iter().map(|it| (it.at_s, total(it, memory)));
    let plot = |(title, unit): (&str, &str), label: &str, (points, note): (Points, String)| {
        if points.iter().all(|point| point.1.is_nan()) {
            return html! {};
        }
        let all = vec![series(label, Tone::First, points)];
        over_time(report, (title, &note), counts(unit, &all), all).to_markup()
    };
    let busy = windows(busy(&server.samples), "the mean", |all| {
        all.iter().sum::<f64>() / all.len() as f64
    });
    let resident =
        windows(resident.collect(), "the most", |all| all.iter().copied().fold(f64::NAN, f64::max));
    html! {
        div.plots {
            (plot(("Processor", "cores in use"), "cores", busy))
            (plot(("Memory", "resident, in MB"), "MB", resident))
        }
    }
}

type Points = Vec<(f64, f64)>;

/// As many moments as can be drawn, each with one number of several where there are more, and
/// what that is. Where nothing was seen, there is none, so that the line is broken.
fn windows(
    seen: Vec<(f64, Option<f64>)>,
    which: &str,
    one_of: fn(&[f64]) -> f64,
) -> (Points, String) {
    let every = seen.len().div_ceil(WINDOWS_MAX).max(1);
    let point = |window: &[(f64, Option<f64>)]| {
        let numbers: Vec<f64> = window.iter().filter_map(|it| it.1).collect();
        let number = if numbers.is_empty() { f64::NAN } else { one_of(&numbers) };
        (window[window.len() - 1].0, number)
    };
    let note = match every {
        1 => "Of all that was looked at together.".into(),
        many => format!("Of all that was looked at together, {which} of {many} samples each."),
    };
    (seen.chunks(every).map(point).collect(), note)
}

/// How many cores were in use up to each moment since the one before, if that is known of all
/// nodes.
fn busy(moments: &[Moment]) -> Vec<(f64, Option<f64>)> {
    let mut all = Vec::new();
    let Some(mut from) = moments.first() else { return all };
    for to in &moments[1..] {
        // In less, the ticks of the clock are too coarse.
        if to.at_s - from.at_s > 0.5 {
            let cores = (0..to.nodes.len()).map(|node| in_use(node, from, to));
            all.push((to.at_s, cores.sum()));
            from = to;
        }
    }
    all
}

fn in_use(node: usize, from: &Moment, to: &Moment) -> Option<f64> {
    let ((from_s, had), (to_s, has)) = (from.seen(node)?, to.seen(node)?);
    let (spent, length_s) = (has.cpu_s? - had.cpu_s?, to_s - from_s);
    let is_known = had.life == has.life && spent >= 0.0 && length_s > 0.0;
    is_known.then(|| spent / length_s)
}

fn total(moment: &Moment, of: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
    moment.nodes.iter().map(|node| of(node.as_ref()?)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(at_s: f64, cpu_s: Option<f64>) -> Moment {
        Moment { at_s, nodes: vec![cpu_s.map(|_| Sample { cpu_s, ..Sample::default() })] }
    }

    #[test]
    fn what_was_not_seen_is_a_hole_and_a_look_between_two_seconds_is_none() {
        let seen = [Some(0.0), Some(1.0), None, Some(3.0), Some(5.0)];
        let mut moments: Vec<_> =
            seen.iter().enumerate().map(|(at, cpu_s)| moment(at as f64, *cpu_s)).collect();
        let wanted = vec![(1.0, Some(1.0)), (2.0, None), (3.0, None), (4.0, Some(2.0))];
        assert_eq!(busy(&moments), wanted);
        moments.insert(1, moment(0.1, Some(0.9)));
        assert_eq!(busy(&moments), wanted);
        let (points, _) = windows(wanted, "", |all| all[0]);
        assert!(points[1].1.is_nan() && points[3] == (4.0, 2.0), "{points:?}");
        assert_eq!(busy(&[]), []);
    }

    #[test]
    fn many_samples_are_few_moments_of_which_none_is_left_out() {
        let seen: Vec<_> = (0..100_000).map(|at| (f64::from(at), Some(f64::from(at)))).collect();
        let (points, note) =
            windows(seen, "the most", |all| all.iter().copied().fold(0.0, f64::max));
        assert!(points.len() <= WINDOWS_MAX, "{}", points.len());
        assert!(points.iter().all(|point| point.0 == point.1), "each has its last");
        assert_eq!(points.last(), Some(&(99_999.0, 99_999.0)));
        assert!(note.ends_with("the most of 417 samples each."), "{note}");
    }
}
