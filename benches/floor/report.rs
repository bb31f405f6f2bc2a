//! Report: what the bench found, as tables for people or as JSON.

mod tables;

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

use crate::generator::Generator;
use crate::machine::Machine;
use crate::measure::{ConnectRun, LoadRow, MemoryRun, Rung};

/// The bars that chatbench must meet; a ratio is chatbench's figure over the floor's.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Bars {
    pub(crate) cpu_ratio_max: f64,
    pub(crate) deliveries_per_s_min: f64,
    pub(crate) bytes_per_client_max: f64,
    pub(crate) connects_ratio_min: f64,
}

const BARS: Bars = Bars {
    cpu_ratio_max: 1.5,
    deliveries_per_s_min: 250_000.0,
    bytes_per_client_max: 8.0 * 1024.0,
    connects_ratio_min: 0.5,
};

/// All that was measured; what was not asked for is empty.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) command: String,
    /// What is measured beside the floor, if anything is.
    pub(crate) subject: Option<String>,
    /// The percentage of the clients that move each second where that is measured, too.
    pub(crate) churn: Option<f64>,
    pub(crate) bars: Bars,
    pub(crate) cpu: Vec<LoadRow>,
    pub(crate) saturation: Vec<Rung>,
    pub(crate) memory: Vec<MemoryRun>,
    pub(crate) connects: Vec<ConnectRun>,
}

impl Report {
    pub(crate) fn new(machine: Machine, subject: Option<&Generator>) -> Report {
        let given = std::env::args().skip(1).filter(|arg| arg != "--bench");
        let start = ["cargo", "bench", "--bench", "floor", "--"].map(str::to_owned);
        Report {
            machine,
            command: start.into_iter().chain(given).collect::<Vec<_>>().join(" "),
            subject: subject.map(|generator| generator.name().to_owned()),
            churn: None,
            bars: BARS,
            cpu: Vec::new(),
            saturation: Vec::new(),
            memory: Vec::new(),
            connects: Vec::new(),
        }
    }
}

pub(crate) fn print(report: &Report, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, report)?;
        return writeln!(out);
    }
    out.write_all(tables::write(report).as_bytes())
}

/// Said by `cargo test --benches`, which runs every bench to see that it starts.
pub(crate) fn hint() -> io::Result<()> {
    writeln!(io::stdout(), "nothing measured; `cargo bench --bench floor` does")
}

pub(crate) fn complain(error: &dyn Display) {
    // There is nowhere left to say that this failed.
    writeln!(io::stderr(), "floor: {error}").ok();
}
