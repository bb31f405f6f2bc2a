//! Args: the bench's command line, its two child processes included.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// What chatbench costs beside a bare loop on the same sockets.
#[derive(Debug, Parser)]
#[command(name = "floor", args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Passed by `cargo bench`; without it (`cargo test --benches`) nothing is measured.
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// The processes that the bench starts of itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The server: relays, and does nothing else.
    Blaster(BlasterArgs),
    /// The bare generator: sends, counts, and does nothing else.
    Floor(FloorArgs),
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// One short repetition of each measurement, to see that all is in order.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Repetitions of each measurement of CPU time; the median is reported.
    #[arg(long, value_name = "N")]
    pub(crate) repetitions: Option<usize>,
    /// Deliveries per second at which CPU time is measured.
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    pub(crate) loads: Option<Vec<u64>>,
    /// Measures only these.
    #[arg(long, value_name = "WHAT,…", value_delimiter = ',')]
    pub(crate) only: Vec<Measurement>,
    /// Measures the floor alone.
    #[arg(long)]
    pub(crate) floor_only: bool,
    /// Measures this command in chatbench's place: split at spaces, with `{port}`, `{clients}`,
    /// `{room_size}`, `{sends}` (per second) and `{seconds}` filled in, pinned like the others.
    #[arg(long, value_name = "COMMAND", conflicts_with = "floor_only")]
    pub(crate) generator_cmd: Option<String>,
    /// Measures the CPU time of chatbench also while this percentage of its clients moves each
    /// second.
    #[arg(long, value_name = "PERCENT", value_parser = percentage)]
    #[arg(conflicts_with_all = ["floor_only", "generator_cmd"])]
    pub(crate) churn: Option<f64>,
    /// Keeps chatbench's scenarios, reports and output here.
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Prints JSON instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

fn percentage(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').parse::<f64>().map_err(|error| error.to_string())?;
    let is_some = (0.0..=100.0).contains(&number) && number > 0.0;
    is_some.then_some(number).ok_or_else(|| format!("{text} is not more than 0 and at most 100"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Measurement {
    Cpu,
    Saturation,
    Memory,
    Connects,
}

impl RunArgs {
    pub(crate) fn measures(&self, what: Measurement) -> bool {
        self.only.is_empty() || self.only.contains(&what)
    }
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BlasterArgs {
    /// Milliseconds between two pings to one client.
    #[arg(long, default_value_t = 25_000)]
    pub(crate) ping_ms: u64,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FloorArgs {
    #[arg(long)]
    pub(crate) port: u16,
    #[arg(long)]
    pub(crate) clients: usize,
    #[arg(long, default_value_t = 10)]
    pub(crate) room_size: usize,
    /// Messages per second, evenly spaced, by all clients together.
    #[arg(long, default_value_t = 0.0)]
    pub(crate) sends: f64,
    /// Stamps every message with its time and measures how long it took.
    #[arg(long)]
    pub(crate) latency: bool,
}
