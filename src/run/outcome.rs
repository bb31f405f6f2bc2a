//! Outcome: what a run showed, and what it could not show.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::book::ViolationBook;
use super::judgement::{Ending, Findings};
use super::outage::{self, Outage};
use super::record::{Missing, Over};
use super::thresholds::{self, ThresholdOutcome, ThresholdResult};
use crate::chat::RunTag;
use crate::load::Brief;
use crate::metrics::{Quantile, Recorder, Timeline};
use crate::oracle::{Tally, Verdict, ViolationKind};
use crate::scenario::OrderPolicy;
use crate::time::Timestamp;

/// Why something cannot be said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Doubt {
    /// The generator could not keep its schedule, so latencies speak of it, not of the server.
    GeneratorSaturated {
        /// The shard that was latest.
        shard: usize,
        /// Its 99th percentile of send delay, in milliseconds.
        send_delay_p99_ms: f64,
        /// What was allowed, in milliseconds.
        limit_ms: f64,
        /// The share of its core that this shard used while the load lasted, from 0 to 1.
        busy: f64,
    },
    /// Too few samples for what a threshold speaks of.
    TooFewSamples {
        /// The threshold, as `metric percentile`.
        threshold: String,
        /// The samples there are.
        samples: u64,
        /// The samples it needs.
        needed: u64,
    },
    /// More messages were in flight than accounts are kept of.
    Overflow {
        /// Messages that went unjudged.
        messages: u64,
    },
    /// Messages were due that no connection could take.
    Unsent {
        /// How many.
        messages: u64,
    },
    /// The generator was so late that it gave up what was still due.
    GivenUp {
        /// How many messages.
        messages: u64,
    },
    /// Part of the crowd was never there, so nothing was shown to it.
    Absent {
        /// Memberships that had not come about when the load began.
        memberships: usize,
    },
    /// The run was interrupted.
    Interrupted,
    /// No delivery had to happen, so none was shown to.
    NothingJudged,
    /// So few of the deliveries had to happen that little was shown.
    TooLittleJudged {
        /// The share of deliveries that had to happen, from 0 to 1.
        must_share: f64,
        /// The least that is asked for, from 0 to 1.
        limit: f64,
    },
    /// The record of the run that is judged ends before the run did.
    RecordEnds {
        /// Up to when all of it is there, in seconds since the run began.
        at_s: f64,
        /// Why the rest is missing.
        why: Missing,
    },
}

/// How one thread of the generator fared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ShardHealth {
    /// The share of a core it used while the load lasted, from 0 to 1.
    pub busy: f64,
    /// The 99th percentile of its send delay, in milliseconds.
    pub send_delay_p99_ms: f64,
}

/// All that a run showed.
#[derive(Debug)]
pub struct RunOutcome {
    /// The worst of all that follows.
    pub verdict: Verdict,
    /// What cannot be said, and why.
    pub doubts: Vec<Doubt>,
    /// Thresholds and what was measured against them.
    pub thresholds: Vec<ThresholdResult>,
    /// Broken promises.
    pub violations: ViolationBook,
    /// How much was judged.
    pub tally: Tally,
    /// Everything measured.
    pub recorder: Recorder,
    /// Second by second.
    pub timeline: Timeline,
    /// When somebody was deaf, in order.
    pub outages: Vec<Outage>,
    /// Times of deafness that were too many to be kept.
    pub spells_dropped: u64,
    /// The generator's own health, shard by shard.
    pub shards: Vec<ShardHealth>,
    /// Why connections failed or were lost, and how often.
    pub reasons: BTreeMap<Box<str>, u64>,
    /// The run's tag.
    pub tag: RunTag,
    /// When it began, in milliseconds since 1970.
    pub began_unix_ms: u64,
    /// From its beginning to the last goodbye.
    pub took: Duration,
    /// When the load began and ended, counted from the run's beginning; nothing if it never did.
    pub load: Option<(Duration, Duration)>,
}

/// What the conductor hands over when the last shard is done.
pub(super) struct Harvest {
    pub(super) recorder: Recorder,
    pub(super) timeline: Timeline,
    pub(super) findings: Vec<Findings>,
    pub(super) interrupted: bool,
    pub(super) took: Duration,
    pub(super) load: Option<(Duration, Duration)>,
    /// Up to when there is a record, where it ends too soon, and why.
    pub(super) missing: Option<(Timestamp, Missing)>,
}

impl Harvest {
    /// What was measured and what the shards found, of a run that is over.
    pub(super) fn new(
        (recorder, timeline): (Recorder, Timeline),
        findings: Vec<Findings>,
        over: &Over,
    ) -> Harvest {
        let since_zero = |at: Timestamp| at.since(Timestamp::ZERO);
        Harvest {
            recorder,
            timeline,
            findings,
            interrupted: over.interrupted,
            took: since_zero(over.at),
            load: over.load.map(|(from, to)| (since_zero(from), since_zero(to))),
            missing: None,
        }
    }
}

