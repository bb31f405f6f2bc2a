//! Failure: why there is nothing to report, said so that it can be mended.

use std::io::{IsTerminal as _, Write as _};

use miette::MietteHandlerOpts;

use crate::load::{EndpointError, TlsError};
use crate::observe::ObserveError;
use crate::report::{ExitKind, FolderError};
use crate::run::RunError;
use crate::scenario::ScenarioError;

use super::limits::LimitError;
use super::reference::ReferenceError;
use super::variable;

/// Why a command did not do its job.
#[derive(Debug)]
pub(super) enum Failure {
    /// The arguments are not such that they can be read.
    Arguments(clap::Error),
    /// The scenario or the flags are wrong.
    Usage(miette::Report),
    /// The job could not be done: what, and what may help.
    Impossible { what: String, remedy: String },
    /// Somebody wanted it to stop before anything could be said.
    Interrupted,
}

impl Failure {
    pub(super) fn usage(what: String, remedy: &str) -> Failure {
        Failure::Usage(miette::miette!(help = remedy.to_owned(), "{what}"))
    }

    pub(super) fn impossible(what: impl ToString, remedy: impl Into<String>) -> Failure {
        Failure::Impossible { what: what.to_string(), remedy: remedy.into() }
    }

    /// How the process ends.
    pub(super) fn kind(&self) -> ExitKind {
        match self {
            Failure::Arguments(_) | Failure::Usage(_) => ExitKind::Usage,
            Failure::Impossible { .. } => ExitKind::Impossible,
            Failure::Interrupted => ExitKind::Unknown,
        }
    }

    /// What is wrong and what may help, in a line: where it is part of a report.
    pub(super) fn in_a_line(&self) -> String {
        match self {
            Failure::Arguments(error) => error.to_string(),
            Failure::Usage(report) => match report.help() {
                Some(help) => format!("{report}: {help}"),
                None => report.to_string(),
            },
            Failure::Impossible { what, remedy } => format!("{what}: {remedy}"),
            Failure::Interrupted => "interrupted".into(),
        }
    }

    /// Says it on standard error, and how the process ends on the last line.
    pub(super) fn report(self) -> ExitKind {
        let kind = self.kind();
        let text = match self {
            Failure::Arguments(error) => misread(&error),
            Failure::Usage(report) => format!("{report:?}"),
            Failure::Impossible { what, remedy } if remedy.is_empty() => format!("Error: {what}\n"),
            Failure::Impossible { what, remedy } => format!("Error: {what}\n  help: {remedy}\n"),
            Failure::Interrupted => "Interrupted before anybody was connected\n".into(),
        };
        // Whoever does not read it still gets the exit code.
        let _ = writeln!(std::io::stderr(), "{text}{kind}");
        kind
    }
}

fn misread(error: &clap::Error) -> String {
    let text = error.render();
    let mut text =
        if std::io::stderr().is_terminal() { text.ansi().to_string() } else { text.to_string() };
    if let Some(variable) = variable::to_blame(error) {
        text.push_str(&format!("  the value is that of the environment variable {variable}\n"));
    }
    text
}

/// From now on breaks no line of an error: a path, or what a script looks for, would be cut in two.
pub(super) fn leave_lines_whole() {
    let handler = |_: &_| -> Box<dyn miette::ReportHandler> {
        Box::new(MietteHandlerOpts::new().wrap_lines(false).build())
    };
    miette::set_hook(Box::new(handler)).expect("no error was made before");
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Failure {
        Failure::Arguments(error)
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

impl From<ObserveError> for Failure {
    fn from(error: ObserveError) -> Failure {
        Failure::impossible(&error, error.remedy())
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
            RunError::Stopped => return Failure::Interrupted,
        };
        Failure::impossible(&error, remedy)
    }
}
