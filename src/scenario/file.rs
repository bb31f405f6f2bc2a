//! The scenario file as typed: what may stand in the YAML, key by key, with every default.

mod capacity;
mod churn;
mod dialect;
mod load;
mod message;
mod observe;
mod rooms;
mod shorthand;
mod target;
mod thresholds;
mod yaml;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use capacity::{CapacityFile, Vary};
pub use churn::{ChurnFile, OutageFile, OutagesFile, OutagesName, StormBy, StormFile};
pub use dialect::{
    AckFile, ConfirmEventFile, ConfirmFile, DialectFile, DialectMap, DialectName, EchoFile,
    EventFile, HooksFile, JoinFile, ParserFile, SenderPolicy,
};
pub use load::{Arrival, Hold, LoadFile, PhaseFile, Ramp, Spike, Step};
pub use message::{DrawnSize, LogNormalSize, MessageFile, SizesFile, UniformSize};
pub use observe::{MetricNamesFile, NodeFile, ObserveFile};
pub use rooms::{DrawnCount, NamesFile, RoomSizeFile, RoomsFile, UniformCount, ZipfCount};
pub use target::{ClientKind, TargetFile, Transport};
pub use thresholds::{Bound, LimitsFile, StatisticsFile, ThresholdsFile, TimeoutsFile};
pub(super) use yaml::read_yaml;

/// A chatbench scenario: which server, which users in which rooms, how much they say, and what
/// is good enough.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// What the report calls this scenario. Default: `unnamed`.
    #[serde(default = "unnamed")]
    pub name: String,
    /// One paragraph that says what the scenario is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The server: `reference` (the bundled one, started by chatbench), the URL of a server, or
    /// a list of URLs that the users are spread over in turn. Default: `reference`.
    #[serde(default)]
    pub target: TargetFile,
    /// The path of the Engine.IO endpoint, below the target's own path. Default: `/socket.io/`.
    #[serde(default = "socket_io_path")]
    pub path: String,
    /// The Socket.IO namespace that users connect to. Default: `/`.
    #[serde(default = "main_namespace")]
    pub namespace: String,
    /// The payload of the namespace's CONNECT packet: any object. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<serde_json::Map<String, serde_json::Value>>,
    /// Headers sent with every handshake, beside those that WebSocket itself needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The Engine.IO transport: `websocket`, `polling`, or `upgrade` (polling first, as browsers
    /// do). Default: `websocket`.
    #[serde(default)]
    pub transport: Transport,
    /// Which Socket.IO client the users are made of: chatbench's own (`native`), or the
    /// `rust_socketio` crate as a second opinion. Default: `native`.
    #[serde(default)]
    pub client: ClientKind,
    /// How the server spells joining, sending and receiving. Default: `chat`.
    #[serde(default)]
    pub dialect: DialectFile,
    /// How many users there are. Two of `users`, `rooms.count` and `rooms.size` suffice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<u32>,
    /// The rooms and how users sit in them.
    #[serde(default)]
    pub rooms: RoomsFile,
    /// How fast users connect, and how much they say when.
    pub load: LoadFile,
    /// What messages look like.
    #[serde(default)]
    pub message: MessageFile,
    /// How long is waited for what.
    #[serde(default)]
    pub timeouts: TimeoutsFile,
    /// What it costs when messages of one sender in one room arrive out of order: `fail` (a
    /// violation), `warn` (reported only) or `off`. Default: `fail`.
    #[serde(default)]
    pub order: OrderPolicy,
    /// What it means when somebody who is not of the run speaks in one of its rooms: `refuse` (what
    /// they say is a violation) or `welcome` (it is counted). Default: `refuse`.
    #[serde(default)]
    pub strangers: StrangersPolicy,
    /// What is good enough; a run that misses one ends with exit code 4.
    #[serde(default)]
    pub thresholds: ThresholdsFile,
    /// How far chatbench itself may go.
    #[serde(default)]
    pub limits: LimitsFile,
    /// What is observed of the server while it is loaded: `reference` (the bundled server), `off`,
    /// processes of this machine, or expositions for Prometheus. Default: `reference` where that
    /// is the target, and else `off`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observe: Option<ObserveFile>,
    /// How `chatbench capacity` looks for the largest load that the server holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityFile>,
    /// The number that everything random follows from. Default: a new one for each run, printed
    /// with its report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// What a message costs that overtakes an earlier one of its sender in its room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderPolicy {
    /// It is a violation.
    #[default]
    Fail,
    /// It is reported and costs nothing.
    Warn,
    /// It is not looked at.
    Off,
}

/// What the words of somebody mean who is not of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StrangersPolicy {
    /// Nobody else is there, so that they are the server's fault.
    #[default]
    Refuse,
    /// They are counted. What may be a message of the run is judged as ever.
    Welcome,
}

impl ScenarioFile {
    /// The file as YAML text, every default spelled out, with the line that lets editors check it.
    pub fn to_yaml(&self) -> String {
        // By way of JSON: serde_yaml would write enums as tags, which nobody types.
        let value = serde_json::to_value(self).expect("every field of a scenario fits JSON");
        let body = yaml::write_yaml(&value);
        format!("# yaml-language-server: $schema=scenario.schema.json\n{body}")
    }
}

fn unnamed() -> String {
    "unnamed".into()
}

fn socket_io_path() -> String {
    "/socket.io/".into()
}

fn main_namespace() -> String {
    "/".into()
}
