//! Pair: a fresh server and the generator that drives it, from their start to their end.

use std::io::{self, BufRead, BufReader, Error, Write};
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use chatbench::clock::Clock;
use chatbench::time::Timestamp;

use crate::child::Child;
use crate::counters::Counters;
use crate::generator::{Generator, Job};
use crate::machine::Machine;

/// How long all clients may take to connect and join.
const JOIN_SECONDS_MAX: f64 = 30.0;
/// How long a generator may take to drain and report, once its time is over or it was interrupted.
const DRAIN: Duration = Duration::from_secs(15);

/// The blaster as the driver sees it.
pub(crate) struct Server {
    pub(crate) child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub(crate) port: u16,
}

impl Server {
    pub(crate) fn start(machine: &Machine, ping: Duration) -> io::Result<Server> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("blaster").args(["--ping-ms", &ping.as_millis().to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Child::spawn(&mut command, machine.server_core)?;
        let (stdin, stdout) = (child.process().stdin.take(), child.process().stdout.take());
        let (Some(ask), Some(stdout)) = (stdin, stdout) else {
            return Err(Error::other("a server without pipes"));
        };
        let mut server = Server { child, ask, answers: BufReader::new(stdout), port: 0 };
        server.port = server.answer()?.trim().parse().map_err(Error::other)?;
        Ok(server)
    }

    pub(crate) fn counters(&mut self) -> io::Result<Counters> {
        self.ask.write_all(b"\n")?;
        serde_json::from_str(&self.answer()?).map_err(Error::other)
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err(Error::other("the server has ended")),
            _ => Ok(line),
        }
    }
}

/// One run.
pub(crate) struct Pair {
    pub(crate) generator: Child,
    pub(crate) server: Server,
    kind: Generator,
}

impl Pair {
    /// Starts `generator` on `job` against `server`, and waits until all its clients have joined.
    ///
    /// # Errors
    /// When it ends before that or takes too long; the message quotes what it printed last.
    pub(crate) fn start(
        machine: &Machine,
        mut server: Server,
        generator: &Generator,
        job: &Job<'_>,
    ) -> io::Result<Pair> {
        let mut child = Child::spawn(&mut generator.command(job)?, machine.generator_core)?;
        let clock = Clock::start();
        loop {
            let joined = server.counters()?.joined;
            if joined >= job.clients as u64 {
                return Ok(Pair { generator: child, server, kind: generator.clone() });
            }
            let late = clock.now().as_secs_f64() > JOIN_SECONDS_MAX;
            let ended = child.ended()?;
            if late || ended.is_some() {
                let end = ended.map_or("still running".to_owned(), |status| status.to_string());
                let printed = std::fs::read_to_string(job.dir.join("printed.txt"))?;
                let last = printed.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("");
                let (name, clients) = (generator.name(), job.clients);
                return Err(Error::other(format!(
                    "{name} joined {joined} of {clients} clients ({end}) {last}"
                )));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Lets the generator end by itself and says what it thought of the server.
    pub(crate) fn end(mut self, remaining: Duration) -> io::Result<String> {
        drop(self.generator.process().stdin.take());
        let own = if self.kind.ends_with_input() { Duration::ZERO } else { remaining };
        match self.generator.await_end(own + DRAIN)? {
            Some(status) => Ok(self.verdict(status)),
            None => self.stop().map(|verdict| format!("{verdict}, late")),
        }
    }

    /// Ends the generator now.
    pub(crate) fn stop(mut self) -> io::Result<String> {
        drop(self.generator.process().stdin.take());
        if !self.kind.ends_with_input() {
            self.generator.interrupt();
        }
        let clock = Clock::start();
        let ended = self.generator.await_end(DRAIN)?;
        let took = clock.now().since(Timestamp::ZERO).as_secs_f64();
        Ok(ended.map_or(format!("killed after {took:.0} s"), |status| self.verdict(status)))
    }

    /// chatbench's exit codes by their meaning.
    fn verdict(&self, status: ExitStatus) -> String {
        match (&self.kind, status.code()) {
            (Generator::Chatbench { .. }, Some(0)) => "pass".to_owned(),
            (Generator::Chatbench { .. }, Some(1)) => "fail".to_owned(),
            (Generator::Chatbench { .. }, Some(4)) => "threshold missed".to_owned(),
            (Generator::Chatbench { .. }, Some(5)) => "unknown".to_owned(),
            (_, Some(0)) => "done".to_owned(),
            _ => status.to_string(),
        }
    }
}
