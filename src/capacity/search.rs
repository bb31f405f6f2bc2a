//! Search: which load to try next, until the largest at which the server holds is known.
//!
//! A state machine without IO and without a clock: ask [`Search::next`], offer the load it names,
//! hand over what that showed to [`Search::record`], and so on until it is done. What it wants
//! next depends on its limits and on the steps so far and on nothing else, so a search that was
//! interrupted goes on where it was once its steps are recorded again ([`Search::resume`]).
//!
//! # How it goes
//!
//! 1. *Bracket.* From `from`, the load grows by a factor until it fails, or shrinks until it
//!    holds.
//! 2. *Bisect.* The load in the middle, in logarithms, until the one that fails exceeds the one
//!    that holds by no more than the precision, or by one. So far this is the throughput of
//!    RFC 2544, section 26.1.
//! 3. *Confirm.* Both are repeated, in turns, so that whatever drifts meanwhile meets both. The
//!    lower one is settled when it has held `confirmations` times in all before it failed in a
//!    majority of as many; the upper one when it has failed in that majority, without the failure
//!    that led there, before it held so often. A load that is settled against what it showed
//!    first becomes the other end of the bracket, and the search goes on from there.
//! 4. *Look beyond.* Once the answer stands, one step far above it: above all loads that were
//!    tried, but not by so much that the generator is likely to be too slow for it.
//!
//! # A server that is not monotone
//!
//! What holds 100, fails 200 and holds 400 has no single capacity. The answer is then below the
//! smallest load that fails, with [`Remark::HoldsAgain`]: whoever grows from 100 to 400 passes
//! 200, so 100 is what may be promised, and it was shown as well as any other answer. RFC 9971
//! decides likewise: its *Relevant Lower Bound* is below the smallest upper bound, whatever else
//! holds. It is looked for at the end, as the step may well be the last that the server survives.
//! A dip that the bracket steps over is not seen, nor is a load that holds again and that the look
//! beyond steps over: only a sweep of all loads could promise that.
//!
//! # When it cannot be said
//!
//! A step that was limited by the generator ends the search, as do too few samples, and whatever
//! else another try will not mend: what held before is kept, as a lower bound. A load that is not
//! steady is tried again, each time that happens; if it is not then either, it is not believed to
//! hold, the search goes on below it, and the answer says that it is unknown what happens there. A
//! server that wears out, or one that is disturbed, contradicts itself; a few contradictions are
//! noise and cost some steps, and more of them are [`Reason::Contradictory`].
//!
//! # What the repeats are worth
//!
//! Three of three are little: the chance of holding may be as low as 29 % ([`Chance`]). Also, the
//! step by which the search came to the answer counts among them; a load that was lucky is more
//! likely to be chosen, so that the interval is a little too hopeful. Whoever wants to know more
//! asks for more confirmations.

mod answer;
mod chance;
mod error;
mod limits;
mod step;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use answer::{Answer, Conclusion, Reason, Remark, Shown};
pub use chance::Chance;
pub use error::{ResumeError, Unasked};
pub use limits::{BadLimits, LOAD_MAX, Limits};
pub use step::{Failure, Purpose, Step, StepResult, StepVerdict, Unclear};

use tally::{Side, Standing, Tally};

/// A search for the largest load at which a server holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    limits: Limits,
    steps: Vec<Step>,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Offer a load, and record what it shows.
    Try {
        /// The load.
        load: u64,
        /// What for.
        why: Purpose,
    },
    /// Nothing: this is the answer.
    Done(Answer),
}

/// [`Next`], before the answer is written.
enum Decision {
    Try(u64, Purpose),
    Conclude(Conclusion),
}

impl Search {
    /// A search within `limits` that has taken no step yet.
    ///
    /// # Errors
    ///
    /// Those of [`Limits::check`].
    pub fn new(limits: Limits) -> Result<Search, BadLimits> {
        limits.check()?;
        Ok(Search { limits, steps: Vec::new() })
    }

