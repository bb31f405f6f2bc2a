//! The arguments of `chatbench conform`, as typed.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::BoolishValueParser;
use serde_json::{Map, Value};

use crate::conformance::Level;
use crate::scenario::Period;

const TARGET: &str = "Target";
const JUDGEMENT: &str = "Judgement";
const REPORTS: &str = "Reports";

/// What to try, on which server, and what to say of it.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ConformArgs {
    /// The server: `http://host:port`, or `reference` for the bundled one [default: that of the
    /// file given with --dialect, or else the bundled one].
    #[arg(env = "CHATBENCH_TARGET")]
    pub(super) url: Option<String>,
    /// The scenario whose dialect, namespace, path, auth, headers and order are used; `none` for a
    /// server without a chat [default: the chat contract].
    #[arg(long, value_name = "FILE", env = "CHATBENCH_DIALECT", help_heading = TARGET)]
    pub(super) dialect: Option<PathBuf>,
    /// The path of the Engine.IO endpoint [default: /socket.io/].
    #[arg(long, env = "CHATBENCH_PATH", help_heading = TARGET)]
    pub(super) path: Option<String>,
    /// The namespace [default: /].
    #[arg(long, env = "CHATBENCH_NAMESPACE", help_heading = TARGET)]
    pub(super) namespace: Option<String>,
    /// The payload of CONNECT, an object: `{"token": "secret"}`.
    #[arg(long, value_name = "JSON", env = "CHATBENCH_AUTH", hide_env_values = true)]
    #[arg(value_parser = auth, help_heading = TARGET)]
    pub(super) auth: Option<Map<String, Value>>,
    /// A header of every request: `Name: value`. May be repeated.
    #[arg(long, value_name = "LINE", env = "CHATBENCH_HEADER", hide_env_values = true)]
    #[arg(value_parser = header, help_heading = TARGET)]
    pub(super) header: Vec<(String, String)>,
    /// The origin that CORS is tried with.
    #[arg(long, env = "CHATBENCH_ORIGIN", default_value = "http://localhost:5173")]
    #[arg(help_heading = TARGET)]
    pub(super) origin: String,
    /// Accepts any TLS certificate.
    #[arg(long, env = "CHATBENCH_INSECURE", value_parser = BoolishValueParser::new())]
    #[arg(help_heading = TARGET)]
    pub(super) insecure: bool,
    /// The URL of another node of the same cluster.
    #[arg(long, value_name = "URL", env = "CHATBENCH_PEER_URL", help_heading = TARGET)]
    pub(super) peer_url: Option<String>,
    /// A command for `sh` that takes the broker of the cluster down: what its nodes hear each other
    /// by. It is run once, and --broker-up after it, whatever happens.
    #[arg(long, value_name = "COMMAND", env = "CHATBENCH_BROKER_DOWN", requires = "broker_up")]
    #[arg(help_heading = TARGET)]
    pub(super) broker_down: Option<String>,
    /// The command that brings the broker back.
    #[arg(long, value_name = "COMMAND", env = "CHATBENCH_BROKER_UP", requires = "broker_down")]
    #[arg(help_heading = TARGET)]
    pub(super) broker_up: Option<String>,
    /// The server's process on this machine, for checks of what it keeps.
    #[arg(long, env = "CHATBENCH_PID", help_heading = TARGET)]
    pub(super) pid: Option<u32>,
    #[command(flatten)]
    pub(super) selection: SelectionArgs,
    #[command(flatten)]
    pub(super) pace: PaceArgs,
    /// Lets failed SHOULD checks and known deviations break the gate, too.
    #[arg(long, env = "CHATBENCH_STRICT", value_parser = BoolishValueParser::new())]
    #[arg(help_heading = JUDGEMENT)]
    pub(super) strict: bool,
    /// The checks that need not pass, as --write-baseline writes them.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_BASELINE", help_heading = JUDGEMENT)]
    pub(super) baseline: Option<PathBuf>,
    /// Writes what does not pass into a baseline. Without --baseline, none of it breaks the gate.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_WRITE_BASELINE", help_heading = JUDGEMENT)]
    pub(super) write_baseline: Option<PathBuf>,
    #[command(flatten)]
    pub(super) reports: ReportArgs,
}

