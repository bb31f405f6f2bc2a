//! Shards: whole cells dealt out so that each shard has about as much to hear as the others.

use std::cmp::Reverse;

use super::Plan;
use crate::chat::{RoomId, UserId};

/// What one shard looks after: whole cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShardPlan {
    /// Its rooms, by rising number.
    pub rooms: Vec<RoomId>,
    /// Their members, by rising number, each once.
    pub users: Vec<UserId>,
}

/// Gives the cell with most to hear to the shard with least, and so on (Graham's rule: no shard
/// gets more than a third above the best there is, if no cell is larger than a shard's share).
pub(super) fn divide(plan: &Plan, shards: usize) -> Vec<ShardPlan> {
    let cells = plan.cells as usize;
    let weights = weights(plan);
    let mut order: Vec<usize> = (0..cells).collect();
    order.sort_by_key(|&cell| (Reverse(weights[cell]), cell));
    let mut loads = vec![0_u64; shards.clamp(1, cells.max(1))];
    let mut shard_of = vec![0; cells];
    for cell in order {
        let lightest = (0..loads.len()).min_by_key(|&shard| loads[shard]).unwrap_or(0);
        loads[lightest] += weights[cell];
        shard_of[cell] = lightest;
    }
    collect(plan, &shard_of, loads.len())
}

/// What each cell hears while each of its speakers says one thing: deliveries, and as much again
/// for the sending; never 0, so that no shard stays empty.
fn weights(plan: &Plan) -> Vec<u64> {
    let mut weights = vec![0; plan.cells as usize];
    for room in &plan.rooms {
        weights[room.cell as usize] += u64::from(room.speakers) * room.members.len() as u64;
    }
    weights
}

fn collect(plan: &Plan, shard_of: &[usize], shards: usize) -> Vec<ShardPlan> {
    let mut divided = vec![ShardPlan::default(); shards];
    for (room, id) in plan.rooms.iter().zip(0..) {
        divided[shard_of[room.cell as usize]].rooms.push(RoomId(id));
    }
    for (user, id) in plan.users.iter().zip(0..) {
        let (room, _) = user.memberships[0];
        let cell = plan.rooms[room.index()].cell;
        divided[shard_of[cell as usize]].users.push(UserId(id));
    }
    divided
}
