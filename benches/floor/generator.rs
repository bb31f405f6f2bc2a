//! Generator: who loads the server, and the command that starts it.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// What drives the server.
#[derive(Clone, Debug)]
pub(crate) enum Generator {
    Floor,
    Chatbench {
        /// The percentage of the clients that move each second: each goes and comes back.
        churn: f64,
    },
    /// A command with places to fill in.
    Other(String),
}

/// What a generator is to do, and where it may leave files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    pub(crate) port: u16,
    pub(crate) clients: usize,
    pub(crate) room_size: usize,
    /// Messages per second, by all clients together; 0 to stay idle.
    pub(crate) sends: f64,
    /// How long to go on sending, for those that must know beforehand.
    pub(crate) seconds: f64,
    pub(crate) dir: &'a Path,
}

impl Generator {
    pub(crate) fn name(&self) -> &str {
        match self {
            Generator::Floor => "floor",
            Generator::Chatbench { churn: 0.0 } => "chatbench",
            Generator::Chatbench { .. } => "churning",
            Generator::Other(_) => "other",
        }
    }

    /// Whether it ends with its input; the others end when their time is over.
    pub(crate) fn ends_with_input(&self) -> bool {
        matches!(self, Generator::Floor)
    }

    /// The command that does `job`; what it prints goes to a file in the job's folder.
    pub(crate) fn command(&self, job: &Job<'_>) -> io::Result<Command> {
        fs::create_dir_all(job.dir)?;
        let printed = File::create(job.dir.join("printed.txt"))?;
        let mut command = match self {
            Generator::Floor => floor(job)?,
            Generator::Chatbench { churn } => chatbench(job, *churn)?,
            Generator::Other(template) => other(template, job)?,
        };
        command.stdin(Stdio::piped()).stdout(printed.try_clone()?).stderr(printed);
        Ok(command)
    }
}

fn floor(job: &Job<'_>) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("floor").args(["--port", &job.port.to_string()]);
    command.args(["--clients", &job.clients.to_string()]);
    command.args(["--room-size", &job.room_size.to_string()]);
    command.args(["--sends", &job.sends.to_string()]);
    Ok(command)
}

fn chatbench(job: &Job<'_>, churn: f64) -> io::Result<Command> {
    let file = job.dir.join("scenario.yaml");
    fs::write(&file, scenario(job, churn))?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatbench"));
    command.arg("run").arg(file);
    command.args(["--target", &format!("http://127.0.0.1:{}", job.port)]);
    command.arg("--out").arg(job.dir.join("out"));
    Ok(command)
}

/// What the floor does, said in chatbench's words; with `churn`, half of those who move say
/// goodbye, and half are cut off. They are soon back, lest there be less to deliver.
fn scenario(job: &Job<'_>, churn: f64) -> String {
    let Job { port, clients, room_size, sends, seconds, .. } = job;
    // A scenario cannot be silent; one message a second among thousands of clients nearly is.
    let sends = sends.max(1.0);
    let each = *clients as f64 * churn / 100.0 / 2.0;
    let churn = match churn {
        0.0 => String::new(),
        _ => format!("\x20 churn: {{disconnect: {each}/s, drop: {each}/s, away: 500 ms}}\n"),
    };
    format!(
        "name: bench\n\
         target: http://127.0.0.1:{port}\n\
         users: {clients}\n\
         rooms: {{size: {room_size}}}\n\
         load:\n\
         \x20 connect_rate: 100000/s\n\
         \x20 arrivals: constant\n\
         \x20 phases: [hold: {{rate: {sends:.0}/s, for: {} s}}]\n\
         {churn}\
         message: {{size: {} B}}\n\
         seed: 1\n",
        seconds.ceil(),
        crate::wire::TEXT_BYTES,
    )
}

fn other(template: &str, job: &Job<'_>) -> io::Result<Command> {
    let filled = template
        .replace("{port}", &job.port.to_string())
        .replace("{clients}", &job.clients.to_string())
        .replace("{room_size}", &job.room_size.to_string())
        .replace("{sends}", &job.sends.to_string())
        .replace("{seconds}", &job.seconds.to_string());
    let mut words = filled.split_whitespace();
    let program = words.next().ok_or_else(|| io::Error::other("an empty generator command"))?;
    let mut command = Command::new(program);
    command.args(words);
    Ok(command)
}
