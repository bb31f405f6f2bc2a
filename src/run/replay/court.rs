//! Court: feeds what a record says to the judges it was written for, in the order they had it in.

use std::collections::VecDeque;
use std::time::Duration;

use super::RecordError;
use super::blocks::Block;
use super::guard::{Guard, check_time};
use crate::history::record::{Bytes, CodeError, EventReader};
use crate::load::Brief;
use crate::run::conductor::Follower;
use crate::run::gathering::Gathering;
use crate::run::judgement::{Ending, Findings, Judgement, Snapshot};
use crate::run::outcome::Harvest;
use crate::run::record::{
    CONDUCTOR, ConductorEntry, MARKER, Missing, Over, ShardEntry, read_conductor, read_shard,
};
use crate::scenario::ShardPlan;
use crate::time::Timestamp;

/// What shards may have told, for each of them, that the conductor has not gathered yet: more
/// than a run has room for.
const TOLD_PER_SHARD_MAX: usize = 8;
const TOLD_BESIDE_MAX: usize = 16;

/// The judges of a run that is over.
pub(super) struct Court<'c, 'f, 'a> {
    brief: &'c Brief,
    guard: Guard<'c>,
    shards: Vec<Shard>,
    gathering: Gathering<'f, 'a>,
    told: usize,
    minutes: u32,
    over: Option<Over>,
    missing: Option<Missing>,
}

/// What one shard's stream has come to.
struct Shard {
    judgement: Judgement,
    reader: EventReader,
    blocks: u32,
    /// Before that moment its accounts are not looked through again.
    next_turn: Timestamp,
    /// What it told the conductor, who has not gathered it yet.
    told: VecDeque<Snapshot>,
    /// Up to when its history is known.
    until: Timestamp,
    findings: Option<Findings>,
}

/// Why an entry is refused.
struct Refusal(String);

impl From<CodeError> for Refusal {
    fn from(error: CodeError) -> Refusal {
        Refusal(error.to_string())
    }
}

impl From<String> for Refusal {
    fn from(why: String) -> Refusal {
        Refusal(why)
    }
}

