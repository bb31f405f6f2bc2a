//! The population as meant: how many users, how many rooms, and who follows from what.

use std::collections::HashSet;

use crate::scenario::error::Mistake;
use crate::scenario::file::{DrawnCount, NamesFile, RoomSizeFile, RoomsFile};
use crate::scenario::path::Path;

/// Users and rooms, before anyone has a seat.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    /// How many there are of what.
    pub seating: Seating,
    /// How many rooms each user is a member of; at least 1.
    pub per_user: u32,
    /// What the rooms are called.
    pub names: RoomNames,
}

/// What is given of users, rooms and sizes; the rest follows from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seating {
    /// The rooms share the users' memberships as evenly as whole members allow.
    Even {
        /// How many users.
        users: u32,
        /// How many rooms.
        rooms: u32,
    },
    /// Rooms are added until all users have their seats.
    Filled {
        /// How many users.
        users: u32,
        /// How large rooms are.
        size: RoomSize,
    },
    /// Users are added until all seats are taken.
    Counted {
        /// How many rooms.
        rooms: u32,
        /// How large rooms are.
        size: RoomSize,
    },
    /// Rooms as large as others are, one after the other, until all users have their seats: the
    /// last takes what is left. So sits a step of a search, whose users need not fill its rooms.
    Alike {
        /// How many users.
        users: u32,
        /// How many rooms there are to go by.
        rooms: u32,
        /// Members of these together, which share them evenly.
        seats: u64,
    },
}

/// How many members a room has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RoomSize {
    /// Every room this many.
    Fixed(u32),
    /// Any number between the bounds, both included.
    Uniform {
        /// The fewest.
        min: u32,
        /// The most.
        max: u32,
    },
    /// Size `n` with a probability in proportion to `n` to the power of `-exponent`.
    Zipf {
        /// The fewest.
        min: u32,
        /// The most.
        max: u32,
        /// How much rarer large rooms are; not negative.
        exponent: f64,
    },
}

/// What the rooms are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomNames {
    /// `room-0`, `room-1` and so on.
    Plain,
    /// Names that servers tend to mix up.
    Provoking,
    /// These, none of them twice.
    List(Vec<String>),
}

impl Population {
    /// The most users, and the most rooms, that a run may have.
    pub const USERS_MAX: u32 = 1_000_000;
    /// The most seats, in all rooms together.
    pub const SEATS_MAX: u64 = 10_000_000;
    /// The fewest members of a room: with fewer there is nobody to hear a message.
    pub const MEMBERS_MIN: u32 = 2;

    pub(super) fn new(users: Option<u32>, file: &RoomsFile) -> Result<Population, Mistake> {
        check_count("users", users)?;
        check_count("rooms.count", file.count)?;
        check_count("rooms.per_user", Some(file.per_user))?;
        let size = file.size.map(room_size).transpose()?;
        let names = names(&file.names)?;
        let seating = seating(users, file.count, size, file.per_user)?;
        check_names(&names, seating, file.per_user)?;
        Ok(Population { seating, per_user: file.per_user, names })
    }

    /// So many users, in rooms as large as these; nothing where each room draws its size.
    pub(super) fn alike(&self, users: u32) -> Option<Seating> {
        let (rooms, seats) = match self.seating {
            Seating::Even { users, rooms } => (rooms, seats(users, self.per_user)),
            Seating::Alike { rooms, seats, .. } => (rooms, seats),
            Seating::Filled { size, .. } | Seating::Counted { size, .. } => match size {
                RoomSize::Fixed(size) => (1, size.into()),
                RoomSize::Uniform { .. } | RoomSize::Zipf { .. } => return None,
            },
        };
        Some(Seating::Alike { users, rooms, seats })
    }
}

fn check_count(dotted: &str, count: Option<u32>) -> Result<(), Mistake> {
    match count {
        Some(count) if count == 0 || count > Population::USERS_MAX => {
            let remedy = format!("write a number from 1 to {}", Population::USERS_MAX);
            Err(Mistake::at(dotted, format!("`{dotted}` is {count}"), remedy))
        }
        _ => Ok(()),
    }
}

