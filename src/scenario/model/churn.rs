//! Churn and outages as meant.

use std::time::Duration;

use crate::scenario::churn::{Churn, Storm};
use crate::scenario::error::Mistake;
use crate::scenario::file::{ChurnFile, OutagesFile, StormFile, TargetFile};
use crate::scenario::path::Path;

/// Whether the server goes away while it is loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Outages {
    /// It should not.
    #[default]
    None,
    /// It may: somebody else sees to that.
    Expected,
    /// chatbench kills the bundled server and starts it again.
    Planned(Vec<Outage>),
}

/// One time that the server is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When it is killed, counted from the beginning of the load.
    pub at: Duration,
    /// How long it stays away.
    pub lasting: Duration,
}

impl Outages {
    /// Whether lost connections are part of the scenario.
    pub fn are_expected(&self) -> bool {
        *self != Outages::None
    }
}

const STORMS_MAX: usize = 1000;
const OUTAGES_MAX: usize = 1000;

/// What `file` means in a load that lasts for `length`.
pub(super) fn churn(file: &ChurnFile, length: Duration) -> Result<Churn, Mistake> {
    let path = Path::parse("load.churn");
    if file.storms.len() > STORMS_MAX {
        let what = format!("there are {} storms", file.storms.len());
        let remedy = format!("write at most {STORMS_MAX}");
        return Err(Mistake::new(path.name("storms"), what, remedy));
    }
    let storm = |(at, storm): (usize, &StormFile)| {
        let path = path.name("storms").index(at);
        check_moment(storm.at.duration(), length, &path, "storm")?;
        Ok(Storm {
            at: storm.at.duration(),
            share: storm.share.fraction(),
            by: storm.by,
            back_off: storm.back_off.duration(),
        })
    };
    let storms = file.storms.iter().enumerate().map(storm).collect::<Result<_, _>>()?;
    let rates = [file.leave, file.switch, file.rejoin, file.disconnect, file.drop];
    Ok(Churn { rates: rates.map(|rate| rate.per_second()), away: file.away.duration(), storms })
}

fn check_moment(at: Duration, length: Duration, path: &Path, what: &str) -> Result<(), Mistake> {
    if at < length {
        return Ok(());
    }
    let what = format!(
        "the {what} comes at {}, and the load is over after {}",
        humantime::format_duration(at),
        humantime::format_duration(length)
    );
    Err(Mistake::new(path.name("at"), what, "let it come earlier, or the load last longer"))
}

/// What `file` means in a load that lasts for `length`.
pub(super) fn outages(
    file: &OutagesFile,
    target: &TargetFile,
    length: Duration,
) -> Result<Outages, Mistake> {
    let planned = match file {
        OutagesFile::None => return Ok(Outages::None),
        OutagesFile::Named(_) => return Ok(Outages::Expected),
        OutagesFile::Planned(planned) => planned,
    };
    let path = Path::parse("load.outages");
    if !target.is_reference() {
        let what = "chatbench can restart the bundled server only";
        let remedy = "write `outages: expected`, and restart yours while the run goes";
        return Err(Mistake::new(path, what, remedy));
    }
    if planned.is_empty() || planned.len() > OUTAGES_MAX {
        let what = format!("there are {} outages", planned.len());
        let remedy = format!("write 1 to {OUTAGES_MAX}, such as `- {{at: 5 s, lasting: 2 s}}`");
        return Err(Mistake::new(path, what, remedy));
    }
    let mut outages: Vec<Outage> = Vec::new();
    for (index, file) in planned.iter().enumerate() {
        let path = path.index(index);
        let outage = Outage { at: file.at.duration(), lasting: file.lasting.duration() };
        check_moment(outage.at, length, &path, "outage")?;
        if outages.last().is_some_and(|last| outage.at < last.at + last.lasting) {
            let what = "it begins before the one above is over";
            return Err(Mistake::new(path.name("at"), what, "write them one after another"));
        }
        outages.push(outage);
    }
    Ok(Outages::Planned(outages))
}