    /// A search within `limits` that has taken `steps`.
    ///
    /// Steps that showed nothing and ended the search, be it the user who interrupted or the
    /// generator that was too slow, are left out: what ended it may have been mended, and is
    /// tried again. Limits on how much may be done (`steps_max`, `contradictions_max`) may have
    /// been changed since; of the others, those that would have led elsewhere may not.
    ///
    /// # Errors
    ///
    /// Those of [`Limits::check`], and a step that a search within `limits` would not have taken.
    pub fn resume(
        limits: Limits,
        steps: impl IntoIterator<Item = StepResult>,
    ) -> Result<Search, ResumeError> {
        let mut search = Search::new(limits)?;
        for step in steps {
            if !ends_the_search(&step) {
                search.record(step)?;
            }
        }
        Ok(search)
    }

    /// What is to be done next; the same, until a step is recorded.
    pub fn next(&self) -> Next {
        let tallies = self.tallies();
        match self.decide(&tallies) {
            Decision::Try(load, why) => Next::Try { load, why },
            Decision::Conclude(conclusion) => Next::Done(self.answer(&tallies, conclusion)),
        }
    }

    /// Takes note of a step.
    ///
    /// # Errors
    ///
    /// If it is not the one that [`Search::next`] asked for; nothing is changed then.
    pub fn record(&mut self, result: StepResult) -> Result<(), Unasked> {
        let asked = match self.decide(&self.tallies()) {
            Decision::Try(load, purpose) if load == result.load => {
                self.steps.push(Step { purpose, result });
                return Ok(());
            }
            Decision::Try(load, _) => Some(load),
            Decision::Conclude(_) => None,
        };
        Err(Unasked { number: self.steps.len() + 1, asked, given: result.load })
    }

    /// The steps so far, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The limits it stays within.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What is known of each load. The look beyond stays out of it: it comes after the answer.
    fn tallies(&self) -> BTreeMap<u64, Tally> {
        let mut tallies = BTreeMap::<u64, Tally>::new();
        for step in self.steps.iter().filter(|step| step.purpose != Purpose::Beyond) {
            tallies.entry(step.result.load).or_default().add(&step.result);
        }
        tallies
    }

    fn decide(&self, tallies: &BTreeMap<u64, Tally>) -> Decision {
        if let Some(step) = self.steps.last()
            && step.purpose != Purpose::Beyond
            && ends_the_search(&step.result)
            && let StepVerdict::Unknown { why } = &step.result.verdict
        {
            return unknown(Reason::Step { load: step.result.load, why: why.clone() });
        }
        let (held_first, failed_first) = self.contradictions(tallies);
        if held_first + failed_first > self.limits.contradictions_max {
            return unknown(Reason::Contradictory { held_first, failed_first });
        }
        let spent = self.steps.len() >= self.limits.steps_max as usize;
        match self.wish(tallies) {
            Decision::Try(_, Purpose::Beyond) if spent => Decision::Conclude(Conclusion::Found),
            Decision::Try(..) if spent => {
                unknown(Reason::StepsMax { steps: self.limits.steps_max })
            }
            decision => decision,
        }
    }

    /// What it would do, had it steps enough.
    fn wish(&self, tallies: &BTreeMap<u64, Tally>) -> Decision {
        let open = tallies.iter().find(|(_, it)| it.standing(&self.limits) == Standing::Open);
        if let Some((&load, tally)) = open {
            let why = if tally.clear() > 0 { Purpose::Decide } else { Purpose::Again };
            return Decision::Try(load, why);
        }
        let (low, high) = self.bracket(tallies);
        match (low, high) {
            (None, None) => Decision::Try(self.limits.from, Purpose::First),
            (Some(low), None) if low.load < self.limits.to => {
                Decision::Try(self.limits.above(low.load), Purpose::Grow)
            }
            (None, Some(high)) if high.load > self.limits.floor => {
                Decision::Try(self.limits.below(high.load), Purpose::Shrink)
            }
            (Some(low), Some(high)) => match self.limits.between_both(low.load, high.load) {
                Some(middle) => Decision::Try(middle, Purpose::Bisect),
                None => self.confirm(Some(low), Some(high)),
            },
            (low, high) => self.confirm(low, high),
        }
    }

