//! Connects: how fast clients come to stand in their rooms when nothing holds them back.

use std::io;

use serde::Serialize;

use super::{Bench, Outcome, PING, outcome};
use crate::generator::Generator;
use crate::stats::Spread;

const CLIENTS: usize = 2000;

/// All repetitions of one generator, in clients per second.
#[derive(Debug, Serialize)]
pub(crate) struct ConnectRun {
    pub(crate) generator: String,
    pub(crate) clients: usize,
    pub(crate) per_s: Vec<Outcome<f64>>,
}

impl ConnectRun {
    pub(crate) fn spread(&self) -> Option<Spread> {
        Spread::of(self.per_s.iter().flatten().copied())
    }
}

pub(super) fn measure(bench: &Bench) -> io::Result<Vec<ConnectRun>> {
    let named = |generator: &Generator| ConnectRun {
        generator: generator.name().to_owned(),
        clients: CLIENTS,
        per_s: Vec::new(),
    };
    let mut runs: Vec<ConnectRun> = bench.generators.iter().map(named).collect();
    for repetition in 1..=bench.repetitions {
        for (generator, run) in bench.generators.iter().zip(&mut runs) {
            let step = format!("connects-{repetition}");
            let rate = one(bench, generator, &step);
            let shown = |rate: &f64| format!("{rate:.0} connects/s");
            run.per_s.push(outcome(&step, generator, rate, shown));
        }
    }
    Ok(runs)
}

/// From the first connection that the server accepts to the last join it hears of.
fn one(bench: &Bench, generator: &Generator, step: &str) -> io::Result<f64> {
    let dir = bench.dir(&format!("{step}-{}", generator.name()));
    let mut pair = bench.start(generator, PING, CLIENTS, 0.0, &dir)?;
    let joining_ns = pair.server.counters()?.joining_ns;
    pair.stop()?;
    Ok(CLIENTS as f64 * 1e9 / joining_ns as f64)
}
