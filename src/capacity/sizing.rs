//! Sizing: what so many users take, from what the steps of a search showed; pure.
//!
//! Rooms stay as large and everybody says as much, so deliveries grow with users. From this
//! follows, with `headroom` h on what is bought, for N users:
//!
//! - nodes: N · (1 + h) / users per node, the load that held, upwards;
//! - cores: N · (1 + h) · deliveries per user and second · processor time per delivery;
//! - memory: (1 + h) · (nodes · memory of a node without users + N · memory per user).
//!
//! Memory is a line through steps that held, and that had more users than all steps before them:
//! a process that once had more may keep what it freed, and so say nothing of fewer.

mod line;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::search::{Answer, Conclusion, StepVerdict};
use super::study::{Measured, StepReport, Study};
use crate::observe::Notice;
use crate::scenario::{Capacity, Vary};
use line::Line;

/// What so many users take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Sizing {
    /// What is bought beyond what is needed, as a part of that: 0.3 is 30 %.
    pub headroom: f64,
    /// What the sizes follow from.
    pub figures: Vec<SizingFigure>,
    /// Which columns cannot be said, and why.
    pub unsaid: Vec<UnsaidColumn>,
    /// Numbers of users, and what they take.
    pub rows: Vec<SizingRow>,
    /// Through what the line of memory goes.
    pub memory_points: Vec<MemoryPoint>,
    /// What is not in these figures.
    pub caveat: String,
}

/// What so many users take, headroom included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SizingRow {
    /// Users.
    pub users: u64,
    /// Deliveries per second, without headroom; absent if no step held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliveries_per_s: Option<f64>,
    /// Nodes of the kind that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u64>,
    /// Cores that all of them need together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<f64>,
    /// Memory that all of them need together, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

/// A number that sizes follow from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SizingFigure {
    /// Which.
    pub what: SizingInput,
    /// How much it is.
    pub value: f64,
    /// Where it comes from: which steps, and how.
    pub how: String,
}

/// What sizes follow from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SizingInput {
    /// Users that a node holds, without headroom.
    UsersPerNode,
    /// Deliveries per second for each user.
    DeliveriesPerUserS,
    /// Processor time for each delivery, in microseconds.
    CpuPerDeliveryUs,
    /// Memory of a node without users, in bytes.
    BytesPerNode,
    /// Memory for each user, in bytes.
    BytesPerUser,
}

/// What a size consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SizingColumn {
    /// Nodes.
    Nodes,
    /// Cores.
    Cores,
    /// Memory.
    Memory,
}

/// A column that cannot be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UnsaidColumn {
    /// Which.
    pub column: SizingColumn,
    /// Why not.
    pub why: String,
}

/// Memory at a number of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MemoryPoint {
    /// The step that it was seen in, from 1; that without users was seen before it.
    pub step: u64,
    /// Users.
    pub users: u64,
    /// The most resident memory of all nodes, in bytes.
    pub rss_bytes: u64,
}

/// What is bought in these numbers.
const USERS: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Where processor time per delivery differs by more than this factor, it grows or shrinks with
/// the load, and nobody knows what it is at another.
const CPU_FACTOR_MAX: f64 = 1.5;
/// Steps of so much of the load that holds are compared; what is there at any load, such as
/// heartbeats, weighs more the less is said.
const CPU_LOAD_SHARE_MIN: f64 = 0.5;
const CAVEAT: &str = "Several nodes need an adapter, such as Redis, that carries each message \
    from one to the others: what it costs, on these nodes and beside them, is not in these figures.";
const UNOBSERVED: &str = "the server was not observed: name its process or its exposition with \
    `observe`, and search again";

/// What `study`, whose search has ended, says of sizes, as `of` wants them.
pub(super) fn size(study: &Study, of: &Capacity) -> Option<Sizing> {
    let answer = study.answer.as_ref()?;
    let mut draft = Draft::new(study, of);
    if study.vary != Vary::Users {
        let why = "sizes are for users, and this search varied something else: search with \
                   `capacity.vary: users`";
        let all = [SizingColumn::Nodes, SizingColumn::Cores, SizingColumn::Memory];
        all.into_iter().for_each(|column| draft.unsaid(column, why));
        return Some(draft.sizing);
    }
    let factor = 1.0 + of.headroom;
    let per_node = draft.users_per_node(answer);
    let deliveries = draft.deliveries_per_user();
    let cpu_us = draft.cpu_per_delivery(deliveries.is_some());
    let memory = draft.memory(per_node.is_some());
    let held = answer.holds.as_ref().map(|shown| shown.load);
    let mut users: Vec<u64> =
        held.into_iter().chain(USERS).chain(of.size_for.iter().copied()).collect();
    users.sort_unstable();
    users.dedup();
    let row = |users: u64| {
        let load = users as f64 * factor;
        let nodes = per_node.map(|each| (load / each).ceil().max(1.0));
        let deliveries_per_s = deliveries.map(|each| each * users as f64);
        let cores = deliveries.zip(cpu_us).map(|(each, us)| rounded(load * each * us / 1e6));
        let memory_bytes = nodes
            .zip(memory)
            .map(|(nodes, (node, user))| (nodes * node * factor + load * user).round() as u64);
        let nodes = nodes.map(|nodes| nodes as u64);
        let deliveries_per_s = deliveries_per_s.map(rounded);
        SizingRow { users, deliveries_per_s, nodes, cores, memory_bytes }
    };
    draft.sizing.rows = users.into_iter().map(row).collect();
    Some(draft.sizing)
}

