//! Foreign: the chat contract on the servers of others, each a process of its own.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Where this is set, a machine without the server is an error and no reason to skip.
const REQUIRED: &str = "CHATBENCH_REQUIRE_INTEROP";
const START_TIME_MAX: Duration = Duration::from_secs(30);
const SAYS_FIRST: &str = "listening on ";

/// A running server, which ends when this is dropped.
pub(crate) struct Foreign {
    process: Child,
    url: String,
}

/// A server that is installed in a folder of the tree.
struct Kind {
    folder: &'static str,
    /// What runs the script, found in the folder or else by its name alone.
    program: &'static str,
    script: &'static str,
    /// What is there once it is installed.
    installed: &'static str,
    /// How to have it installed.
    remedy: &'static str,
    /// Whether what it says of every user is for nobody to read.
    hushed: bool,
}

const NODE: Kind = Kind {
    folder: "tests/interop/node",
    program: "node",
    script: "server.js",
    installed: "node_modules/socket.io",
    remedy: "run `npm ci` in tests/interop/node",
    hushed: false,
};

const PYTHON: Kind = Kind {
    folder: "tests/interop/python",
    program: ".venv/bin/python",
    script: "server.py",
    installed: ".venv/bin/uvicorn",
    remedy: "run `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` in \
             tests/interop/python",
    hushed: false,
};

const EXAMPLE: Kind = Kind {
    folder: "examples/node-server",
    program: "node",
    script: "server.js",
    installed: "node_modules/socket.io",
    remedy: "run `npm ci` in examples/node-server",
    hushed: true,
};

impl Foreign {
    /// The official server on Node with `options`, those of Socket.IO as JSON. Where it is not
    /// installed, says so and gives nothing.
    ///
    /// # Panics
    /// When it is not installed where it is required, or does not start.
    pub(crate) fn node(options: &str) -> Option<Foreign> {
        Foreign::start(&NODE, 0, &[("SOCKET_IO_OPTIONS", options)])
    }

    /// The same with a whole `environment`, which `server.js` explains.
    pub(crate) fn node_with(environment: &[(&str, &str)]) -> Option<Foreign> {
        Foreign::node_on(0, environment)
    }

    /// The same where another one was, that has ended.
    pub(crate) fn node_on(port: u16, environment: &[(&str, &str)]) -> Option<Foreign> {
        Foreign::start(&NODE, port, environment)
    }

    /// python-socketio on uvicorn with `options`, those of `socketio.AsyncServer` as JSON.
    pub(crate) fn python(options: &str) -> Option<Foreign> {
        Foreign::start(&PYTHON, 0, &[("SOCKET_IO_OPTIONS", options)])
    }

    /// The chat that the contract comes from, on Express.
    pub(crate) fn example() -> Option<Foreign> {
        Foreign::start(&EXAMPLE, 0, &[("PORT", "0")])
    }

    fn start(kind: &Kind, port: u16, environment: &[(&str, &str)]) -> Option<Foreign> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(kind.folder);
        let program = match folder.join(kind.program) {
            there if there.exists() => there,
            _ => kind.program.into(),
        };
        if let Err(missing) = find(kind, &program, &folder) {
            skip(&missing);
            return None;
        }
        let mut process = Command::new(program)
            .arg(kind.script)
            .args((port > 0).then(|| port.to_string()))
            .current_dir(folder)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(if kind.hushed { Stdio::null() } else { Stdio::inherit() })
            .spawn()
            .expect("it was found a moment ago");
        let said = first_line(&mut process);
        let url = said.as_deref().and_then(|line| line.trim().strip_prefix(SAYS_FIRST));
        let url = url.unwrap_or_else(|| panic!("{} says {said:?} first", kind.script)).to_owned();
        Some(Foreign { process, url })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        let port = self.url.rsplit(':').next().map(str::parse);
        port.expect("a URL with a port").expect("a number")
    }

    /// The id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Says that a test is skipped, which it must not be where everything has to be there.
pub(crate) fn skip(missing: &str) {
    assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, but {missing}");
    // Past the capture of output: a test that is skipped must be seen to be.
    writeln!(io::stderr(), "skipped: {missing}").expect("stderr can be written to");
}

/// Says what is missing, and how to get it.
fn find(kind: &Kind, program: &Path, folder: &Path) -> Result<(), String> {
    let Kind { folder: name, installed, remedy, .. } = kind;
    runs(program)?;
    let there = folder.join(installed).exists();
    if there { Ok(()) } else { Err(format!("the server of {name} is not installed: {remedy}")) }
}

/// Whether `program` is there at all.
pub(crate) fn runs(program: &Path) -> Result<(), String> {
    let said = program.display();
    match Command::new(program).arg("--version").stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{said} --version` ends with {status}")),
        Err(err) if err.kind() == ErrorKind::NotFound => Err(format!("there is no `{said}`")),
        Err(err) => Err(format!("`{said}` cannot be run: {err}")),
    }
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
