//! The search for a server's capacity as meant, and a scenario at one of its loads.

use std::time::Duration;

use super::{Population, RoomSize, Scenario, Seating};
use crate::scenario::error::{Mistake, ScenarioError};
use crate::scenario::estimate::Estimate;
use crate::scenario::file::{
    CapacityFile, Hold, LoadFile, OutagesFile, PhaseFile, RoomSizeFile, ScenarioFile,
    StatisticsFile, Vary,
};
use crate::scenario::path::Path;
use crate::scenario::plan::Plan;
use crate::scenario::units::{Period, Rate};

/// What is varied to find how much a server holds, and how closely it is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Capacity {
    /// What a load is a number of.
    pub vary: Vary,
    /// The first load that is tried, where the scenario says it.
    pub from: Option<u64>,
    /// The largest load that is tried, where the scenario says it.
    pub to: Option<u64>,
    /// How long the load of each step lasts.
    pub step: Duration,
    /// The largest part of itself by which the answer may be off.
    pub precision: f64,
    /// How often the answer, and the load just above it, are tried.
    pub repeats: u32,
    /// Steps at most.
    pub steps_max: u32,
    /// What is bought beyond what is needed, as a part of that; above 0 and at most 1.
    pub headroom: f64,
    /// Numbers of users for which it is said what they take, beside the usual ones.
    pub size_for: Vec<u64>,
}

/// With less, a step has no seconds to tell a steady load from one that is not.
const STEP_MIN: Duration = Duration::from_secs(8);
const REPEATS_MAX: u32 = 100;
const STEPS_MAX: u32 = 1000;
const SIZES_MAX: usize = 32;
/// There are no more people.
const USERS_MAX: u64 = 10_000_000_000;
/// What is coarser than this is no answer.
const PRECISION_MAX: f64 = 0.5;
/// Finer than this, noise decides.
const PRECISION_MIN: f64 = 0.01;

/// What `file` means.
pub(super) fn capacity(file: &CapacityFile) -> Result<Capacity, Mistake> {
    let wrong = |key: &str, what: String, remedy: String| {
        Err(Mistake::new(Path::parse("capacity").name(key), what, remedy))
    };
    for (key, load) in [("from", file.from), ("to", file.to)] {
        if load == Some(0) {
            let what = format!("with `{key}` at 0 there is no load");
            return wrong(key, what, "write a number from 1, or leave it out".into());
        }
    }
    if let (Some(from), Some(to)) = (file.from, file.to)
        && from > to
    {
        let what = format!("`to` is below `from`: {to} < {from}");
        return wrong("to", what, "let `to` be at least `from`".into());
    }
    if file.step.duration() < STEP_MIN {
        let what = format!("a step of {} shows nothing steady", file.step);
        let least = humantime::format_duration(STEP_MIN);
        return wrong("step", what, format!("write `{least}` at least"));
    }
    if !(PRECISION_MIN..=PRECISION_MAX).contains(&file.precision.fraction()) {
        let what = format!("`precision` is {}", file.precision);
        return wrong("precision", what, "write a share from `1%` to `50%`".into());
    }
    let counts = [("repeats", file.repeats, REPEATS_MAX), ("steps_max", file.steps_max, STEPS_MAX)];
    for (key, count, max) in counts {
        if !(1..=max).contains(&count) {
            let what = format!("`{key}` is {count}");
            return wrong(key, what, format!("write a number from 1 to {max}"));
        }
    }
    if file.size_for.len() > SIZES_MAX {
        let what = format!("there are {} numbers of users", file.size_for.len());
        return wrong("size_for", what, format!("write at most {SIZES_MAX}"));
    }
    if let Some(users) = file.size_for.iter().find(|users| !(1..=USERS_MAX).contains(*users)) {
        let what = format!("{users} users have no size");
        return wrong("size_for", what, format!("write numbers from 1 to {USERS_MAX}"));
    }
    Ok(Capacity {
        vary: file.vary,
        from: file.from,
        to: file.to,
        step: file.step.duration(),
        precision: file.precision.fraction(),
        repeats: file.repeats,
        steps_max: file.steps_max,
        headroom: file.headroom.fraction(),
        size_for: file.size_for.clone(),
    })
}

