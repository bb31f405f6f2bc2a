//! Plan: who sits where under which name and connects when; a pure function of scenario and seed.

mod cells;
mod names;
mod shards;
mod sizes;

use std::time::Duration;

pub use shards::ShardPlan;

use super::arrival::Arrivals;
use super::churn::Moves;
use super::error::ScenarioError;
use super::file::Arrival;
use super::model::{Population, RoomNames, Scenario};
use super::template::escaped;
use crate::chat::{RoomId, UserId};

/// Everything about a run but its messages, which [`Arrivals`] and
/// [`Sizes`](super::Sizes) derive from the same seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What everything random in the run follows from.
    pub seed: u64,
    /// The rooms, by [`RoomId`].
    pub rooms: Vec<Room>,
    /// The users, by [`UserId`].
    pub users: Vec<User>,
    /// How many cells there are: groups of rooms and users that have nobody in common.
    pub cells: u32,
    /// Members who speak, each counted once for each room it speaks in.
    pub speakers: u32,
    arrival: Arrival,
}

/// A room and who is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its name.
    pub name: Box<str>,
    /// Its name as it stands between the quotes of a JSON string.
    pub name_json: Box<str>,
    /// Its members, and behind them those who may come from other rooms; the index of either is its
    /// slot.
    pub members: Box<[UserId]>,
    /// How many are members from the beginning.
    pub residents: u32,
    /// How many members speak: those in the first slots.
    pub speakers: u32,
    /// The cell it belongs to.
    pub cell: u32,
}

/// A user and where it sits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its name, such as `user-17`; it needs no escape in JSON.
    pub author: Box<str>,
    /// The rooms it is in, by rising [`RoomId`], each with its slot there.
    pub memberships: Box<[(RoomId, u32)]>,
    /// The place among these of the room that it is not in at first, but may go to.
    pub spare: Option<u32>,
    /// Which of the target's addresses it connects to.
    pub target: usize,
    /// When it begins to connect, counted from the beginning of the connect phase.
    pub connect_after: Duration,
}

/// The most messages that one speaker can number.
const SPEAKER_MESSAGES_MAX: f64 = (1_u64 << 30) as f64;

impl Plan {
    /// The plan of `scenario` with `seed`.
    ///
    /// # Errors
    /// When the sizes that the rooms drew cannot be seated, or have no names.
    pub fn new(scenario: &Scenario, seed: u64) -> Result<Plan, ScenarioError> {
        let population = &scenario.population;
        let place = format!("scenario `{}`", scenario.name);
        let wrong = |what, remedy| ScenarioError::at(&place, what, remedy);
        let sizes = sizes::room_sizes(population, seed).map_err(|(w, r)| wrong(w, r))?;
        let switches = scenario.load.churn.switches();
        let per_user = population.per_user + u32::from(switches);
        let divided = cells::divide(&sizes, population.per_user, per_user);
        let cells = divided.map_err(|(w, r)| wrong(w, r))?;
        let names = room_names(population, sizes.len()).map_err(|(w, r)| wrong(w, r))?;
        let seats = cells::seat(&cells, &sizes, population.per_user, seed);
        let mut rooms = rooms(names, seats, &cells, scenario.load.speakers);
        if switches {
            cells::add_spares(&cells, &mut rooms, seed).map_err(|(w, r)| wrong(w, r))?;
        }
        let speakers = rooms.iter().map(|room| room.speakers).sum();
        check_messages(scenario.load.profile.total() / f64::from(speakers))
            .map_err(|(w, r)| wrong(w, r))?;
        Ok(Plan {
            seed,
            users: users(&rooms, &cells, scenario),
            rooms,
            cells: cells.len() as u32,
            speakers,
            arrival: scenario.load.arrival,
        })
    }

    /// When the messages of the member in `slot` of `room` are due; of a member who speaks.
    pub fn arrivals(&self, room: RoomId, slot: u32) -> Arrivals {
        let speaking = self.rooms[room.index()].speakers;
        assert!(slot < speaking, "slot {slot} of room {} is silent: {speaking} speak", room.0);
        Arrivals::new(self.arrival, self.seed, (room, slot), self.speakers)
    }

    /// The moves of `user`.
    pub fn moves(&self, user: UserId) -> Moves {
        Moves::new(self.seed, user, self.users.len())
    }

    /// Memberships that users have from the beginning, in all rooms together.
    pub fn memberships(&self) -> u64 {
        self.rooms.iter().map(|room| u64::from(room.residents)).sum()
    }

    /// Who each of at most `shards` shards looks after: whole cells, so that no room and no user
    /// is on two, with an equal share of the deliveries as far as whole cells allow. Fewer than
    /// `shards` when there are fewer cells.
    pub fn divide(&self, shards: usize) -> Vec<ShardPlan> {
        shards::divide(self, shards)
    }
}

fn check_messages(per_speaker: f64) -> Result<(), (String, String)> {
    if per_speaker < SPEAKER_MESSAGES_MAX / 2.0 {
        return Ok(());
    }
    let what = format!("each speaker would send {per_speaker:.0} messages");
    Err((what, "lower the rates, shorten the phases, or let more users speak".into()))
}

fn room_names(population: &Population, count: usize) -> Result<Vec<String>, (String, String)> {
    match &population.names {
        RoomNames::Plain => Ok((0..count).map(|index| format!("room-{index}")).collect()),
        RoomNames::Provoking => Ok((0..count).map(names::provoking).collect()),
        RoomNames::List(names) if names.len() >= count => Ok(names[..count].to_vec()),
        RoomNames::List(names) => {
            let what = format!("{} names are too few for the {count} rooms drawn", names.len());
            Err((what, "list more names, or write `plain`".into()))
        }
    }
}

fn rooms(
    names: Vec<String>,
    seats: Vec<Box<[UserId]>>,
    cells: &[cells::Cell],
    speakers: f64,
) -> Vec<Room> {
    let cell_of = cells
        .iter()
        .enumerate()
        .flat_map(|(cell, range)| std::iter::repeat_n(cell as u32, range.rooms.len()));
    names
        .into_iter()
        .zip(seats)
        .zip(cell_of)
        .map(|((name, members), cell)| Room {
            name_json: escaped(&name).into(),
            name: name.into(),
            residents: members.len() as u32,
            speakers: ((members.len() as f64 * speakers).round() as u32).max(1),
            members,
            cell,
        })
        .collect()
}

fn users(rooms: &[Room], cells: &[cells::Cell], scenario: &Scenario) -> Vec<User> {
    let count = cells.last().map_or(0, |cell| cell.users.end);
    let per_user = scenario.population.per_user as usize;
    let mut memberships: Vec<Vec<(RoomId, u32)>> =
        (0..count).map(|_| Vec::with_capacity(per_user)).collect();
    for (room, id) in rooms.iter().zip(0..) {
        for (member, slot) in room.members.iter().zip(0..) {
            memberships[member.index()].push((RoomId(id), slot));
        }
    }
    let targets = scenario.target.count();
    let is_spare = |&(room, slot): &(RoomId, u32)| slot >= rooms[room.index()].residents;
    let user = |(index, memberships): (usize, Vec<_>)| User {
        author: format!("user-{index}").into(),
        spare: memberships.iter().position(is_spare).map(|at| at as u32),
        memberships: memberships.into(),
        target: index % targets,
        connect_after: Duration::from_secs_f64(index as f64 / scenario.load.connect_rate),
    };
    memberships.into_iter().enumerate().map(user).collect()
}
