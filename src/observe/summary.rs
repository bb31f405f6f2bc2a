//! Summary: what a load cost a server, from samples of it; pure.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::observation::{Notice, Unsaid};
use super::sample::{Moment, Sample};

/// The load that a server was observed under.
#[derive(Clone, Copy, Debug)]
pub struct Load<'a> {
    /// When it began and ended, in seconds since the run did; nothing if it never began.
    pub span_s: Option<(f64, f64)>,
    /// Users who were connected when it began.
    pub users: u64,
    /// When each interval of the run ended, in seconds since the run began, and the deliveries in
    /// it; in order.
    pub deliveries: &'a [(f64, u64)],
    /// Whether the same server was loaded before.
    pub served_before: bool,
}

/// What a load cost, all nodes of the server together. A figure that is absent cannot be said;
/// why not is among the notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Summary {
    /// Users who were connected when the load began.
    pub users: u64,
    /// Processor time that was used from the beginning of the load to its end, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<f64>,
    /// Cores that were in use while the load lasted, on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_mean_cores: Option<f64>,
    /// Cores that were in use in the busiest second of the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_max_cores: Option<f64>,
    /// Deliveries in the time of `cpu_s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliveries: Option<f64>,
    /// Processor time for each delivery, in microseconds: `cpu_s` by `deliveries`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_per_delivery_us: Option<f64>,
    /// Resident memory before the first user came, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_before_bytes: Option<u64>,
    /// Resident memory when all users were there and the load began, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_at_load_bytes: Option<u64>,
    /// The most resident memory while the load lasted, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_max_bytes: Option<u64>,
    /// Memory for each user who is connected, in bytes: what `rss_at_load_bytes` has beyond
    /// `rss_before_bytes`, by `users`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_user: Option<f64>,
    /// Open sockets before the first user came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sockets_before: Option<u64>,
    /// The most open sockets while the load lasted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sockets_max: Option<u64>,
    /// The most open file descriptors while the load lasted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_fds_max: Option<u64>,
    /// The most threads while the load lasted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads_max: Option<u64>,
}

/// Figures of a summary that may be impossible to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// All that is of processor time.
    Cpu,
    /// `cpu_per_delivery_us`, and what it is made of.
    CpuPerDelivery,
    /// All that is of memory.
    Memory,
    /// `bytes_per_user`.
    BytesPerUser,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Figure::Cpu => "processor time",
            Figure::CpuPerDelivery => "processor time for each delivery",
            Figure::Memory => "memory under load",
            Figure::BytesPerUser => "memory for each user",
        })
    }
}

/// A sample that is to be one of the load's beginning or end may be so far away from it.
const AWAY_S_MAX: f64 = 2.5;
/// That sample is taken some milliseconds before or after the moment itself.
const AROUND_S: f64 = 0.1;
/// In less, the kernel's hundredths of a second show too much.
const SECOND_S_MIN: f64 = 0.5;
/// A longer time without a sample is no second.
const SECOND_S_MAX: f64 = 2.0;
/// What took longer to be seen was so at too uncertain a time to be divided by a second.
const ANSWER_S_MAX: f64 = 0.1;
/// What was not seen for longer than this share of the load has no mean.
const COVERED_MIN: f64 = 0.5;
/// With less, what is divided are hundredths of a second.
const CPU_S_MIN: f64 = 0.1;
/// With fewer, what a process needs anyway would count as theirs.
const USERS_MIN: u64 = 100;
/// Whoever has worked for longer than this has done more than begin.
const CPU_BEFORE_S_MAX: f64 = 3.0;
/// Sockets that a server has open without users: listeners, databases, an adapter.
const SOCKETS_BEFORE: u64 = 20;

impl Summary {
    /// What `samples` show of `load`, and what they do not.
    pub(super) fn new(samples: &[Moment], load: &Load<'_>) -> (Summary, Vec<Notice>) {
        let mut draft = Draft { summary: Summary::default(), notices: Vec::new() };
        draft.summary.users = load.users;
        let before = samples.first();
        draft.before(before, load);
        match window(samples, load) {
            Ok(window) => {
                draft.cpu(window);
                draft.per_delivery(window, load);
                draft.during(window);
                draft.per_user(load, lives(before) == lives(window.first()));
            }
            Err(why) => {
                draft.unsaid(Figure::Cpu, why);
                draft.unsaid(Figure::Memory, why);
            }
        }
        (draft.summary, draft.notices)
    }
}