impl Scenario {
    /// How much of what its `capacity` varies there is in this scenario as it stands, of which
    /// `plan` was made: users, or deliveries per second.
    pub fn own_load(&self, plan: &Plan) -> f64 {
        match self.capacity.vary {
            Vary::Users => plan.users.len() as f64,
            Vary::Deliveries => Estimate::new(self, plan).deliveries_per_second_max,
        }
    }

    /// The fewest users that can be seated, each with somebody to talk to.
    pub fn users_min(&self) -> u64 {
        let size = match self.population.seating {
            Seating::Even { .. } | Seating::Alike { .. } => return Population::MEMBERS_MIN.into(),
            Seating::Filled { size, .. } | Seating::Counted { size, .. } => size,
        };
        match size {
            RoomSize::Fixed(_) => Population::MEMBERS_MIN.into(),
            RoomSize::Uniform { max, .. } | RoomSize::Zipf { max, .. } => max.into(),
        }
    }

    /// The scenario of one step of a search: the load that it has at its peak, times `load` by
    /// `own`, which is its [own](Scenario::own_load), and for as long as a step lasts. Nothing
    /// happens in it that happens once: neither storms nor outages.
    ///
    /// # Errors
    /// When there can be no such load, for instance more rooms than have a name.
    pub fn at_load(&self, load: u64, own: f64) -> Result<Scenario, ScenarioError> {
        let factor = load as f64 / own;
        let mut file = (*self.file).clone();
        if self.capacity.vary == Vary::Users {
            seat(&mut file, load, factor);
        }
        hold(&mut file.load, factor, self)?;
        // What only happens where connections are lost has no samples where none are.
        let churn = file.load.churn.clone().unwrap_or_default();
        let none = |rate: Rate| rate.per_second() == 0.0;
        file.thresholds.deafness = StatisticsFile::default();
        if none(churn.disconnect) && none(churn.drop) {
            file.thresholds.reconnect_to_heard = StatisticsFile::default();
        }
        let unit = self.capacity.vary.unit();
        let users = file.users;
        let mut scenario = Scenario::new(file).map_err(|mistake| {
            let place = format!("capacity, at {load} {unit}: `{}`", mistake.path);
            ScenarioError::at(&place, mistake.what, mistake.remedy)
        })?;
        // No scenario can say this: what is written fills its rooms, or shares them evenly, and
        // then they are larger or smaller than they were.
        if self.capacity.vary == Vary::Users
            && let Some(seating) = users.and_then(|users| self.population.alike(users))
        {
            scenario.population.seating = seating;
        }
        Ok(scenario)
    }
}

/// Makes room for so many users, in `factor` times as many rooms, as far as whole ones go.
fn seat(file: &mut ScenarioFile, users: u64, factor: f64) {
    let users = u32::try_from(users).unwrap_or(u32::MAX);
    let seats = f64::from(users) * f64::from(file.rooms.per_user);
    // Fewer rooms, rather than one with nobody to talk to.
    let whole = |rooms: f64| ((rooms + 1e-9) as u32).max(file.rooms.per_user).max(1);
    let rooms = match file.rooms.size {
        Some(RoomSizeFile::Fixed(size)) => Some(seats / f64::from(size)),
        Some(RoomSizeFile::Drawn(_)) => None,
        None => file.rooms.count.map(|rooms| f64::from(rooms) * factor),
    };
    file.rooms.size = file.rooms.size.filter(|_| rooms.is_none());
    file.rooms.count = rooms.map(whole);
    file.users = Some(users);
}

/// Makes of `load` its peak, times `factor`. The same users move as often as before.
fn hold(load: &mut LoadFile, factor: f64, of: &Scenario) -> Result<(), ScenarioError> {
    let rate = of.load.profile.peak() * factor;
    if rate > Rate::PER_SECOND_MAX {
        let what = format!("{rate:.0} messages per second are more than can be said");
        return Err(ScenarioError::at("capacity", what, "let `capacity.to` be less".into()));
    }
    let rate = Rate::of_seconds(rate);
    let length = Period::new(of.capacity.step);
    load.phases = vec![PhaseFile::Hold(Hold { rate, length })];
    load.outages = OutagesFile::default();
    if let Some(churn) = &mut load.churn {
        churn.storms.clear();
        let factor = if of.capacity.vary == Vary::Users { factor } else { 1.0 };
        for moves in [
            &mut churn.leave,
            &mut churn.switch,
            &mut churn.rejoin,
            &mut churn.disconnect,
            &mut churn.drop,
        ] {
            *moves = moves.times(factor);
        }
    }
    Ok(())
}
