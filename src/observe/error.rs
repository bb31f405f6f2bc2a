//! ObserveError: why the server cannot be observed, and what may help.

/// Why the server cannot be observed as it should be.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// There is no such process.
    #[error("there is no process {pid} to be observed")]
    NoProcess {
        /// Its number.
        pid: u32,
    },
    /// It may not be looked at.
    #[error("the process {pid} cannot be observed: {why}")]
    Unreadable {
        /// Its number.
        pid: u32,
        /// What the system says.
        why: String,
    },
    /// This system does not show processes to others.
    #[error("processes of this machine can be observed on Linux only")]
    Unsupported,
    /// What a node exposes is of no use.
    #[error("{url} cannot be observed: {why}")]
    Exposition {
        /// Where it exposes it.
        url: String,
        /// What is wrong.
        why: String,
        /// What may help.
        remedy: String,
    },
}

impl ObserveError {
    /// What may help.
    pub fn remedy(&self) -> String {
        match self {
            ObserveError::NoProcess { .. } => {
                "give the id of the server's process, such as `--observe $(pgrep -f server.js)`, \
                 or `--observe off`"
                    .into()
            }
            ObserveError::Unreadable { .. } => {
                "run chatbench as the user whose process it is, or observe what it exposes to \
                 Prometheus: `--observe http://localhost:3000/metrics`"
                    .into()
            }
            ObserveError::Unsupported => "observe what the server exposes to Prometheus: \
                 `--observe http://localhost:3000/metrics`, or nothing: `--observe off`"
                .into(),
            ObserveError::Exposition { remedy, .. } => remedy.clone(),
        }
    }
}