fn room_size(file: RoomSizeFile) -> Result<RoomSize, Mistake> {
    let members = |dotted: &str, count: u32| {
        if (Population::MEMBERS_MIN..=Population::USERS_MAX).contains(&count) {
            return Ok(count);
        }
        let what = if count < Population::MEMBERS_MIN {
            format!("a room of {count} has nobody to hear a message")
        } else {
            format!("a room of {count} is larger than a run can be")
        };
        let remedy = format!("write a number of members from 2 to {}", Population::USERS_MAX);
        Err(Mistake::at(dotted, what, remedy))
    };
    let ordered = |dotted: &str, min: u32, max: u32| {
        if min <= max {
            return Ok(());
        }
        let what = format!("`max` is below `min`: {max} < {min}");
        Err(Mistake::at(dotted, what, "let `max` be at least `min`"))
    };
    match file {
        RoomSizeFile::Fixed(count) => members("rooms.size", count).map(RoomSize::Fixed),
        RoomSizeFile::Drawn(DrawnCount::Uniform(uniform)) => {
            let min = members("rooms.size.uniform.min", uniform.min)?;
            let max = members("rooms.size.uniform.max", uniform.max)?;
            ordered("rooms.size.uniform.max", min, max)?;
            Ok(RoomSize::Uniform { min, max })
        }
        RoomSizeFile::Drawn(DrawnCount::Zipf(zipf)) => {
            let min = members("rooms.size.zipf.min", zipf.min)?;
            let max = members("rooms.size.zipf.max", zipf.max)?;
            ordered("rooms.size.zipf.max", min, max)?;
            if !(0.0..=10.0).contains(&zipf.exponent) {
                let what = format!("`exponent` is {}", zipf.exponent);
                let remedy = "write a number from 0 to 10, such as 1.1";
                return Err(Mistake::at("rooms.size.zipf.exponent", what, remedy));
            }
            Ok(RoomSize::Zipf { min, max, exponent: zipf.exponent })
        }
    }
}

fn names(file: &NamesFile) -> Result<RoomNames, Mistake> {
    let names = match file {
        NamesFile::Plain => return Ok(RoomNames::Plain),
        NamesFile::Provoking => return Ok(RoomNames::Provoking),
        NamesFile::List(names) => names,
    };
    let mut seen = HashSet::new();
    for (at, name) in names.iter().enumerate() {
        if !seen.insert(name) {
            let path = Path::parse("rooms.names.list").index(at);
            let what = format!("the room `{}` is listed twice", name.escape_debug());
            return Err(Mistake::new(path, what, "give every room a name of its own"));
        }
    }
    Ok(RoomNames::List(names.clone()))
}

fn seating(
    users: Option<u32>,
    rooms: Option<u32>,
    size: Option<RoomSize>,
    per_user: u32,
) -> Result<Seating, Mistake> {
    match (users, rooms, size) {
        (Some(users), Some(rooms), None) => even(users, rooms, per_user),
        (Some(users), None, Some(size)) => filled(users, size, per_user),
        (None, Some(rooms), Some(size)) => counted(rooms, size, per_user),
        (Some(users), Some(rooms), Some(RoomSize::Fixed(size))) => {
            let (seats, taken) = (seats(rooms, size), seats(users, per_user));
            if seats == taken {
                return counted(rooms, RoomSize::Fixed(size), per_user);
            }
            let what = format!(
                "`users`, `rooms.count` and `rooms.size` contradict each other: {rooms} rooms × \
                 {size} members = {seats} seats, but {users} users × {} = \
                 {taken}",
                rooms_each(per_user)
            );
            Err(Mistake::at("users", what, "leave one of the three out: it follows"))
        }
        (Some(_), Some(_), Some(_)) => {
            let what = "`users`, `rooms.count` and a drawn `rooms.size` contradict each other";
            Err(Mistake::at("users", what, "leave `users` or `rooms.count` out: it follows"))
        }
        _ => {
            let what = "how many users sit in how many rooms is not said";
            let remedy = "give two of `users`, `rooms.count` and `rooms.size`: the third follows";
            Err(Mistake::at("rooms", what, remedy))
        }
    }
}

fn seats(count: u32, each: u32) -> u64 {
    u64::from(count) * u64::from(each)
}

fn rooms_each(per_user: u32) -> String {
    format!("{per_user} {} each", if per_user == 1 { "room" } else { "rooms" })
}

