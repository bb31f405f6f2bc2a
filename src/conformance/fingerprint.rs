//! Fingerprint: which server answers, told by what only that one says.

use super::trial::Trial;

/// A server implementation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// The official server, on Node.
    Node,
    /// socketioxide, in Rust.
    Socketioxide,
    /// python-socketio.
    Python,
    /// None that is recognised.
    #[default]
    Unknown,
}

impl Family {
    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Family::Node => "socket.io (Node)",
            Family::Socketioxide => "socketioxide",
            Family::Python => "python-socketio",
            Family::Unknown => "not recognised",
        }
    }
}

/// Asks for a transport that there is not: each family refuses that in its own words.
pub(super) async fn recognise(trial: &Trial) -> Family {
    let request = trial.get(&trial.query("chatbench"));
    let Ok(response) = trial.make(&request).await else { return Family::Unknown };
    let text = response.text();
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(body) if body["code"] == 0 => Family::Node,
        Ok(body) if body["code"] == "0" => Family::Socketioxide,
        Ok(serde_json::Value::String(text)) if text.contains("ransport") => Family::Python,
        _ => Family::Unknown,
    }
}
