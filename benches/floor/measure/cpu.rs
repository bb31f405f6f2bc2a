//! Cpu: what one delivery costs the generator at each offered load.

use std::io;

use serde::Serialize;

use super::window::{Window, watch};
use super::{Bench, CLIENTS, Outcome, PING, RECEIVERS, progress};
use crate::generator::Generator;
use crate::stats::Spread;

/// All repetitions of one offered load, of the floor and of the generator beside it.
#[derive(Debug, Serialize)]
pub(crate) struct LoadRow {
    pub(crate) offered_per_s: u64,
    /// In the order of the generators, each with its repetitions.
    pub(crate) runs: Vec<Vec<Outcome<LoadRun>>>,
}

/// One run at one load.
#[derive(Debug, Serialize)]
pub(crate) struct LoadRun {
    pub(crate) window: Window,
    pub(crate) verdict: String,
}

impl LoadRow {
    /// Microseconds of CPU time per delivery, of the generator in this place.
    pub(crate) fn cost(&self, generator: usize) -> Option<Spread> {
        let runs = self.runs.get(generator)?.iter().flatten();
        Spread::of(runs.map(|run| run.window.cpu_us_per_delivery))
    }
}

/// Alternates the generators, so that what changes with time meets both.
pub(super) fn measure(bench: &Bench) -> io::Result<Vec<LoadRow>> {
    let mut rows = Vec::new();
    for &offered_per_s in &bench.loads {
        let mut runs: Vec<_> = bench.generators.iter().map(|_| Vec::new()).collect();
        for repetition in 1..=bench.repetitions {
            for (generator, runs) in bench.generators.iter().zip(&mut runs) {
                let step = format!("cpu-{offered_per_s}-{repetition}");
                let run = one(bench, generator, offered_per_s as f64, &step);
                let run = run.map_err(|error| error.to_string());
                let shown = run
                    .as_ref()
                    .map(|run| format!("{:.2} µs a delivery", run.window.cpu_us_per_delivery));
                progress(&step, generator, &shown.map_err(Clone::clone));
                runs.push(run);
            }
        }
        rows.push(LoadRow { offered_per_s, runs });
    }
    Ok(rows)
}

fn one(bench: &Bench, generator: &Generator, offered: f64, step: &str) -> io::Result<LoadRun> {
    let dir = bench.dir(&format!("{step}-{}", generator.name()));
    let mut pair = bench.start(generator, PING, CLIENTS, offered / RECEIVERS, &dir)?;
    let window = watch(&mut pair, offered, bench.window())?;
    let verdict = pair.end(std::time::Duration::from_secs_f64(bench.sending_seconds()))?;
    Ok(LoadRun { window, verdict })
}