fn check_seats(seats: u64) -> Result<(), Mistake> {
    if seats <= Population::SEATS_MAX {
        return Ok(());
    }
    let what = format!("the rooms together have {seats} members");
    let remedy = format!("let them have at most {} together", Population::SEATS_MAX);
    Err(Mistake::at("rooms", what, remedy))
}

fn even(users: u32, rooms: u32, per_user: u32) -> Result<Seating, Mistake> {
    let seats = seats(users, per_user);
    check_seats(seats)?;
    if seats < u64::from(rooms) * u64::from(Population::MEMBERS_MIN) {
        let what = format!(
            "{users} users × {} = {seats} members, too few for {rooms} rooms \
             of at least 2",
            rooms_each(per_user)
        );
        return Err(Mistake::at("rooms.count", what, "ask for fewer rooms, or more users"));
    }
    check_per_user(rooms, per_user)?;
    Ok(Seating::Even { users, rooms })
}

fn filled(users: u32, size: RoomSize, per_user: u32) -> Result<Seating, Mistake> {
    let seats = seats(users, per_user);
    check_seats(seats)?;
    let (dotted, largest) = match size {
        RoomSize::Fixed(size) => ("rooms.size", size),
        RoomSize::Uniform { max, .. } => ("rooms.size.uniform.max", max),
        RoomSize::Zipf { max, .. } => ("rooms.size.zipf.max", max),
    };
    if largest > users {
        let what = format!("a room of {largest} needs more than the {users} users there are");
        return Err(Mistake::at(dotted, what, "make rooms smaller, or `users` more"));
    }
    if let RoomSize::Fixed(size) = size {
        if !seats.is_multiple_of(u64::from(size)) {
            let what = format!(
                "{users} users × {} = {seats} members, which do not fill \
                 rooms of {size}: {seats} / {size} leaves {}",
                rooms_each(per_user),
                seats % u64::from(size)
            );
            let remedy = "change `users` or `rooms.size`, or give `rooms.count` instead";
            return Err(Mistake::at("rooms.size", what, remedy));
        }
        check_per_user((seats / u64::from(size)) as u32, per_user)?;
    }
    Ok(Seating::Filled { users, size })
}

fn counted(rooms: u32, size: RoomSize, per_user: u32) -> Result<Seating, Mistake> {
    check_per_user(rooms, per_user)?;
    match size {
        RoomSize::Fixed(size) => {
            let seats = seats(rooms, size);
            check_seats(seats)?;
            if !seats.is_multiple_of(u64::from(per_user)) {
                let what = format!(
                    "{rooms} rooms × {size} members = {seats} seats, which users of {per_user} \
                     rooms each do not fill: {seats} / {per_user} leaves {}",
                    seats % u64::from(per_user)
                );
                let remedy = "change `rooms.count` or `rooms.size`";
                return Err(Mistake::at("rooms.per_user", what, remedy));
            }
        }
        RoomSize::Uniform { min, .. } | RoomSize::Zipf { min, .. } => {
            check_seats(seats(rooms, min))?;
        }
    }
    Ok(Seating::Counted { rooms, size })
}

fn check_per_user(rooms: u32, per_user: u32) -> Result<(), Mistake> {
    if per_user <= rooms {
        return Ok(());
    }
    let what = format!("nobody can be in {per_user} rooms where there are {rooms}");
    Err(Mistake::at("rooms.per_user", what, "ask for more rooms, or fewer per user"))
}

fn check_names(names: &RoomNames, seating: Seating, per_user: u32) -> Result<(), Mistake> {
    let RoomNames::List(names) = names else { return Ok(()) };
    let rooms = match seating {
        Seating::Even { rooms, .. } | Seating::Counted { rooms, .. } => u64::from(rooms),
        Seating::Filled { users, size: RoomSize::Fixed(size) } => {
            seats(users, per_user) / u64::from(size)
        }
        // How many rooms it takes is known when they are drawn.
        Seating::Filled { .. } | Seating::Alike { .. } => return Ok(()),
    };
    if names.len() as u64 >= rooms {
        return Ok(());
    }
    let what = format!("{} names are too few for {rooms} rooms", names.len());
    Err(Mistake::at("rooms.names.list", what, "list more names, or write `plain`"))
}