struct Draft<'s> {
    steps: &'s [StepReport],
    /// The largest load that held, whether or not that was confirmed.
    held: Option<u64>,
    /// Nodes that together were measured: each target is one, and so is each process.
    nodes: u64,
    /// Of how many of them it was seen what the load cost them.
    observed: u64,
    sizing: Sizing,
}

impl<'s> Draft<'s> {
    fn new(study: &'s Study, of: &Capacity) -> Draft<'s> {
        let steps = &study.steps;
        let holds = study.answer.as_ref().and_then(|answer| answer.holds.as_ref());
        let observed =
            steps.iter().filter_map(|step| Some(step.measured.as_ref()?.server.as_ref()?.nodes));
        let observed = observed.max().unwrap_or(0);
        // Users connect to all targets, whether or not anybody looks at what is behind them.
        let nodes = observed.max(study.targets.len() as u64).max(1);
        let sizing = Sizing {
            headroom: of.headroom,
            figures: Vec::new(),
            unsaid: Vec::new(),
            rows: Vec::new(),
            memory_points: Vec::new(),
            caveat: CAVEAT.into(),
        };
        Draft { steps, held: holds.map(|shown| shown.load), nodes, observed, sizing }
    }

    fn figure(&mut self, what: SizingInput, value: f64, how: String) -> f64 {
        self.sizing.figures.push(SizingFigure { what, value: rounded(value), how });
        value
    }

    fn unsaid(&mut self, column: SizingColumn, why: impl Into<String>) {
        self.sizing.unsaid.push(UnsaidColumn { column, why: why.into() });
    }

    /// Steps that held, with their numbers.
    fn held(&self) -> impl Iterator<Item = (u64, u64, &'s Measured)> + use<'s> {
        (1..).zip(self.steps).filter_map(|(number, step)| {
            let held = step.step.result.verdict == StepVerdict::Holds;
            Some((number, step.step.result.load, step.measured.as_ref().filter(|_| held)?))
        })
    }

    fn users_per_node(&mut self, answer: &Answer) -> Option<f64> {
        let (nodes, held) = (self.nodes, self.held);
        let (held, more) = match (&answer.conclusion, held) {
            (Conclusion::Found, Some(held)) => (held, ""),
            (Conclusion::AtLeast, Some(held)) => {
                (held, "; a node may hold more, for it was the most that was to be tried")
            }
            (Conclusion::Unknown { .. }, _) => {
                self.unsaid(SizingColumn::Nodes, "it is not known how many users a node holds");
                return None;
            }
            _ => {
                self.unsaid(SizingColumn::Nodes, "the server held no load at all");
                return None;
            }
        };
        let by = if nodes > 1 { format!(", by its {nodes} nodes") } else { String::new() };
        let how = format!("the largest load that held, {held} users{by}{more}");
        Some(self.figure(SizingInput::UsersPerNode, held as f64 / nodes as f64, how))
    }

    fn deliveries_per_user(&mut self) -> Option<f64> {
        let best = self.held?;
        let at_best = self.held().filter(|(_, load, _)| *load == best);
        let (numbers, each): (Vec<_>, Vec<_>) =
            at_best.map(|(number, load, it)| (number, it.deliveries_per_s / load as f64)).unzip();
        let how = format!("the median of {} at {best} users", steps(&numbers));
        Some(self.figure(SizingInput::DeliveriesPerUserS, median(each)?, how))
    }

    fn cpu_per_delivery(&mut self, load_is_known: bool) -> Option<f64> {
        const COLUMN: SizingColumn = SizingColumn::Cores;
        let Some(best) = self.held.filter(|_| load_is_known) else {
            self.unsaid(
                COLUMN,
                "no step held, and what a server costs that fails is another matter",
            );
            return None;
        };
        let least = best as f64 * CPU_LOAD_SHARE_MIN;
        let seen = self.held().filter(|(_, load, _)| *load as f64 >= least && *load <= best);
        let seen = seen.filter_map(|(number, load, it)| {
            Some((number, load, it.server.as_ref()?.summary.cpu_per_delivery_us?))
        });
        let seen: Vec<(u64, u64, f64)> = seen.collect();
        let (low, high) = seen.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), (_, _, us)| {
            (low.min(*us), high.max(*us))
        });
        if let Some(why) = self.unseen_nodes() {
            self.unsaid(COLUMN, why);
            return None;
        }
        let at_best = seen.into_iter().filter(|(_, load, _)| *load == best);
        let (numbers, each): (Vec<_>, Vec<_>) = at_best.map(|(number, _, us)| (number, us)).unzip();
        let Some(us) = median(each) else {
            let why = self.why_no_cpu(best);
            self.unsaid(COLUMN, why);
            return None;
        };
        if high > low * CPU_FACTOR_MAX {
            let why = format!(
                "processor time per delivery is not steady: {low:.1} to {high:.1} µs in the steps \
                 that held from {} users on",
                least.ceil()
            );
            self.unsaid(COLUMN, why);
            return None;
        }
        let how = format!("the median of {} at {best} users", steps(&numbers));
        Some(self.figure(SizingInput::CpuPerDeliveryUs, us, how))
    }

