//! The command: a Socket.IO chat server that keeps the contract, or breaks it on purpose.

use std::process::ExitCode;

use clap::Parser;
use reference_server::{ServeArgs, cli};

#[derive(Parser)]
#[command(version, about)]
struct Command {
    #[command(flatten)]
    serve: ServeArgs,
}

fn main() -> ExitCode {
    let command = Command::parse();
    cli::init_logging(command.serve.quiet);
    cli::exit_code(cli::serve(&command.serve))
}
