//! Room sizes: how many members each room has, drawn room by room.

use rand::RngExt;
use rand::distr::weighted::WeightedIndex;
use rand_distr::Distribution;

use crate::scenario::model::{Population, RoomSize, Seating};
use crate::scenario::seed::{Purpose, generator};

/// What went wrong, and the remedy.
type Complaint = (String, String);

/// The number of members of every room. Together they are a multiple of `per_user`.
pub(super) fn room_sizes(population: &Population, seed: u64) -> Result<Vec<u32>, Complaint> {
    let per_user = u64::from(population.per_user);
    match population.seating {
        Seating::Even { users, rooms } => Ok(even(u64::from(users) * per_user, rooms)),
        Seating::Filled { users, size } => {
            let draw = Draw::new(size, seed);
            Ok(filled(u64::from(users) * per_user, draw.max(), |room| draw.size(room)))
        }
        Seating::Alike { users, rooms, seats } => {
            let most = seats.div_ceil(u64::from(rooms)).min(users.into()) as u32;
            let size = |room: u32| part(seats, rooms, room.into()).min(users);
            Ok(filled(u64::from(users) * per_user, most, size))
        }
        Seating::Counted { rooms, size } => {
            let draw = Draw::new(size, seed);
            let mut sizes: Vec<u32> = (0..rooms).map(|room| draw.size(room)).collect();
            let seats: u64 = sizes.iter().copied().map(u64::from).sum();
            if seats > Population::SEATS_MAX {
                let what = format!("the rooms drew {seats} members together");
                let most = Population::SEATS_MAX;
                return Err((what, format!("ask for fewer or smaller rooms: {most} members")));
            }
            fill_up(&mut sizes, (per_user - seats % per_user) % per_user, draw.max());
            Ok(sizes)
        }
    }
}

/// Sizes that differ by one at most.
fn even(seats: u64, rooms: u32) -> Vec<u32> {
    (0..u64::from(rooms)).map(|room| part(seats, rooms, room)).collect()
}

/// The seats of `room`, where `rooms` share `seats`; what comes after these is the same again.
fn part(seats: u64, rooms: u32, room: u64) -> u32 {
    let end = |room: u64| seats * room / u64::from(rooms);
    (end(room + 1) - end(room)) as u32
}

/// Rooms of these sizes, `most` at most, until all seats are given out. The last room takes what
/// is left; a single seat left goes to a room before it, as nobody is there to hear its user.
fn filled(seats: u64, most: u32, size_of: impl Fn(u32) -> u32) -> Vec<u32> {
    let mut sizes = Vec::new();
    let mut left = seats;
    while left >= u64::from(Population::MEMBERS_MIN) {
        let size = u64::from(size_of(sizes.len() as u32)).min(left);
        sizes.push(size as u32);
        left -= size;
    }
    fill_up(&mut sizes, left, most);
    sizes
}

/// Adds `missing` members, one to a room, to the last rooms that are not at `max`.
fn fill_up(sizes: &mut [u32], missing: u64, max: u32) {
    let mut left = missing;
    for size in sizes.iter_mut().rev() {
        if left > 0 && *size < max {
            *size += 1;
            left -= 1;
        }
    }
    if let Some(last) = sizes.last_mut() {
        *last += left as u32;
    }
}

/// Draws the size of a room from its own sub-seed.
struct Draw {
    size: RoomSize,
    zipf: Option<WeightedIndex<f64>>,
    seed: u64,
}

impl Draw {
    fn new(size: RoomSize, seed: u64) -> Draw {
        let zipf = match size {
            RoomSize::Zipf { min, max, exponent } => {
                let weights = (min..=max).map(|size| f64::from(size).powf(-exponent));
                Some(WeightedIndex::new(weights).expect("min is at most max, and no weight is 0"))
            }
            RoomSize::Fixed(_) | RoomSize::Uniform { .. } => None,
        };
        Draw { size, zipf, seed }
    }

    fn size(&self, room: u32) -> u32 {
        let mut random = generator(self.seed, Purpose::RoomSize, room.into());
        match (self.size, &self.zipf) {
            (RoomSize::Fixed(size), _) => size,
            (RoomSize::Uniform { min, max }, _) => random.random_range(min..=max),
            (RoomSize::Zipf { min, .. }, Some(zipf)) => min + zipf.sample(&mut random) as u32,
            (RoomSize::Zipf { .. }, None) => unreachable!("a Zipf draw has its weights"),
        }
    }

    fn max(&self) -> u32 {
        match self.size {
            RoomSize::Fixed(max) | RoomSize::Uniform { max, .. } | RoomSize::Zipf { max, .. } => {
                max
            }
        }
    }
}
