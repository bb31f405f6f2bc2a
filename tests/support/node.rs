//! Node: the chat contract on the official Socket.IO server, as a process of its own.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Where this is set, a machine without the server is an error and no reason to skip.
const REQUIRED: &str = "CHATBENCH_REQUIRE_INTEROP";
const START_TIME_MAX: Duration = Duration::from_secs(30);
const SAYS_FIRST: &str = "listening on ";

/// A running server, which ends when this is dropped.
pub(crate) struct Node {
    process: Child,
    url: String,
}

impl Node {
    /// Starts the server with `options`, those of Socket.IO as JSON. Where it is not installed,
    /// says so and gives nothing.
    ///
    /// # Panics
    /// When it is not installed where it is required, or does not start.
    pub(crate) fn start(options: &str) -> Option<Node> {
        Node::start_with(&[("SOCKET_IO_OPTIONS", options)])
    }

    /// The same with a whole `environment`, which `server.js` explains.
    pub(crate) fn start_with(environment: &[(&str, &str)]) -> Option<Node> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/node");
        if let Err(missing) = find(&folder) {
            assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, but {missing}");
            // Past the capture of output: a test that is skipped must be seen to be.
            writeln!(io::stderr(), "skipped: {missing}").expect("stderr can be written to");
            return None;
        }
        let mut process = Command::new("node")
            .arg("server.js")
            .current_dir(folder)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node was found a moment ago");
        let said = first_line(&mut process);
        let url = said.as_deref().and_then(|line| line.trim().strip_prefix(SAYS_FIRST));
        let url = url.unwrap_or_else(|| panic!("server.js says {said:?} first")).to_owned();
        Some(Node { process, url })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Says what is missing, and how to get it.
fn find(folder: &Path) -> Result<(), String> {
    let version = Command::new("node").arg("--version").stdout(Stdio::null()).status();
    match version {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(format!("`node --version` ends with {status}")),
        Err(err) if err.kind() == ErrorKind::NotFound => return Err("there is no `node`".into()),
        Err(err) => return Err(format!("`node` cannot be run: {err}")),
    }
    let installed: PathBuf = folder.join("node_modules/socket.io");
    let remedy = "run `npm ci` in tests/interop/node";
    if installed.is_dir() { Ok(()) } else { Err(format!("socket.io is not installed: {remedy}")) }
}

/// What the process says first, if it says anything in time.
fn first_line(process: &mut Child) -> Option<String> {
    let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
    let (say, said) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        // Where nobody waits any more, nobody needs to know.
        let _ = stdout.read_line(&mut line).map(|_| say.send(line));
    });
    said.recv_timeout(START_TIME_MAX).ok()
}
