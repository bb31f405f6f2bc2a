//! The command line: arguments in, an exit code out; the only room that prints.

mod args;
mod capacity;
mod compare;
mod conform;
mod doctor;
mod failure;
mod files;
mod judge;
mod limits;
mod observe;
mod outages;
mod output;
mod prepare;
mod progress;
mod record;
mod reference;
mod report;
mod reproduce;
mod run;
mod schema;
mod signals;
mod telemetry;
mod validate;
mod variable;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use failure::Failure;

use crate::report::ExitKind;

/// Does what the command line says; the code says how it ended.
pub fn main() -> ExitCode {
    failure::leave_lines_whole();
    let done = match Args::try_parse() {
        Ok(args) => obey(&args.command),
        // Help is no failure, though it comes as one.
        Err(help) if !help.use_stderr() => {
            // A reader that has seen enough is no failure of ours.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => Err(error.into()),
    };
    done.unwrap_or_else(|failure| failure.report()).into()
}

fn obey(command: &Command) -> Result<ExitKind, Failure> {
    match command {
        Command::Run(args) => run::run(args),
        Command::Judge(args) => judge::judge(args),
        Command::Capacity(args) => capacity::capacity(args),
        Command::Compare(args) => compare::compare(args),
        Command::Report(args) => report::report(args),
        Command::Conform(args) => conform::conform(args),
        Command::Doctor(args) => doctor::doctor(args),
        Command::Validate(args) => validate::validate(args),
        Command::Schema(args) => schema::schema(args),
        Command::Serve(args) => reference::serve(args),
    }
}
