//! Saturation: how many deliveries per second one core of generator takes at most.

use std::io;
use std::time::Duration;

use serde::Serialize;

use super::window::{RATE_TOLERANCE, Window, watch};
use super::{Bench, CLIENTS, Outcome, RECEIVERS, progress};
use crate::generator::Generator;

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
    pub(crate) run: Outcome<RungRun>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RungRun {
    pub(crate) window: Window,
    pub(crate) verdict: String,
}

pub(super) fn measure(bench: &Bench) -> io::Result<Vec<Rung>> {
    let rungs: &[u64] = if bench.quick { &QUICK_RUNGS } else { &RUNGS };
    let mut taken = Vec::new();
    for generator in &bench.generators {
        for &offered_per_s in rungs {
            let step = format!("saturation-{offered_per_s}");
            let run = one(bench, generator, offered_per_s as f64, &step);
            let run = run.map_err(|error| error.to_string());
            let delivered = run.as_ref().map(|run| run.window.confirmed_per_s);
            let shown = delivered.map(|rate| format!("{rate:.0} deliveries/s"));
            progress(&step, generator, &shown.map_err(Clone::clone));
            let most = offered_per_s as f64 * (1.0 - 2.0 * RATE_TOLERANCE);
            let reached = delivered.is_ok_and(|delivered| delivered >= most);
            taken.push(Rung { generator: generator.name().to_owned(), offered_per_s, run });
            if !reached {
                break;
            }
        }
    }
    Ok(taken)
}

fn one(bench: &Bench, generator: &Generator, offered: f64, step: &str) -> io::Result<RungRun> {
    let dir = bench.dir(&format!("{step}-{}", generator.name()));
    let mut pair = bench.start(generator, PING, CLIENTS, offered / RECEIVERS, &dir)?;
    let window = watch(&mut pair, offered, bench.window())?;
    let verdict = pair.end(Duration::from_secs_f64(bench.sending_seconds()))?;
    Ok(RungRun { window, verdict })
}
