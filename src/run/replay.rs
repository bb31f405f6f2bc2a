//! Replay: judges a run again from its record. Nothing that stands in a record is trusted.

mod blocks;
mod court;
mod guard;
#[cfg(test)]
mod tests;

use std::io::Read;

use super::conductor::Follower;
use super::outcome::RunOutcome;
use super::record::{RecordHeader, SHARDS_MAX};
use crate::chat::RunTag;
use crate::clock::Clock;
use crate::load::{Brief, Endpoint, Network, Tls};
use crate::scenario::{Overrides, Plan, Scenario};
use blocks::Blocks;
use court::Court;

/// The last millisecond of the year 9999, which is as far as dates are written.
const UNIX_MS_MAX: u64 = 253_402_300_799_999;
const TARGETS_MAX: usize = 10_000;

/// What is wrong with a record.
#[derive(Debug, thiserror::Error)]
#[error("at byte {offset}: {what}")]
pub struct RecordError {
    /// Where it is wrong, in bytes from the beginning of the file.
    pub offset: u64,
    /// What is wrong.
    pub what: String,
    /// What may help.
    pub remedy: &'static str,
}

impl RecordError {
    const COPY: &str = "copy the record again from where it was written: its bytes were changed";

    fn damaged(offset: u64, what: impl ToString) -> RecordError {
        RecordError { offset, what: what.to_string(), remedy: RecordError::COPY }
    }
}

/// A record whose beginning has been read.
pub struct Record<R> {
    header: RecordHeader,
    brief: Brief,
    blocks: Blocks<R>,
}

impl<R: Read> Record<R> {
    /// Reads the beginning of the record that `source` has, and plans its run again.
    ///
    /// # Errors
    /// When it is no record, or not of a run that this version can plan.
    pub fn open(source: R) -> Result<Record<R>, RecordError> {
        let mut blocks = Blocks::open(source)?;
        let (offset, json) = blocks.header()?;
        let wrong = |what: String| RecordError::damaged(offset, what);
        let header: RecordHeader = serde_json::from_slice(json)
            .map_err(|why| wrong(format!("the header cannot be read: {why}")))?;
        check(&header).map_err(wrong)?;
        let brief = brief(&header).map_err(|what| RecordError {
            offset,
            what,
            remedy: "judge it with the version of chatbench that wrote it",
        })?;
        Ok(Record { header, brief, blocks })
    }

    /// What was known of the run before it began.
    pub fn header(&self) -> &RecordHeader {
        &self.header
    }

    /// The run, planned again.
    pub fn brief(&self) -> &Brief {
        &self.brief
    }

    /// Judges the run, and tells `followers` of each of its intervals.
    ///
    /// # Errors
    /// When the record is damaged. One that only ends too soon is judged as far as it goes.
    pub fn judge(
        &mut self,
        followers: &mut [&mut dyn Follower],
    ) -> Result<RunOutcome, RecordError> {
        let parts = self.brief.plan.divide(self.header.shards);
        let mut court = Court::new(&self.brief, &parts, followers);
        while let Some(block) = self.blocks.next()? {
            court.hear(&block)?;
        }
        let offset = self.blocks.offset();
        if self.blocks.is_cut() && court.is_over() {
            return Err(RecordError::damaged(offset, "something stands behind the end"));
        }
        let harvest = court.close(offset)?;
        Ok(RunOutcome::new(&self.brief, harvest))
    }
}

/// What a header must say for the rest to make sense.
fn check(header: &RecordHeader) -> Result<(), String> {
    let RecordHeader { shards, targets, began_unix_ms, .. } = header;
    let shown = targets.iter().chain([&header.command, &header.chatbench]);
    if shown.into_iter().any(|text| text.chars().any(char::is_control)) {
        return Err("the header has control characters in it".into());
    }
    if *shards == 0 || *shards > SHARDS_MAX {
        return Err(format!("a run on {shards} threads, where {SHARDS_MAX} are the most"));
    }
    if targets.len() > TARGETS_MAX {
        return Err(format!("a run against {} servers", targets.len()));
    }
    if *began_unix_ms > UNIX_MS_MAX {
        return Err(format!("a run that began {began_unix_ms} ms after 1970"));
    }
    Ok(())
}

/// The brief of a run that is over: what connects is left out of it.
fn brief(header: &RecordHeader) -> Result<Brief, String> {
    let tag = RunTag::read(&header.tag);
    let tag = tag.ok_or_else(|| format!("{:?} is no tag of a run", header.tag))?;
    let wrong = |why: &dyn std::fmt::Display| {
        format!("the scenario in it, of chatbench {}, cannot be planned: {why}", header.chatbench)
    };
    let scenario = Scenario::parse("scenario", &header.scenario, &Overrides::default());
    let scenario = scenario.map_err(|why| wrong(&why))?;
    let plan = Plan::new(&scenario, header.seed).map_err(|why| wrong(&why))?;
    let endpoint = |url: &String| Endpoint {
        host: String::new(),
        tls: false,
        authority: String::new(),
        path: String::new(),
        query: String::new(),
        addresses: Vec::new(),
        url: url.clone(),
    };
    Ok(Brief {
        scenario,
        plan,
        tag,
        clock: Clock::start(),
        began_unix_ms: header.began_unix_ms,
        endpoints: header.targets.iter().map(endpoint).collect(),
        network: Network::default(),
        tls: Tls::insecure().map_err(|why| wrong(&why))?,
        source_ips: Vec::new(),
    })
}
