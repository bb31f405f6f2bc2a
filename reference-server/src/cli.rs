//! The server as a command: its logs, its one line of output, its signals, its exit code.

use std::io::{self, IsTerminal, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tracing::{debug, error};
use tracing_subscriber::EnvFilter;

use crate::args::ServeArgs;
use crate::server::{Error, run};

/// Sends the logs to standard error: level info, or warn if `quiet`, or as `RUST_LOG` says.
///
/// Does nothing when the process has a subscriber already.
pub fn init_logging(quiet: bool) {
    let level = if quiet { "warn" } else { "info" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let _already_set = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init();
}

/// Serves the chat as `args` say until Ctrl-C, SIGTERM or, if asked for, the end of standard
/// input. Once it listens it writes `listening on http://ADDRESS:PORT` to standard output, and
/// nothing else ever.
///
/// # Errors
///
/// As [`run`], and when the address cannot be listened on.
pub fn serve(args: &ServeArgs) -> Result<(), Error> {
    raise_file_limit();
    let address = SocketAddr::new(args.host, args.port);
    let listener = TcpListener::bind(address)
        .map_err(|source| Error::Listen { address: address.to_string(), source })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Process)?;
    runtime.block_on(async {
        let told_to_stop = told_to_stop(args.until_stdin_closes).map_err(Error::Process)?;
        announce(&listener).map_err(Error::Process)?;
        run(listener, args.options(), told_to_stop).await
    })
}

/// Turns the outcome into what the shell sees: 0, or 3 for a server that could not be started.
pub fn exit_code(outcome: Result<(), Error>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{error}");
            ExitCode::from(3)
        }
    }
}

/// Every connection is a file; the soft limit is 1024 on most machines, the hard one far higher.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        debug!("the limit on open files stays at {:?}: {error}", limit.current);
    }
}

/// Tells a parent process the port.
fn announce(listener: &TcpListener) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on http://{}", listener.local_addr()?)?;
    stdout.flush()
}

/// Completes when the process is told to stop. Listens from now on, not from its first poll.
fn told_to_stop(until_stdin_closes: bool) -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stdin = until_stdin_closes.then(stdin_closed).transpose()?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            Some(_) = async { Some(stdin?.await) } => {}
        }
    })
}

/// Resolves when standard input ends. The thread is left behind: a blocking read has no end of
/// its own, and the process is about to exit.
fn stdin_closed() -> io::Result<oneshot::Receiver<()>> {
    let (closed, on_closed) = oneshot::channel();
    std::thread::Builder::new().name("stdin".into()).spawn(move || {
        let _whatever_ended_it = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _nobody_waits = closed.send(());
    })?;
    Ok(on_closed)
}
