//! Reference: the bundled server, as a process of its own that ends with ours.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use reference_server::{Fault, ServeArgs};

use super::failure::Failure;
use crate::observe::Pid;
use crate::report::ExitKind;
use crate::scenario::TargetUrl;

/// A bundled server that was started for a run; it ends when this is dropped, and when this
/// process ends in whatever way.
pub(super) struct Reference {
    child: Child,
    /// Its process, for whoever looks at it meanwhile.
    pid: Pid,
    url: TargetUrl,
    /// What it was told beside its port.
    told: Vec<String>,
}

/// Why there is no bundled server.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReferenceError {
    #[error("cannot start the bundled server: {0}")]
    Start(#[from] std::io::Error),
    #[error("the bundled server did not say where it listens, but {0:?}")]
    Silent(String),
}

impl Reference {
    /// Starts the bundled server on a free port, with `faults` planted and told what `more` says.
    pub(super) fn start(
        faults: &[Fault],
        seed: u64,
        more: &[&str],
    ) -> Result<Reference, ReferenceError> {
        let seed = seed.to_string();
        let mut told: Vec<String> =
            ["--seed", &seed].iter().chain(more).map(|&it| it.into()).collect();
        for fault in faults {
            told.extend(["--fault".into(), fault.to_string()]);
        }
        let (child, url) = spawn(0, &told)?;
        let pid = Pid::default();
        pid.set(child.id());
        Ok(Reference { child, pid, url, told })
    }

    /// Ends it at once, without a word to anybody.
    pub(super) fn kill(&mut self) {
        self.pid.set(0);
        // What is not there any more need not be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it once more where it was, after it was killed. Other things go on meanwhile.
    pub(super) async fn start_again(self) -> Result<Reference, ReferenceError> {
        let (port, told, pid) = (self.url.port, self.told.clone(), self.pid.clone());
        drop(self);
        let starting = tokio::task::spawn_blocking(move || {
            let (child, url) = spawn(port, &told)?;
            pid.set(child.id());
            Ok(Reference { child, pid, url, told })
        });
        starting.await.expect("it is neither cancelled nor does it panic")
    }

    /// Its process, and whichever takes its place when it is started again.
    pub(super) fn pid(&self) -> &Pid {
        &self.pid
    }

    /// Where it listens.
    pub(super) fn url(&self) -> &TargetUrl {
        &self.url
    }
}

/// Starts a server on `port`, or on a free one if that is 0.
fn spawn(port: u16, told: &[String]) -> Result<(Child, TargetUrl), ReferenceError> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", "--quiet", "--until-stdin-closes", "--port", &port.to_string()]);
    command.args(told);
    // A terminal interrupts the whole group of its foreground; the server is to stay until
    // what is under way has been heard.
    command.process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let mut line = String::new();
    let stdout = child.stdout.take().expect("the server's output is piped");
    BufReader::new(stdout).read_line(&mut line)?;
    let url = line.trim().strip_prefix("listening on ").and_then(|url| url.parse().ok());
    match url {
        Some(url) => Ok((child, url)),
        None => {
            let _ = child.kill();
            let _ = child.wait();
            Err(ReferenceError::Silent(line))
        }
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // It has nothing to save, and may be stalled: whoever stopped the run twice waits for no
        // goodbye of its. The end of its input is for when we are killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the bundled server in this process.
pub(super) fn serve(args: &ServeArgs) -> Result<ExitKind, Failure> {
    reference_server::cli::init_logging(args.quiet);
    // What may help is said in the error.
    reference_server::cli::serve(args).map_err(|error| Failure::impossible(error, ""))?;
    Ok(ExitKind::Pass)
}
