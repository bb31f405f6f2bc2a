//! Cells: closed groups of rooms and users, and who sits where within each.

use std::ops::Range;

use rand::RngExt;
use rand::seq::SliceRandom;

use super::Room;
use crate::chat::UserId;
use crate::scenario::seed::{Purpose, generator};

/// Rooms and users, each in a row, that have nobody in common with the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) rooms: Range<u32>,
    pub(super) users: Range<u32>,
}

/// Rooms of a cell, for each room that a user is in: enough that users in one room part again
/// in the next, few enough that there are many cells.
const ROOMS_PER_MEMBERSHIP: u32 = 4;

/// Divides rooms of these `sizes` into cells, from the first room on: a cell is complete as soon
/// as it has rooms enough, its seats are filled by whole users, and its largest room by different
/// ones. What is left over at the end joins the last cell; so a room more changes no cell but the
/// last.
///
/// Of the rooms that a user ever is in, `rooms_ever`, it is in `per_user` at a time.
pub(super) fn divide(
    sizes: &[u32],
    per_user: u32,
    rooms_ever: u32,
) -> Result<Vec<Cell>, (String, String)> {
    let rooms_min = if rooms_ever == 1 { 1 } else { ROOMS_PER_MEMBERSHIP * rooms_ever };
    let mut cells = Vec::new();
    let mut open = Open::default();
    for (room, &size) in sizes.iter().enumerate() {
        open.seats += u64::from(size);
        open.largest = open.largest.max(size);
        let end = room as u32 + 1;
        if end - open.first_room >= rooms_min && open.can_be_seated(per_user) {
            let users = (open.seats / u64::from(per_user)) as u32;
            cells.push(Cell {
                rooms: open.first_room..end,
                users: open.first_user..open.first_user + users,
            });
            open = Open { first_room: end, first_user: open.first_user + users, ..Open::default() };
        }
    }
    close(cells, &open, sizes, per_user)
}

/// A cell that is not complete yet.
#[derive(Default)]
struct Open {
    first_room: u32,
    first_user: u32,
    seats: u64,
    largest: u32,
}

impl Open {
    fn can_be_seated(&self, per_user: u32) -> bool {
        self.seats.is_multiple_of(u64::from(per_user))
            && u64::from(self.largest) * u64::from(per_user) <= self.seats
    }
}

fn close(
    mut cells: Vec<Cell>,
    open: &Open,
    sizes: &[u32],
    per_user: u32,
) -> Result<Vec<Cell>, (String, String)> {
    let rooms = sizes.len() as u32;
    if open.first_room == rooms {
        return Ok(cells);
    }
    let mut tail = Open { seats: open.seats, largest: open.largest, ..*open };
    // The last complete cells give up their rooms until the rest can be seated with them.
    while let Some(cell) = cells.pop() {
        let given_up = &sizes[cell.rooms.start as usize..cell.rooms.end as usize];
        tail.first_room = cell.rooms.start;
        tail.first_user = cell.users.start;
        tail.seats += given_up.iter().copied().map(u64::from).sum::<u64>();
        tail.largest = tail.largest.max(given_up.iter().copied().max().unwrap_or(0));
        if tail.can_be_seated(per_user) {
            break;
        }
    }
    if !tail.can_be_seated(per_user) {
        let users = tail.seats / u64::from(per_user);
        let what = format!(
            "the largest room drew {} members, but {} seats with {per_user} rooms each are only \
             {users} users",
            tail.largest, tail.seats
        );
        return Err((what, "ask for more rooms, smaller ones, or fewer per user".into()));
    }
    let users = (tail.seats / u64::from(per_user)) as u32;
    cells.push(Cell {
        rooms: tail.first_room..rooms,
        users: tail.first_user..tail.first_user + users,
    });
    Ok(cells)
}

/// The members of every room.
pub(super) fn seat(cells: &[Cell], sizes: &[u32], per_user: u32, seed: u64) -> Vec<Box<[UserId]>> {
    let mut rooms = Vec::with_capacity(sizes.len());
    for (cell, index) in cells.iter().zip(0..) {
        let sizes = &sizes[cell.rooms.start as usize..cell.rooms.end as usize];
        rooms.extend(seat_cell(cell, sizes, per_user, generator(seed, Purpose::Seating, index)));
    }
    rooms
}

