//! Row: one line of a table of bad input, and how it is held.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio_rustls::TlsAcceptor;

use crate::support::binary::{CommandLine, Ended};
use crate::support::scripted::{Connection, Scripted, Told};

/// A scenario that nothing is wrong with.
pub(crate) const GOOD: &str = "scenarios/quickstart.yaml";
/// What a process may take beside what it is told to wait: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(6);
/// What is waited for in vain is not waited for long.
const CONNECT_TIMEOUT: &str = "timeouts.connect=500ms";
const MEMORY_BYTES_MAX: u64 = 150 << 20;
/// Nobody reads more than a page.
const STDERR_BYTES_MAX: usize = 4096;
const AT_ONCE: usize = 4;

/// A command line that cannot do its job.
pub(crate) struct Row {
    what: &'static str,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
    /// What the command line needs while it runs.
    holds: Vec<Box<dyn Send>>,
    code: i32,
    says: Vec<String>,
    descriptors_max: Option<u32>,
    within: Duration,
}

impl Row {
    /// Flags or a file are wrong: exit code 2.
    pub(crate) fn usage(what: &'static str, arguments: &[&str]) -> Row {
        let arguments = arguments.iter().map(|argument| (*argument).into()).collect();
        Row {
            what,
            arguments,
            environment: Vec::new(),
            holds: Vec::new(),
            code: 2,
            says: Vec::new(),
            descriptors_max: None,
            within: PATIENCE,
        }
    }

    /// The job cannot be done: exit code 3.
    pub(crate) fn impossible(what: &'static str, arguments: &[&str]) -> Row {
        Row { code: 3, ..Row::usage(what, arguments) }
    }

    /// A run against a server that does as `script` says, and is of no use.
    pub(crate) fn useless<S>(what: &'static str, script: S) -> Row
    where
        S: AsyncFn(&mut Connection) -> Told + Send + 'static,
    {
        let server = Scripted::start(script);
        let url = server.url();
        Row::impossible(what, &["run", GOOD, "--target", &url]).holding(server)
    }

    /// The same, over TLS, at a URL that begins with `scheme`.
    pub(crate) fn useless_tls<S>(
        what: &'static str,
        scheme: &str,
        tls: TlsAcceptor,
        script: S,
    ) -> Row
    where
        S: AsyncFn(&mut Connection) -> Told + Send + 'static,
    {
        let server = Scripted::start_tls(tls, script);
        let url = format!("{scheme}://localhost:{}", server.port());
        Row::impossible(what, &["run", GOOD, "--target", &url]).holding(server)
    }

    pub(crate) fn holding(mut self, what: impl Send + 'static) -> Row {
        self.holds.push(Box::new(what));
        self
    }

    /// A run of a scenario file with this text; errors call it `bad.yaml`.
    pub(crate) fn file(what: &'static str, text: impl AsRef<[u8]>) -> Row {
        let folder = tempfile::tempdir().expect("a folder");
        let path: PathBuf = folder.path().join("bad.yaml");
        std::fs::write(&path, text).expect("written");
        Row::usage(what, &["run", path.to_str().expect("UTF-8")]).holding(folder)
    }

    pub(crate) fn with(mut self, arguments: &[&str]) -> Row {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).into()));
        self
    }

    /// Where a process may have no more file descriptors than this.
    pub(crate) fn with_descriptors_max(self, count: u32) -> Row {
        Row { descriptors_max: Some(count), ..self }
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<String>) -> Row {
        self.environment.push((name, value.into()));
        self
    }

    /// With half a second to connect.
    pub(crate) fn impatient(self) -> Row {
        self.with(&["--set", CONNECT_TIMEOUT])
    }

    /// With this for all of it.
    pub(crate) fn within(self, within: Duration) -> Row {
        Row { within, ..self }
    }

    /// What the user must be told: what is wrong and where, and then how to mend it.
    pub(crate) fn says(mut self, what: &str, remedy: &str) -> Row {
        self.says.extend([what.into(), remedy.into()]);
        self
    }

    fn hold(self) -> Result<(), String> {
        let mut command = CommandLine::new(&self.arguments);
        if let Some(count) = self.descriptors_max {
            command = command.with_descriptors_max(count);
        }
        for (name, value) in &self.environment {
            command = command.env(name, value);
        }
        let ended = command.run(self.within);
        let complaints = self.complaints(&ended);
        if complaints.is_empty() {
            return Ok(());
        }
        let Ended { code, stderr, .. } = &ended;
        let complaints = complaints.join("\n  ");
        let stderr: String = stderr.chars().take(1000).collect();
        Err(format!("{}:\n  {complaints}\nexit code {code:?}\n{stderr}", self.what))
    }

    fn complaints(&self, ended: &Ended) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut check = |holds: bool, complaint: String| {
            if !holds {
                complaints.push(complaint);
            }
        };
        let name = if self.code == 2 { "usage" } else { "impossible" };
        check(ended.code == Some(self.code), format!("the exit code is not {}", self.code));
        let last = format!("exit {} {name}", self.code);
        check(ended.last_line() == last, format!("the last line is not {last:?}"));
        for said in &self.says {
            check(ended.stderr.contains(said), format!("it does not say {said:?}"));
        }
        check(ended.stdout.is_empty(), format!("there is a result: {}", ended.stdout));
        let raw = |c: char| c.is_control() && c != '\n';
        check(!ended.stderr.contains(raw), "control characters reach the terminal".into());
        let len = ended.stderr.len();
        check(len <= STDERR_BYTES_MAX, format!("{len} bytes are more than anybody reads"));
        let memory = ended.memory_bytes_max;
        check(memory <= MEMORY_BYTES_MAX, format!("it had {memory} bytes of memory"));
        complaints
    }
}

/// Holds all rows, some at a time; fails with the story of each that came out otherwise.
pub(crate) fn hold(rows: Vec<Row>) {
    let rows = Mutex::new(rows.into_iter());
    let next = || rows.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let held = std::iter::from_fn(next).map(Row::hold);
        held.filter_map(Result::err).collect::<Vec<_>>()
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a row's end")).collect()
    });
    assert!(failures.is_empty(), "{} rows failed:\n{}\n", failures.len(), failures.join("\n"));
}
