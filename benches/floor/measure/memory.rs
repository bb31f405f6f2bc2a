//! Memory: what one client more costs while it has nothing to do.

use std::io;
use std::time::Duration;

use serde::Serialize;

use super::{Bench, Outcome, PING, outcome};
use crate::generator::Generator;

/// Buffers lent for the handshakes are given back in this time, or they belong to the client.
const SETTLE: Duration = Duration::from_secs(2);

/// One generator with few clients and with many.
#[derive(Debug, Serialize)]
pub(crate) struct MemoryRun {
    pub(crate) generator: String,
    pub(crate) few_clients: usize,
    pub(crate) many_clients: usize,
    pub(crate) bytes: Outcome<MemoryBytes>,
}

/// Resident bytes, and how many more there are for each client more.
///
/// The difference of two runs, rather than of two moments of one: a process that is just about
/// to connect cannot be told from outside, and what it allocates beforehand for each client is
/// a client's cost too.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct MemoryBytes {
    pub(crate) few: u64,
    pub(crate) many: u64,
    pub(crate) per_client: f64,
}

pub(super) fn measure(bench: &Bench) -> io::Result<Vec<MemoryRun>> {
    let (few_clients, many_clients) = if bench.quick { (200, 2000) } else { (500, 5000) };
    let mut runs = Vec::new();
    for generator in &bench.generators {
        let bytes = both(bench, generator, few_clients, many_clients);
        let bytes = outcome("memory", generator, bytes, |bytes| {
            format!("{:.0} bytes a client", bytes.per_client)
        });
        let generator = generator.name().to_owned();
        runs.push(MemoryRun { generator, few_clients, many_clients, bytes });
    }
    Ok(runs)
}

fn both(
    bench: &Bench,
    generator: &Generator,
    few_clients: usize,
    many_clients: usize,
) -> io::Result<MemoryBytes> {
    let few = idle(bench, generator, few_clients)?;
    let many = idle(bench, generator, many_clients)?;
    let more = many as f64 - few as f64;
    Ok(MemoryBytes { few, many, per_client: more / (many_clients - few_clients) as f64 })
}

fn idle(bench: &Bench, generator: &Generator, clients: usize) -> io::Result<u64> {
    let dir = bench.dir(&format!("memory-{clients}-{}", generator.name()));
    let pair = bench.start(generator, PING, clients, 0.0, &dir)?;
    std::thread::sleep(SETTLE);
    let bytes = pair.generator.resident_bytes()?;
    pair.stop()?;
    Ok(bytes)
}