/// The samples from the beginning of the load to its end.
fn window<'m>(samples: &'m [Moment], load: &Load<'_>) -> Result<&'m [Moment], &'static str> {
    let (from, to) = load.span_s.ok_or("the load never began")?;
    let near = |at: usize, moment: f64| {
        samples.get(at).is_some_and(|it| (it.at_s - moment).abs() <= AWAY_S_MAX)
    };
    let begun = samples.partition_point(|it| it.at_s <= from + AROUND_S);
    let first = begun.checked_sub(1).ok_or("there is no sample of when the load began")?;
    let last = samples.partition_point(|it| it.at_s < to - AROUND_S);
    if !near(first, from) {
        return Err("there is no sample of when the load began");
    }
    if !near(last, to) || last <= first {
        return Err("there is no sample of when the load ended");
    }
    Ok(&samples[first..=last])
}

struct Draft {
    summary: Summary,
    notices: Vec<Notice>,
}

impl Draft {
    fn unsaid(&mut self, figure: Figure, why: impl Into<String>) {
        self.notices.push(Notice::Unsaid(Unsaid { figure, why: why.into() }));
    }

    /// What there was before the first user came, and by what it was not fresh.
    fn before(&mut self, before: Option<&Moment>, load: &Load<'_>) {
        let Some(before) = before else { return };
        self.summary.rss_before_bytes = total(before, |it| it.rss_bytes);
        self.summary.sockets_before = total(before, |it| it.sockets);
        let worked = before.nodes.iter().flatten().filter_map(|it| it.cpu_s).fold(0.0, f64::max);
        let sockets = self.summary.sockets_before.unwrap_or_default();
        let why = if load.served_before {
            "it was loaded before, and may keep memory of that".into()
        } else if sockets > SOCKETS_BEFORE + load.users / 20 {
            format!("it had {sockets} sockets open before the first user came")
        } else if worked > CPU_BEFORE_S_MAX {
            format!("it had used {worked:.1} s of processor time before")
        } else {
            return;
        };
        self.notices.push(Notice::NotFresh { why });
    }

    fn cpu(&mut self, window: &[Moment]) {
        let span_s = length(window);
        let nodes = window.first().map_or(0, |it| it.nodes.len());
        let spent: Vec<Spent> = (0..nodes).map(|node| Spent::of(window, node)).collect();
        if spent.iter().any(|it| it.covered_s < COVERED_MIN * span_s || it.covered_s == 0.0) {
            return self.unsaid(Figure::Cpu, "its processor time was seen too seldom");
        }
        let cores = spent.iter().map(|it| it.cpu_s / it.covered_s).sum();
        self.summary.cpu_mean_cores = Some(rounded(cores));
        self.summary.cpu_max_cores = busiest(window).map(rounded);
        if spent.iter().all(|it| it.is_whole) {
            self.summary.cpu_s = Some(rounded(spent.iter().map(|it| it.cpu_s).sum()));
        }
    }

    fn per_delivery(&mut self, window: &[Moment], load: &Load<'_>) {
        const FIGURE: Figure = Figure::CpuPerDelivery;
        if self.summary.cpu_mean_cores.is_none() {
            return;
        }
        let Some(cpu_s) = self.summary.cpu_s else {
            return self.unsaid(FIGURE, "a node was not seen from the beginning to the end");
        };
        let (from, to) = (window[0].at_s, window[window.len() - 1].at_s);
        let span_s = load.span_s.unwrap_or_default();
        let deliveries = deliveries_between(load.deliveries, span_s, (from, to));
        self.summary.deliveries = Some(deliveries.round());
        if deliveries < 1.0 {
            return self.unsaid(FIGURE, "nothing was delivered");
        }
        if cpu_s < CPU_S_MIN {
            let why = format!("{cpu_s:.2} s of processor time are too little to be divided");
            return self.unsaid(FIGURE, why);
        }
        self.summary.cpu_per_delivery_us = Some(rounded(cpu_s / deliveries * 1e6));
    }

    fn during(&mut self, window: &[Moment]) {
        let most = |of: fn(&Sample) -> Option<u64>| {
            window.iter().filter_map(|moment| total(moment, of)).max()
        };
        self.summary.rss_at_load_bytes = total(&window[0], |it| it.rss_bytes);
        self.summary.rss_max_bytes = most(|it| it.rss_bytes);
        self.summary.sockets_max = most(|it| it.sockets);
        self.summary.open_fds_max = most(|it| it.open_fds);
        self.summary.threads_max = most(|it| it.threads);
        if self.summary.rss_max_bytes.is_none() {
            self.unsaid(Figure::Memory, "no sample has the memory of all nodes");
        }
    }

