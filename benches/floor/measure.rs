//! Measure: the four measurements, each of the floor and of chatbench in turn.

mod connects;
mod cpu;
mod load;
mod memory;
mod saturation;
mod window;

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::args::{Measurement, RunArgs};
use crate::generator::{Generator, Job};
use crate::machine::Machine;
use crate::pair::{Pair, Server};
use crate::report::{self, Report};

pub(crate) use connects::ConnectRun;
pub(crate) use cpu::LoadRow;
pub(crate) use memory::MemoryRun;
pub(crate) use saturation::Rung;

const CLIENTS: usize = 1000;
const ROOM_SIZE: usize = 10;
/// Deliveries that one message makes.
const RECEIVERS: f64 = ROOM_SIZE as f64 - 1.0;
/// What servers announce and most clients expect.
const PING: Duration = Duration::from_secs(25);

/// Measures all that `args` ask for and prints it.
///
/// # Errors
/// When the server cannot be run or nothing can be printed. A generator that fails is a note
/// on its row.
pub(crate) fn run(args: &RunArgs) -> Result<(), Box<dyn Error + Send + Sync>> {
    let bench = Bench::new(args)?;
    let mut report = Report::new(bench.machine.clone(), bench.generators[1..].first());
    report.churn = args.churn;
    if args.measures(Measurement::Cpu) {
        report.cpu = cpu::measure(&bench)?;
    }
    if args.measures(Measurement::Saturation) {
        report.saturation = saturation::measure(&bench)?;
    }
    if args.measures(Measurement::Memory) {
        report.memory = memory::measure(&bench)?;
    }
    if args.measures(Measurement::Connects) {
        report.connects = connects::measure(&bench)?;
    }
    report::print(&report, args.json)?;
    Ok(())
}

/// What all measurements share.
struct Bench {
    machine: Machine,
    /// The floor first.
    generators: Vec<Generator>,
    /// chatbench while its clients come and go, if that is asked for.
    churning: Option<Generator>,
    loads: Vec<u64>,
    repetitions: usize,
    quick: bool,
    keep: Option<PathBuf>,
    scratch: tempfile::TempDir,
}

/// What a generator made of something: figures, or why there are none.
type Outcome<T> = Result<T, String>;

impl Bench {
    fn new(args: &RunArgs) -> io::Result<Bench> {
        let mut generators = vec![Generator::Floor];
        match &args.generator_cmd {
            Some(template) => generators.push(Generator::Other(template.clone())),
            None if args.floor_only => {}
            None => generators.push(Generator::Chatbench { churn: 0.0 }),
        }
        Ok(Bench {
            machine: Machine::here()?,
            generators,
            churning: args.churn.map(|churn| Generator::Chatbench { churn }),
            loads: args.loads.clone().unwrap_or(vec![9_000, 45_000, 90_000, 250_000]),
            repetitions: args.repetitions.unwrap_or(if args.quick { 1 } else { 3 }).max(1),
            quick: args.quick,
            keep: args.keep.clone(),
            scratch: tempfile::tempdir()?,
        })
    }

    /// A folder for the files of one run.
    fn dir(&self, run: &str) -> PathBuf {
        self.keep.as_deref().unwrap_or(self.scratch.path()).join(run)
    }

    /// How long a steady rate is looked at.
    fn window(&self) -> Duration {
        Duration::from_secs(if self.quick { 1 } else { 3 })
    }

    /// How long a generator must send for a window to fit in, for those that must know it
    /// beforehand: a rate that never becomes steady is waited for at most four seconds.
    fn sending_seconds(&self) -> f64 {
        self.window().as_secs_f64() + 5.0
    }

    fn start(
        &self,
        generator: &Generator,
        ping: Duration,
        clients: usize,
        sends: f64,
        dir: &Path,
    ) -> io::Result<Pair> {
        let server = Server::start(&self.machine, ping)?;
        let seconds = self.sending_seconds();
        let port = server.port;
        let job = Job { port, clients, room_size: ROOM_SIZE, sends, seconds, dir };
        Pair::start(&self.machine, server, generator, &job)
    }
}

/// Tells whoever waits how far the bench has come, and takes a failure for what it is: the
/// generator's, not the bench's.
fn outcome<T>(
    step: &str,
    generator: &Generator,
    result: io::Result<T>,
    shown: impl Fn(&T) -> String,
) -> Outcome<T> {
    let text = result.as_ref().map_or_else(|error| error.to_string(), shown);
    // Nobody may be listening; the report is what counts.
    writeln!(io::stderr(), "{step}, {}: {text}", generator.name()).ok();
    result.map_err(|error| error.to_string())
}
