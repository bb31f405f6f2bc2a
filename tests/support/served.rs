//! Served: the reference server, as a user starts it by hand.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A running reference server, which ends when this is dropped.
pub(crate) struct Served {
    process: Child,
    url: String,
}

impl Served {
    /// Starts it with `more` arguments, on a port that is free.
    pub(crate) fn start(more: &[&str]) -> Served {
        Served::start_on(0, more)
    }

    /// Starts it where another one was, that has ended.
    pub(crate) fn start_on(port: u16, more: &[&str]) -> Served {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatbench"));
        command.args(["serve", "--quiet", "--until-stdin-closes"]).args(more);
        command.arg(format!("--port={port}"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the binary was built");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let url = line.trim().strip_prefix("listening on ").expect("it says where it listens");
        Served { url: url.into(), process }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        let port = self.url.rsplit(':').next().map(|port| port.trim_end_matches('/').parse());
        port.expect("a URL with a port").expect("a number")
    }

    /// The id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