/// Deals the users out in a circle, which fills every seat and puts nobody twice into a room that
/// is no larger than the circle; then lets pairs of members change places where that keeps it so.
fn seat_cell(
    cell: &Cell,
    sizes: &[u32],
    per_user: u32,
    mut random: impl rand::Rng,
) -> Vec<Box<[UserId]>> {
    let mut circle: Vec<UserId> = cell.users.clone().map(UserId).collect();
    if per_user > 1 {
        circle.shuffle(&mut random);
    }
    let mut users = circle.iter().cycle().copied();
    let mut rooms: Vec<Box<[UserId]>> =
        sizes.iter().map(|&size| users.by_ref().take(size as usize).collect()).collect();
    if per_user > 1 {
        swap_members(&mut rooms, cell.users.start, circle.len(), &mut random);
    }
    rooms
}

/// Gives every user a place in one more room of its cell, for it to go to.
pub(super) fn add_spares(
    cells: &[Cell],
    rooms: &mut [Room],
    seed: u64,
) -> Result<(), (String, String)> {
    for cell in cells {
        let rooms = &mut rooms[cell.rooms.start as usize..cell.rooms.end as usize];
        let mut rooms_of = vec![Vec::new(); cell.users.len()];
        for (place, room) in rooms.iter().enumerate() {
            for member in &room.members {
                rooms_of[(member.0 - cell.users.start) as usize].push(place);
            }
        }
        let mut spares = vec![Vec::new(); rooms.len()];
        for (user, own) in cell.users.clone().zip(&rooms_of) {
            let others = rooms.len() - own.len();
            if others == 0 {
                let what = "nobody can switch rooms: everybody is in all of them".into();
                return Err((what, "ask for more rooms, or leave `load.churn.switch` out".into()));
            }
            let mut place = generator(seed, Purpose::Spare, user.into()).random_range(0..others);
            // Its own rooms, which are in order, are left out.
            own.iter().for_each(|own| place += usize::from(*own <= place));
            spares[place].push(UserId(user));
        }
        for (room, spares) in rooms.iter_mut().zip(spares) {
            room.members = room.members.iter().copied().chain(spares).collect();
        }
    }
    Ok(())
}

/// Swaps tried for each seat: two shuffle a cell well past recognition.
const SWAPS_PER_SEAT: usize = 2;

fn swap_members(
    rooms: &mut [Box<[UserId]>],
    first_user: u32,
    users: usize,
    random: &mut impl rand::Rng,
) {
    let seats: Vec<(usize, usize)> = rooms
        .iter()
        .enumerate()
        .flat_map(|(room, members)| (0..members.len()).map(move |slot| (room, slot)))
        .collect();
    let mut rooms_of = vec![Vec::new(); users];
    let place = |user: UserId| (user.0 - first_user) as usize;
    for &(room, slot) in &seats {
        rooms_of[place(rooms[room][slot])].push(room);
    }
    for _ in 0..seats.len() * SWAPS_PER_SEAT {
        let (here, my_slot) = seats[random.random_range(0..seats.len())];
        let (there, your_slot) = seats[random.random_range(0..seats.len())];
        let (me, you) = (rooms[here][my_slot], rooms[there][your_slot]);
        let (my_rooms, your_rooms) = (&rooms_of[place(me)], &rooms_of[place(you)]);
        if my_rooms.contains(&there) || your_rooms.contains(&here) {
            continue;
        }
        rooms[here][my_slot] = you;
        rooms[there][your_slot] = me;
        replace(&mut rooms_of[place(me)], here, there);
        replace(&mut rooms_of[place(you)], there, here);
    }
}

fn replace(rooms: &mut [usize], old: usize, new: usize) {
    if let Some(room) = rooms.iter_mut().find(|room| **room == old) {
        *room = new;
    }
}
