//! Cpu: what one delivery costs the generator at each offered load.

use std::io;

use serde::Serialize;

use super::load::{self, LoadRun};
use super::{Bench, Outcome, PING, outcome};
use crate::stats::Spread;

/// All repetitions of one offered load, of the floor and of the generators beside it.
#[derive(Debug, Serialize)]
pub(crate) struct LoadRow {
    pub(crate) offered_per_s: u64,
    /// In the order of the generators, the churning one last; each with its repetitions.
    pub(crate) runs: Vec<Vec<Outcome<LoadRun>>>,
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
    let generators: Vec<_> = bench.generators.iter().chain(&bench.churning).collect();
    let mut rows = Vec::new();
    for &offered_per_s in &bench.loads {
        let mut runs: Vec<_> = generators.iter().map(|_| Vec::new()).collect();
        for repetition in 1..=bench.repetitions {
            for (generator, runs) in generators.iter().zip(&mut runs) {
                let step = format!("cpu-{offered_per_s}-{repetition}");
                let run = load::run(bench, generator, PING, offered_per_s as f64, &step);
                let cost =
                    |run: &LoadRun| format!("{:.2} µs a delivery", run.window.cpu_us_per_delivery);
                runs.push(outcome(&step, generator, run, cost));
            }
        }
        rows.push(LoadRow { offered_per_s, runs });
    }
    Ok(rows)
}
