//! Batches: the same many times over, and what each time adds to the server's memory.

use std::cell::Cell;
use std::time::Duration;

use crate::conformance::chat::member::{Member, join_packet};
use crate::conformance::finding::{Found, Stop};
use crate::conformance::lanes::side_by_side;
use crate::conformance::peer::{Packet, Via};
use crate::conformance::process::{Kept, Process};
use crate::conformance::trial::Trial;

const VISITS_MAX: usize = 1_500;
const BATCH_TIME_MAX: Duration = Duration::from_secs(3);
const FILE_VISITS: usize = 200;
const ROOM_VISITS: usize = 100;
const ROOMS_PER_VISIT: usize = 200;
const BATCHES: usize = 3;
const BATCHES_MAX: usize = 5;
const GROWTH_BYTES_MAX: u64 = 5_000_000;
/// A server closes and frees a while after a client has gone.
const SETTLES_WITHIN: Duration = Duration::from_secs(3);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// Files that a server may open for itself meanwhile.
const FILES_SLACK: u64 = 3;

pub(super) async fn of_visits(trial: &Trial) -> Found {
    // As many as the first batch has time for, then the same each time.
    let visits = Cell::new(VISITS_MAX);
    stay_flat(trial, BATCHES, async |batch| {
        let until = trial.clock().now() + BATCH_TIME_MAX;
        let one = async |number| {
            if batch == 0 && trial.clock().now() >= until {
                return Ok(0);
            }
            visit(trial, &trial.room(&format!("{batch}-{}", number % 20))).await.map(|()| 1)
        };
        let done = side_by_side(visits.get(), one).await;
        visits.set(done.into_iter().sum::<Result<usize, Stop>>()?);
        Ok(())
    })
    .await
}

pub(super) async fn of_rooms(trial: &Trial) -> Found {
    stay_flat(trial, BATCHES, async |batch| {
        for number in 0..ROOM_VISITS {
            let mut member = Member::connect(trial, Via::WebSocket, "a").await?;
            let join = |room: usize| {
                let room = trial.room(&format!("{batch}-{number}-{room}"));
                join_packet(trial, &room, "a").map(Packet::Text)
            };
            let joins: Result<Vec<Packet>, Stop> = (0..ROOMS_PER_VISIT).map(join).collect();
            let joins = joins?;
            member.peer.send_all(&joins).await?;
            member.settle().await?;
            member.peer.cut().await;
        }
        Ok(())
    })
    .await
}

pub(super) async fn files_of_visits(trial: &Trial) -> Found {
    let process = process_of(trial)?;
    let room = trial.room("room");
    // What the first visit of all opens for good is not counted.
    visit(trial, &room).await?;
    trial.pause(trial.patience().quiet).await;
    let before = process.kept()?.files;
    for _ in 0..FILE_VISITS {
        visit(trial, &room).await?;
    }
    files_return_to(trial, process, before).await
}

/// One user who comes, joins, speaks and is cut off.
async fn visit(trial: &Trial, room: &str) -> Result<(), Stop> {
    let mut member = Member::connect(trial, Via::WebSocket, "a").await?;
    member.ask(room).await?;
    member.say(room, "hello").await?;
    member.settle().await?;
    member.peer.cut().await;
    Ok(())
}

/// Does `batch` over and over, at least `batches_min` times, until one of them adds nothing to
/// speak of. A leak grows each time; a server that collects garbage sometimes does, too.
pub(super) async fn stay_flat(
    trial: &Trial,
    batches_min: usize,
    batch: impl AsyncFn(usize) -> Result<(), Stop>,
) -> Found {
    let process = process_of(trial)?;
    let mut memory = Vec::new();
    for number in 0..BATCHES_MAX {
        batch(number).await?;
        trial.pause(trial.patience().quiet).await;
        memory.push(process.kept()?.memory_bytes);
        if memory.len() >= batches_min && is_flat(&memory) {
            return Ok(told(&memory));
        }
    }
    Err(Stop::failed("a later batch adds less than 10 % and 5 MB", told(&memory)))
}

/// Whether the last of `memory` is hardly more than the one before.
fn is_flat(memory: &[u64]) -> bool {
    let [.., before, last] = memory else { return true };
    *last < before + before / 10 + GROWTH_BYTES_MAX
}

fn told(memory: &[u64]) -> String {
    let megabytes: Vec<String> =
        memory.iter().map(|bytes| format!("{:.1}", *bytes as f64 / 1e6)).collect();
    format!("memory after each batch: {} MB", megabytes.join(", "))
}

/// Wants the server to have no more files open than `before`, in a while at the latest.
pub(super) async fn files_return_to(trial: &Trial, process: Process, before: u64) -> Found {
    let until = trial.clock().now() + SETTLES_WITHIN;
    loop {
        let Kept { files, .. } = process.kept()?;
        if files <= before + FILES_SLACK {
            return Ok(format!("{before} open files before, {files} afterwards"));
        }
        if trial.clock().now() >= until {
            let observed = format!("{before} before, {files} afterwards");
            return Err(Stop::failed("as many open files as before", observed));
        }
        trial.pause(BETWEEN_LOOKS).await;
    }
}

pub(super) fn process_of(trial: &Trial) -> Result<Process, Stop> {
    let none = || Stop::NotApplicable("no process to look at: `--pid`".into());
    trial.target().process.map(Process::new).ok_or_else(none)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_measured_between_the_last_two_and_has_a_tolerance() {
        assert!(is_flat(&[10_000_000, 60_000_000, 61_000_000]));
        assert!(is_flat(&[10_000_000, 60_000_000, 70_000_000]));
        assert!(!is_flat(&[10_000_000, 60_000_000, 71_000_000]));
        assert!(is_flat(&[60_000_000, 50_000_000]));
    }
}