    /// The largest load that may hold below all that do not, and the smallest that does not.
    ///
    /// Between them there is none; and every load above the latter failed, or was not steady, or
    /// is part of the look beyond.
    fn bracket<'a>(&self, tallies: &'a BTreeMap<u64, Tally>) -> (Option<End<'a>>, Option<End<'a>>) {
        let mut ends = tallies.iter().map(|(&load, tally)| {
            let standing = tally.standing(&self.limits);
            End { load, tally, standing }
        });
        let mut low = None;
        let high = ends.find(|end| {
            let below = end.standing.is_below();
            if below {
                low = Some(*end);
            }
            !below
        });
        (low, high)
    }

    /// Nothing is left but to repeat the ends of the bracket: the one that was tried less often.
    fn confirm(&self, low: Option<End>, high: Option<End>) -> Decision {
        let leaning = [low, high].into_iter().flatten().filter(|end| end.standing.is_leaning());
        if let Some(end) = leaning.min_by_key(|end| end.tally.clear()) {
            return Decision::Try(end.load, Purpose::Confirm);
        }
        if let Some(End { load, tally, standing: Standing::Unclear }) = high
            && let Some(why) = tally.doubt.clone()
        {
            return unknown(Reason::Step { load, why });
        }
        match (low, high) {
            (_, None) => Decision::Conclude(Conclusion::AtLeast),
            (None, Some(_)) => Decision::Conclude(Conclusion::Nothing),
            (Some(_), Some(high)) => self.look_beyond(high.load),
        }
    }

    /// Goes on from the largest load that was tried, as long as the server keeps failing; `fails`
    /// is the one just above the answer.
    fn look_beyond(&self, fails: u64) -> Decision {
        let looks = || self.steps.iter().filter(|step| step.purpose == Purpose::Beyond);
        let all_failed =
            looks().all(|step| matches!(step.result.verdict, StepVerdict::Fails { .. }));
        let largest =
            self.steps.iter().map(|step| step.result.load).max().unwrap_or(self.limits.to);
        let enough = looks().count() >= self.limits.beyond_steps_max as usize;
        if enough || !all_failed || largest == self.limits.to {
            return Decision::Conclude(Conclusion::Found);
        }
        let from = if looks().count() == 0 { fails } else { largest };
        Decision::Try(self.limits.beyond(from, largest), Purpose::Beyond)
    }

    /// How many loads held first and were settled as failing, and the other way round.
    fn contradictions(&self, tallies: &BTreeMap<u64, Tally>) -> (u32, u32) {
        let mut counts = (0, 0);
        for first in tallies.values().filter_map(|tally| tally.contradicted(&self.limits)) {
            match first {
                Side::Below => counts.0 += 1,
                Side::Above => counts.1 += 1,
            }
        }
        counts
    }

    fn answer(&self, tallies: &BTreeMap<u64, Tally>, conclusion: Conclusion) -> Answer {
        let (low, _) = self.bracket(tallies);
        // Whatever failed lies above `low`: what lies below held.
        let fails = tallies.iter().find(|(_, tally)| tally.standing(&self.limits).is_above());
        let mut remarks = Vec::new();
        let held_again = |step: &&Step| {
            step.purpose == Purpose::Beyond && step.result.verdict == StepVerdict::Holds
        };
        if let Some(step) = self.steps.iter().find(held_again) {
            remarks.push(Remark::HoldsAgain { load: step.result.load });
        }
        let (held_first, failed_first) = self.contradictions(tallies);
        let said = matches!(conclusion, Conclusion::Unknown { why: Reason::Contradictory { .. } });
        if held_first + failed_first > 0 && !said {
            remarks.push(Remark::Contradicted { held_first, failed_first });
        }
        Answer {
            conclusion,
            holds: low.map(|low| Shown::new(low.load, low.tally)),
            fails: fails.map(|(&load, tally)| Shown::new(load, tally)),
            remarks,
            steps: self.steps.len() as u32,
        }
    }
}

/// An end of the bracket.
#[derive(Clone, Copy)]
struct End<'a> {
    load: u64,
    tally: &'a Tally,
    standing: Standing,
}

fn unknown(why: Reason) -> Decision {
    Decision::Conclude(Conclusion::Unknown { why })
}

fn ends_the_search(step: &StepResult) -> bool {
    matches!(&step.verdict, StepVerdict::Unknown { why } if !why.may_pass())
}