    fn why_no_cpu(&self, best: u64) -> String {
        let at_best = self.held().filter(|(_, load, _)| *load == best);
        let servers: Vec<_> = at_best.filter_map(|(_, _, it)| it.server.as_ref()).collect();
        let unsaid = servers.iter().flat_map(|server| &server.notices).find_map(|it| match it {
            Notice::Unsaid(unsaid) => Some(unsaid.why.clone()),
            _ => None,
        });
        match (servers.is_empty(), unsaid) {
            (true, _) => UNOBSERVED.into(),
            (false, Some(why)) => format!("processor time at {best} users is not known: {why}"),
            (false, None) => format!("processor time at {best} users is not known"),
        }
    }

    /// Why what was observed is not what the load cost, if it was observed of some nodes only. What
    /// the others do is not known: they need not be alike.
    fn unseen_nodes(&self) -> Option<String> {
        let Draft { nodes, observed, .. } = *self;
        (0 < observed && observed < nodes).then(|| {
            format!(
                "`observe` names {observed} of {nodes} nodes, and what the load cost the others is \
                 not known: name each of them, and search again"
            )
        })
    }

    /// Why the memory of the first users does not show, if the server had served others before.
    fn not_fresh(&self) -> Option<String> {
        let first = self.steps.first()?.measured.as_ref()?.server.as_ref()?;
        first.notices.iter().find_map(|notice| match notice {
            Notice::NotFresh { why } => Some(format!(
                "the server was not fresh at the first step, and what it keeps of what it did \
                 before hides what users take: {why}; restart it, and search again"
            )),
            _ => None,
        })
    }

    /// Memory of a node without users, and for each user.
    fn memory(&mut self, nodes_are_known: bool) -> Option<(f64, f64)> {
        const COLUMN: SizingColumn = SizingColumn::Memory;
        let points = self.memory_points();
        self.sizing.memory_points.clone_from(&points);
        let observed = self.held().any(|(_, _, it)| it.server.is_some());
        let with_users = points.iter().filter(|point| point.users > 0).count();
        let hidden = self.unseen_nodes().or_else(|| self.not_fresh());
        let why = match (hidden, Line::through(&points)) {
            _ if !observed && self.held.is_some() => UNOBSERVED.to_owned(),
            (Some(why), _) => why,
            _ if with_users < 2 => {
                "fewer than two steps held that had more users than all before them: begin at \
                 fewer with `capacity.from`"
                    .into()
            }
            (None, Some(line)) if line.slope > 0.0 && nodes_are_known => {
                let [from, to] = [points[0], points[points.len() - 1]].map(|it| it.step);
                let how = format!(
                    "least squares through {} samples of steps {from} to {to}, each the most \
                     resident memory of more users than ever before",
                    points.len()
                );
                let node = line.intercept.max(0.0) / self.nodes as f64;
                let node = self.figure(SizingInput::BytesPerNode, node, how.clone());
                return Some((node, self.figure(SizingInput::BytesPerUser, line.slope, how)));
            }
            (None, Some(line)) if line.slope > 0.0 => {
                "it is not known how many nodes there are".into()
            }
            _ => "memory did not grow with users".into(),
        };
        self.unsaid(COLUMN, why);
        None
    }

    fn memory_points(&self) -> Vec<MemoryPoint> {
        let mut points = Vec::new();
        let mut most = 0;
        for (step, report) in (1..).zip(self.steps) {
            let users = report.step.result.load;
            let record = users > most;
            most = most.max(users);
            let Some(server) = report.measured.as_ref().and_then(|it| it.server.as_ref()) else {
                continue;
            };
            let fresh = !server.notices.iter().any(|it| matches!(it, Notice::NotFresh { .. }));
            if let Some(rss_bytes) = server.summary.rss_before_bytes
                && step == 1
                && fresh
            {
                points.push(MemoryPoint { step, users: 0, rss_bytes });
            }
            if let Some(rss_bytes) = server.summary.rss_max_bytes
                && record
                && report.step.result.verdict == StepVerdict::Holds
            {
                points.push(MemoryPoint { step, users, rss_bytes });
            }
        }
        points
    }
}

fn steps(numbers: &[u64]) -> String {
    let told: Vec<String> = numbers.iter().map(u64::to_string).collect();
    format!("{} {}", if told.len() == 1 { "step" } else { "steps" }, told.join(", "))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len().checked_sub(1)? / 2;
    Some(f64::midpoint(values[middle], values[values.len() / 2]))
}

fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}
