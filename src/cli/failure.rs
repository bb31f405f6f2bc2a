//! Failure: why there is nothing to report, said so that it can be mended.

use std::fmt::Write as _;

use crate::load::{EndpointError, TlsError};
use crate::report::{ExitKind, FolderError};
use crate::run::RunError;
use crate::scenario::ScenarioError;

use super::limits::LimitError;
use super::reference::ReferenceError;

/// Why a command did not do its job.
#[derive(Debug)]
pub(super) enum Failure {
    /// The scenario or the flags are wrong.
    Usage(miette::Report),
    /// The job could not be done: what, and what may help.
    Impossible { what: String, remedy: String },
}

impl Failure {
    pub(super) fn usage(what: String, remedy: &str) -> Failure {
        Failure::Usage(miette::miette!(help = remedy.to_owned(), "{what}"))
    }

    pub(super) fn impossible(what: impl ToString, remedy: impl Into<String>) -> Failure {
        Failure::Impossible { what: what.to_string(), remedy: remedy.into() }
    }

    /// Says it on standard error.
    #[expect(clippy::print_stderr, reason = "the command line is where errors are said")]
    pub(super) fn report(self) -> ExitKind {
        let kind = match self {
            Failure::Usage(report) => {
                eprint!("{report:?}");
                ExitKind::Usage
            }
            Failure::Impossible { what, remedy } => {
                let mut text = format!("Error: {what}\n");
                if !remedy.is_empty() {
                    writeln!(text, "  help: {remedy}").expect("a string takes everything");
                }
                eprint!("{text}");
                ExitKind::Impossible
            }
        };
        eprintln!("{kind}");
        kind
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Failure {
        Failure::Usage(error.into())
    }
}

impl From<LimitError> for Failure {
    fn from(error: LimitError) -> Failure {
        Failure::impossible(&error, error.remedy())
    }
}

impl From<ReferenceError> for Failure {
    fn from(error: ReferenceError) -> Failure {
        let remedy = "run `chatbench serve` by hand to see more, and give its URL with --target";
        Failure::impossible(error, remedy)
    }
}

impl From<EndpointError> for Failure {
    fn from(error: EndpointError) -> Failure {
        Failure::impossible(error, "check the target's name, and that this machine can look it up")
    }
}

impl From<TlsError> for Failure {
    fn from(error: TlsError) -> Failure {
        Failure::impossible(error, "install the system's CA certificates, or pass --insecure")
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Failure {
        Failure::impossible(&error, error.remedy())
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Failure {
        let remedy = match &error {
            RunError::Target(target) => target.remedy(),
            RunError::Load(_) | RunError::Thread(_) => {
                "free some threads or file descriptors, or raise the limit with `ulimit -n`"
            }
            RunError::Stopped => "",
        };
        Failure::impossible(&error, remedy)
    }
}
