//! The command line: arguments in, an exit code out; the only room that prints.

mod args;
mod failure;
mod limits;
mod prepare;
mod progress;
mod reference;
mod reproduce;
mod run;
mod schema;
mod signals;
mod validate;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

/// Does what the command line says; the code says how it ended.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.command {
        Command::Run(args) => run::run(args),
        Command::Validate(args) => validate::validate(args),
        Command::Schema(args) => schema::schema(args),
        Command::Serve(args) => return reference::serve(args),
    };
    done.unwrap_or_else(|failure| failure.report()).into()
}