/// Which checks.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Checks")]
pub(in crate::cli) struct SelectionArgs {
    /// Tries only the checks that are called, or begin with, one of these.
    #[arg(long, value_name = "ID,…", env = "CHATBENCH_ONLY", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Leaves out the checks that are called, or begin with, one of these.
    #[arg(long, value_name = "ID,…", env = "CHATBENCH_SKIP", value_delimiter = ',')]
    pub(super) skip: Vec<String>,
    /// Tries the checks up to this level.
    #[arg(long, env = "CHATBENCH_LEVEL", default_value = "info")]
    pub(super) level: LevelArg,
    /// Tries also what may take the server down.
    #[arg(long, env = "CHATBENCH_HOSTILE", value_parser = BoolishValueParser::new())]
    pub(super) hostile: bool,
    /// Lists the checks, and tries none.
    #[arg(long, env = "CHATBENCH_LIST", value_parser = BoolishValueParser::new())]
    #[arg(conflicts_with = "explain")]
    pub(super) list: bool,
    /// How --list lists them.
    #[arg(long, env = "CHATBENCH_FORMAT", default_value = "text")]
    pub(super) format: ListFormat,
    /// Tells what a check asks for, why, and what real servers do, and tries none.
    #[arg(long, value_name = "ID", env = "CHATBENCH_EXPLAIN")]
    pub(super) explain: Option<String>,
}

/// How long things may take, and how much there is to do.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Pace")]
pub(in crate::cli) struct PaceArgs {
    /// The longest wait for what takes its time, such as a heartbeat; checks that would wait longer
    /// do not apply.
    #[arg(long, env = "CHATBENCH_MAX_WAIT", default_value = "10 s")]
    pub(super) max_wait: Period,
    /// How long an answer may take.
    #[arg(long, env = "CHATBENCH_PATIENCE", default_value = "3 s", value_parser = some_time)]
    pub(super) patience: Period,
    /// After how long the server closes a session that never connects to a namespace.
    #[arg(long, env = "CHATBENCH_CONNECT_TIMEOUT", default_value = "45 s")]
    pub(super) connect_timeout: Period,
    /// Messages of each check under load.
    #[arg(long, value_name = "N", env = "CHATBENCH_LOAD_MESSAGES", default_value_t = 6905)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) load_messages: u32,
}

/// What is said of it, and where.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = REPORTS)]
pub(in crate::cli) struct ReportArgs {
    /// Writes the report as JSON, too: `chatbench schema conform` has its schema.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_JSON")]
    pub(super) json: Option<PathBuf>,
    /// Writes the report as JUnit XML, too.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_JUNIT")]
    pub(super) junit: Option<PathBuf>,
    /// Writes the report in the Test Anything Protocol, too.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_TAP")]
    pub(super) tap: Option<PathBuf>,
    /// Writes the report as Markdown, too, for a pull request.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_MARKDOWN")]
    pub(super) markdown: Option<PathBuf>,
    /// Writes the text that is shown to a file, too.
    #[arg(long, value_name = "FILE", env = "CHATBENCH_TEXT")]
    pub(super) text: Option<PathBuf>,
    /// Shows every check, with what was observed.
    #[arg(long, short, env = "CHATBENCH_VERBOSE", value_parser = BoolishValueParser::new())]
    pub(super) verbose: bool,
    /// Shows no progress.
    #[arg(long, short, env = "CHATBENCH_QUIET", value_parser = BoolishValueParser::new())]
    pub(super) quiet: bool,
}

/// Up to which level.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum LevelArg {
    /// What a server must do.
    Must,
    /// Also what it should do.
    Should,
    /// Also what is only told.
    Info,
}

impl From<LevelArg> for Level {
    fn from(level: LevelArg) -> Level {
        match level {
            LevelArg::Must => Level::Must,
            LevelArg::Should => Level::Should,
            LevelArg::Info => Level::Info,
        }
    }
}

/// How checks are listed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum ListFormat {
    /// For a person.
    Text,
    /// For a program.
    Json,
    /// For `docs/conformance.md`.
    Markdown,
}

fn auth(text: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(auth)) => Ok(auth),
        Ok(_) => Err("give a JSON object, such as `{\"token\": \"secret\"}`".into()),
        Err(why) => Err(format!("it is no JSON: {why}")),
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) => Ok((name.trim().into(), value.trim().into())),
        None => Err("give a name and a value, such as `X-Tenant: blue`".into()),
    }
}

fn some_time(text: &str) -> Result<Period, String> {
    let period: Period = text.parse().map_err(|error| format!("{error}"))?;
    match period.duration().is_zero() {
        true => Err("nothing is answered in no time; give a length such as `3 s`".into()),
        false => Ok(period),
    }
}