    fn per_user(&mut self, load: &Load<'_>, same_processes: bool) {
        const FIGURE: Figure = Figure::BytesPerUser;
        let Summary { rss_before_bytes: before, rss_at_load_bytes: after, .. } = self.summary;
        let (Some(before), Some(after)) = (before, after) else {
            return self.unsaid(FIGURE, "memory was not seen before the users and with them");
        };
        if !same_processes {
            return self.unsaid(FIGURE, "a node was restarted while the users came");
        }
        if load.users < USERS_MIN {
            let why = format!(
                "with fewer than {USERS_MIN} users, what a process needs anyway \
                               would count as theirs"
            );
            return self.unsaid(FIGURE, why);
        }
        if after <= before {
            return self.unsaid(FIGURE, "memory did not grow while the users came");
        }
        let each = (after - before) as f64 / load.users as f64;
        self.summary.bytes_per_user = Some(each.round());
    }
}

/// What one node has spent, as far as that was seen.
struct Spent {
    cpu_s: f64,
    /// How long it was seen, in seconds.
    covered_s: f64,
    /// Whether it was one process from the first sample to the last.
    is_whole: bool,
}

impl Spent {
    fn of(window: &[Moment], node: usize) -> Spent {
        let seen = window.iter().filter_map(|moment| Some((moment.at_s, moment.seen(node)?)));
        let seen = seen.filter_map(|(of_all, (at, it))| Some((of_all, (at, it.life, it.cpu_s?))));
        let (moments, seen): (Vec<f64>, Vec<(f64, u32, f64)>) = seen.unzip();
        let mut spent = Spent { cpu_s: 0.0, covered_s: 0.0, is_whole: false };
        let mut lives = 1;
        for pair in seen.windows(2) {
            let [(from, life, had), (to, next, has)] = [pair[0], pair[1]];
            if life != next || has < had {
                lives += 1;
                continue;
            }
            spent.cpu_s += has - had;
            spent.covered_s += to - from;
        }
        let ends = [window.first(), window.last()].map(|it| it.map(|it| it.at_s));
        let seen_at = [moments.first(), moments.last()].map(|it| it.copied());
        spent.is_whole = lives == 1 && ends == seen_at;
        spent
    }
}

/// The most cores that all nodes together had in use in a second.
fn busiest(window: &[Moment]) -> Option<f64> {
    let mut most: Option<f64> = None;
    let mut since = window.first()?;
    for moment in &window[1..] {
        let length_s = moment.at_s - since.at_s;
        if length_s < SECOND_S_MIN {
            continue;
        }
        let cores = (0..moment.nodes.len()).map(|node| cores(node, since, moment));
        if let Some(cores) = cores.sum::<Option<f64>>() {
            most = Some(most.unwrap_or_default().max(cores));
        }
        since = moment;
    }
    most
}

/// How many cores a node had in use from one moment to another, if it is known when these were.
fn cores(node: usize, since: &Moment, moment: &Moment) -> Option<f64> {
    let ((from, had), (to, has)) = (since.seen(node)?, moment.seen(node)?);
    let is_dated = |it: &Sample| it.took_s.is_none_or(|took_s| took_s <= ANSWER_S_MAX);
    let (spent, length_s) = (has.cpu_s? - had.cpu_s?, to - from);
    let is_known = had.life == has.life && spent >= 0.0 && is_dated(had) && is_dated(has);
    let is_second = (SECOND_S_MIN..=SECOND_S_MAX).contains(&length_s);
    (is_known && is_second).then(|| spent / length_s)
}

/// Deliveries from one moment to another, of a load that had this span: those of an interval are
/// taken to have come evenly while the load lasted.
fn deliveries_between(intervals: &[(f64, u64)], span: (f64, f64), (from, to): (f64, f64)) -> f64 {
    let began = std::iter::once(0.0).chain(intervals.iter().map(|(ended, _)| *ended));
    let within = intervals.iter().zip(began).map(|((ended, count), began)| {
        let (began, ended) = (began.max(span.0), ended.min(span.1));
        let part = (ended.min(to) - began.max(from)).max(0.0);
        if ended > began { *count as f64 * part / (ended - began) } else { 0.0 }
    });
    within.sum()
}

/// What all nodes have together; nothing if one of them was not seen.
fn total(moment: &Moment, of: impl Fn(&Sample) -> Option<u64>) -> Option<u64> {
    let each = moment.nodes.iter().map(|node| of(node.as_ref()?));
    each.sum::<Option<u64>>().filter(|_| !moment.nodes.is_empty())
}

fn lives(moment: Option<&Moment>) -> Option<Vec<u32>> {
    moment?.nodes.iter().map(|node| Some(node.as_ref()?.life)).collect()
}

fn length(window: &[Moment]) -> f64 {
    let ends = window.first().zip(window.last());
    ends.map_or(0.0, |(first, last)| last.at_s - first.at_s)
}

/// To the thousandth, as the clock ticks are no finer.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests;
