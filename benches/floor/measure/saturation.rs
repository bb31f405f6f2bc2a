//! Saturation: how many deliveries per second one core of generator takes at most.

use std::io;
use std::time::Duration;

use serde::Serialize;

use super::load::{self, LoadRun};
use super::window::RATE_TOLERANCE;
use super::{Bench, Outcome, outcome};

/// Offered one after the other until they are no longer reached.
const RUNGS: [u64; 5] = [250_000, 400_000, 600_000, 800_000, 1_000_000];
/// In a short run, only this.
const QUICK_RUNGS: [u64; 1] = [400_000];
/// Short, since a delivery counts here only once its receiver has answered a later ping: the
/// sockets' buffers hold seconds' worth of what nobody has read.
const PING: Duration = Duration::from_millis(500);

/// One offered load of one generator.
#[derive(Debug, Serialize)]
pub(crate) struct Rung {
    pub(crate) generator: String,
    pub(crate) offered_per_s: u64,
    pub(crate) run: Outcome<LoadRun>,
}

pub(super) fn measure(bench: &Bench) -> io::Result<Vec<Rung>> {
    let rungs: &[u64] = if bench.quick { &QUICK_RUNGS } else { &RUNGS };
    let mut taken = Vec::new();
    for generator in &bench.generators {
        for &offered_per_s in rungs {
            let step = format!("saturation-{offered_per_s}");
            let run = load::run(bench, generator, PING, offered_per_s as f64, &step);
            let run = outcome(&step, generator, run, |run| {
                format!("{:.0} deliveries/s", run.window.confirmed_per_s)
            });
            // Twice the tolerance, since what is confirmed comes in steps, a ping apart.
            let least = offered_per_s as f64 * (1.0 - 2.0 * RATE_TOLERANCE);
            let reached = run.as_ref().is_ok_and(|run| run.window.confirmed_per_s >= least);
            taken.push(Rung { generator: generator.name().to_owned(), offered_per_s, run });
            if !reached {
                break;
            }
        }
    }
    Ok(taken)
}