impl RunOutcome {
    pub(super) fn new(brief: &Brief, harvest: Harvest) -> RunOutcome {
        let limits = &brief.scenario.limits;
        let mut violations = ViolationBook::new(limits.violations_kept_max as usize);
        let mut tally = Tally::default();
        let mut shards = Vec::new();
        let mut reasons = BTreeMap::new();
        let (mut absent, mut given_up, mut spells_dropped) = (0_usize, 0_u64, 0);
        let mut outages = Vec::new();
        for findings in harvest.findings {
            outages.extend(findings.outages);
            spells_dropped += findings.spells_dropped;
            let Ending { performed, busy, .. } = findings.ending;
            // A record may say anything.
            absent = absent.saturating_add(performed.absent);
            given_up = given_up.saturating_add(performed.given_up);
            let send_delay_p99 = findings.send_delay.at(Quantile::Of(0.99));
            let send_delay_p99_ms = send_delay_p99.as_secs_f64() * 1e3;
            shards.push(ShardHealth { busy, send_delay_p99_ms });
            violations.add(findings.book);
            tally.add(&findings.tally);
            for (why, count) in findings.reasons {
                *reasons.entry(why).or_default() += count;
            }
        }
        let mut outcome = RunOutcome {
            verdict: Verdict::Pass,
            doubts: Vec::new(),
            thresholds: thresholds::check(&brief.scenario.thresholds, &harvest.recorder),
            violations,
            tally,
            recorder: harvest.recorder,
            timeline: harvest.timeline,
            outages: outage::merged(outages),
            spells_dropped,
            shards,
            reasons,
            tag: brief.tag,
            began_unix_ms: brief.began_unix_ms,
            took: harvest.took,
            load: harvest.load,
        };
        outcome.doubt(brief, harvest.interrupted, harvest.missing.is_some());
        outcome.doubt_if(given_up > 0, Doubt::GivenUp { messages: given_up });
        outcome.doubt_if(absent > 0, Doubt::Absent { memberships: absent });
        if let Some((at, why)) = harvest.missing {
            outcome.doubts.push(Doubt::RecordEnds { at_s: at.as_secs_f64(), why });
        }
        outcome.conclude(brief);
        outcome
    }

    /// Whether a broken promise of this kind costs the verdict.
    pub fn condemns(order: OrderPolicy, kind: ViolationKind) -> bool {
        kind != ViolationKind::Reordered || order == OrderPolicy::Fail
    }

    fn doubt(&mut self, brief: &Brief, interrupted: bool, cut: bool) {
        let limit_ms = brief.scenario.limits.send_delay_p99.as_secs_f64() * 1e3;
        let late = |shard: &ShardHealth| shard.send_delay_p99_ms;
        let latest =
            self.shards.iter().enumerate().max_by(|(_, a), (_, b)| late(a).total_cmp(&late(b)));
        if let Some((shard, health)) = latest
            && health.send_delay_p99_ms > limit_ms
        {
            let ShardHealth { busy, send_delay_p99_ms } = *health;
            let doubt = Doubt::GeneratorSaturated { shard, send_delay_p99_ms, limit_ms, busy };
            self.doubts.push(doubt);
            for threshold in &mut self.thresholds {
                if threshold.unit == "ms" {
                    threshold.outcome = ThresholdOutcome::Unknown;
                }
            }
        }
        for threshold in &self.thresholds {
            if threshold.samples < threshold.samples_needed {
                self.doubts.push(Doubt::TooFewSamples {
                    threshold: threshold.name.clone(),
                    samples: threshold.samples,
                    needed: threshold.samples_needed,
                });
            }
        }
        let unsent = self.recorder.counters().unsent;
        let (must_share, limit) = (self.tally.must_share(), brief.scenario.limits.must_share_min);
        // A run that does not come to its end leaves much open, whatever the scenario is like.
        let too_little = self.tally.must > 0 && must_share < limit && !interrupted && !cut;
        let outages = brief.scenario.load.outages.are_expected();
        let more = [
            (self.tally.unjudged > 0, Doubt::Overflow { messages: self.tally.unjudged }),
            (unsent > 0 && !outages, Doubt::Unsent { messages: unsent }),
            (interrupted, Doubt::Interrupted),
            (self.tally.must == 0, Doubt::NothingJudged),
            (too_little, Doubt::TooLittleJudged { must_share, limit }),
        ];
        for (is, doubt) in more {
            self.doubt_if(is, doubt);
        }
    }

    fn doubt_if(&mut self, is: bool, doubt: Doubt) {
        self.doubts.extend(is.then_some(doubt));
    }

    fn conclude(&mut self, brief: &Brief) {
        let broken = ViolationKind::ALL.into_iter().any(|kind| {
            self.violations.count(kind) > 0 && Self::condemns(brief.scenario.order, kind)
        });
        let missed = |result: &ThresholdResult| result.outcome == ThresholdOutcome::Missed;
        if broken || self.thresholds.iter().any(missed) {
            self.verdict = self.verdict.and(Verdict::Fail);
        }
        if !self.doubts.is_empty() {
            self.verdict = self.verdict.and(Verdict::Unknown);
        }
    }
}
