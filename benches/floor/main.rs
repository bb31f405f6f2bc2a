//! The floor bench: what chatbench costs beside a bare loop on the same sockets.
//!
//! `cargo bench --bench floor` starts a server that only relays (the *blaster*), and drives it in
//! turn with a generator that only counts (the *floor*) and with chatbench, each on a core of its
//! own. Every figure is printed as a ratio between the two, from one run on one machine, since
//! absolute figures change with the machine.

mod args;
mod blaster;
mod child;
mod counters;
mod floor;
mod generator;
mod machine;
mod measure;
mod pair;
mod report;
mod stats;
mod wire;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.command {
        Some(Command::Blaster(options)) => blaster::serve(options).map_err(Into::into),
        Some(Command::Floor(options)) => floor::generate(options).map_err(Into::into),
        None if args.bench => measure::run(&args.run),
        None => report::hint().map_err(Into::into),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::complain(&error);
            ExitCode::FAILURE
        }
    }
}
