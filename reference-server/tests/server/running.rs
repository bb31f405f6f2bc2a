//! Running: the server as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A running command, ended with the test.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// Starts it on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::announced_by(command(arguments).spawn().expect("a process"))
    }

    /// Starts it on this port.
    pub(crate) fn start_at(port: &str, arguments: &[&str]) -> Self {
        Self::announced_by(command_at(port, arguments).spawn().expect("a process"))
    }

    fn announced_by(mut child: Child) -> Self {
        let stdout = child.stdout.as_mut().expect("its output");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line.strip_prefix("listening on http://").expect("the announcement");
        let address = address.trim_end().parse().expect("an address");
        Self { child, address }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("signalled");
    }

    /// Ends it at once, as no signal that it could handle does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("waited");
    }

    /// Waits for its end and takes what it wrote.
    pub(crate) fn wait(mut self) -> Output {
        let mut stdout = Vec::new();
        let mut stderr = Vec::new();
        self.child.stdout.take().expect("piped").read_to_end(&mut stdout).expect("read");
        self.child.stderr.take().expect("piped").read_to_end(&mut stderr).expect("read");
        Output { status: self.child.wait().expect("waited"), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}

/// The command, on a free port.
pub(crate) fn command(arguments: &[&str]) -> Command {
    command_at("0", arguments)
}

fn command_at(port: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reference-server"));
    command.args(["--port", port]).args(arguments).env_remove("RUST_LOG");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