impl<'c, 'f, 'a> Court<'c, 'f, 'a> {
    /// Of the run of `brief` on `parts`, before it began.
    pub(super) fn new(
        brief: &'c Brief,
        parts: &[ShardPlan],
        followers: &'f mut [&'a mut dyn Follower],
    ) -> Self {
        let shard = |(index, part)| Shard {
            judgement: Judgement::new(brief, index, part),
            reader: EventReader::default(),
            blocks: 0,
            next_turn: Timestamp::ZERO.next_second(),
            told: VecDeque::new(),
            until: Timestamp::ZERO,
            findings: None,
        };
        Court {
            brief,
            guard: Guard::new(&brief.plan, parts, brief.scenario.message.sizes.max()),
            shards: parts.iter().enumerate().map(shard).collect(),
            gathering: Gathering::new(parts.len(), followers),
            told: 0,
            minutes: 0,
            over: None,
            missing: None,
        }
    }

    /// Hears the next block of the record.
    pub(super) fn hear(&mut self, block: &Block<'_>) -> Result<(), RecordError> {
        if self.is_over() {
            return Err(RecordError::damaged(block.offset, "a block stands behind the end"));
        }
        let mut bytes = Bytes::new(block.payload);
        let heard = match block.stream {
            CONDUCTOR => self.hear_conductor(block.number, &mut bytes),
            MARKER => self.hear_marker(&mut bytes),
            shard => self.hear_shard(shard, block.number, &mut bytes),
        };
        heard.map_err(|Refusal(why)| {
            let at = block.offset + (block.payload.len() - bytes.left()) as u64;
            RecordError::damaged(at, why)
        })
    }

    /// Whether the record says that it ends.
    pub(super) fn is_over(&self) -> bool {
        self.over.is_some() || self.missing.is_some()
    }

    fn hear_marker(&mut self, bytes: &mut Bytes<'_>) -> Result<(), Refusal> {
        let missing = Missing::from_byte(bytes.byte()?).filter(|_| bytes.left() == 0);
        self.missing = Some(missing.ok_or_else(|| "a record that ends for no reason".to_owned())?);
        Ok(())
    }

    fn hear_shard(
        &mut self,
        index: u32,
        number: u32,
        bytes: &mut Bytes<'_>,
    ) -> Result<(), Refusal> {
        let index = index as usize;
        let shards = self.shards.len();
        let shard = self.shards.get_mut(index);
        let shard = shard.ok_or_else(|| format!("shard {index} of a run on {shards}"))?;
        check_turn(number, shard.blocks)?;
        shard.blocks += 1;
        while bytes.left() > 0 {
            if shard.findings.is_some() {
                return Err(format!("shard {index} goes on behind its end").into());
            }
            match read_shard(&mut shard.reader, bytes)? {
                ShardEntry::Event(event) => {
                    self.guard.check(index, &event)?;
                    shard.until = shard.until.max(event.at);
                    shard.judgement.judge(&event);
                }
                ShardEntry::LoadBegins(start) => {
                    check_time(start)?;
                    if shard.judgement.load_start() != Timestamp::NEVER {
                        return Err("the load begins again".to_owned().into());
                    }
                    shard.judgement.load_begins(start);
                }
                ShardEntry::Turn { now, told } => {
                    check_time(now)?;
                    shard.turn(now, told)?;
                    self.told += usize::from(told);
                    if self.told > shards * TOLD_PER_SHARD_MAX + TOLD_BESIDE_MAX {
                        return Err(format!("{} seconds are gathered by nobody", self.told).into());
                    }
                }
                ShardEntry::Finished(ending) => {
                    check_time(ending.at)?;
                    shard.finish(ending);
                }
            }
        }
        Ok(())
    }

    fn hear_conductor(&mut self, number: u32, bytes: &mut Bytes<'_>) -> Result<(), Refusal> {
        check_turn(number, self.minutes)?;
        self.minutes += 1;
        match read_conductor(bytes, self.shards.len())? {
            ConductorEntry::Interval { to, taken } => {
                check_time(to)?;
                if to < self.gathering.interval_began() + Duration::from_secs(1) {
                    return Err("an interval is shorter than a second".to_owned().into());
                }
                self.gather(&taken)?;
                self.gathering.close_interval(to);
            }
            ConductorEntry::Over(over) => {
                let load = over.load.into_iter().flat_map(|(from, to)| [from, to]);
                for at in [over.to, over.at].into_iter().chain(load) {
                    check_time(at)?;
                }
                if let Some(shard) = self.shards.iter().position(|it| it.findings.is_none()) {
                    return Err(format!("the run is over before its shard {shard} is").into());
                }
                self.over = Some(over);
            }
        }
        if bytes.left() > 0 {
            return Err(format!("{} bytes more than there is to say", bytes.left()).into());
        }
        Ok(())
    }

    /// Adds what was gathered in an interval to it.
    fn gather(&mut self, taken: &[u32]) -> Result<(), Refusal> {
        for (index, (shard, count)) in self.shards.iter_mut().zip(taken).enumerate() {
            for _ in 0..*count {
                let snapshot = shard.told.pop_front();
                let nothing = || format!("more is gathered of shard {index} than it told");
                self.gathering.take(&snapshot.ok_or_else(nothing)?);
                self.told -= 1;
            }
        }
        Ok(())
    }

    /// Ends a record that was read up to `offset`: what it comes to.
    pub(super) fn close(mut self, offset: u64) -> Result<Harvest, RecordError> {
        let missing = self.missing.or(self.over.is_none().then_some(Missing::Cut));
        // All of it is there up to when the first of those that were not done ends.
        let open = self.shards.iter().filter(|shard| shard.findings.is_none());
        let whole_until = open.map(|shard| shard.until).min().unwrap_or_else(|| self.last());
        let over = self.over.unwrap_or_else(|| self.cut_short());
        if over.at < over.to || over.load.is_some_and(|(from, to)| to < from) {
            return Err(RecordError::damaged(offset, "the run ends before it begins"));
        }
        for shard in &mut self.shards {
            let until = shard.until;
            shard.finish_if_open(until);
            shard.told.iter().for_each(|snapshot| self.gathering.take(snapshot));
        }
        let findings: Vec<_> = self.shards.into_iter().filter_map(|shard| shard.findings).collect();
        findings.iter().for_each(|shard| self.gathering.take(&shard.rest));
        self.gathering.close_interval(over.to);
        let harvest = Harvest::new(self.gathering.end(), findings, &over);
        Ok(Harvest { missing: missing.map(|why| (whole_until, why)), ..harvest })
    }

    /// The last moment that anything is known of.
    fn last(&self) -> Timestamp {
        self.shards.iter().map(|shard| shard.until).max().unwrap_or_default()
    }

    /// How a run ended of which that is not known: where its record does.
    fn cut_short(&self) -> Over {
        let at = self.last().max(self.gathering.interval_began());
        let starts = self.shards.iter().map(|shard| shard.judgement.load_start());
        let start = starts.min().filter(|start| *start < at);
        let duration = self.brief.scenario.load.profile.duration();
        let load = start.map(|start| (start, at.min(start + duration)));
        Over { to: at, at, load, interrupted: false }
    }
}

impl Shard {
    fn turn(&mut self, now: Timestamp, told: bool) -> Result<(), Refusal> {
        if now < self.next_turn {
            return Err("two seconds end within one".to_owned().into());
        }
        self.next_turn = now.next_second();
        self.until = self.until.max(now);
        self.judgement.sweep(now);
        if told {
            self.told.push_back(self.judgement.take_snapshot());
        }
        Ok(())
    }

    fn finish(&mut self, ending: Ending) {
        self.until = self.until.max(ending.at);
        self.findings = Some(self.judgement.finish(ending));
    }

    fn finish_if_open(&mut self, at: Timestamp) {
        if self.findings.is_none() {
            self.finish(Ending { at, ..Ending::default() });
        }
    }
}

fn check_turn(number: u32, due: u32) -> Result<(), String> {
    if number == due { Ok(()) } else { Err(format!("block {number} stands where {due} is due")) }
}
