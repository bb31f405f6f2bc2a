//! Load: one generator under one offered load, from its start to its verdict.

use std::io;
use std::time::Duration;

use serde::Serialize;

use super::window::{Window, watch};
use super::{Bench, CLIENTS, RECEIVERS};
use crate::generator::Generator;

/// What one run showed.
#[derive(Debug, Serialize)]
pub(crate) struct LoadRun {
    pub(crate) window: Window,
    /// What the generator thought of the server.
    pub(crate) verdict: String,
}

/// Offers `offered` deliveries per second to a server that pings every client each `ping`.
pub(super) fn run(
    bench: &Bench,
    generator: &Generator,
    ping: Duration,
    offered: f64,
    step: &str,
) -> io::Result<LoadRun> {
    let dir = bench.dir(&format!("{step}-{}", generator.name()));
    let mut pair = bench.start(generator, ping, CLIENTS, offered / RECEIVERS, &dir)?;
    let window = watch(&mut pair, offered, bench.window())?;
    let verdict = pair.end(Duration::from_secs_f64(bench.sending_seconds()))?;
    Ok(LoadRun { window, verdict })
}
