//! Faults: everything the server may do wrong on purpose, and nothing else.
//!
//! A fault is typed `NAME` or `NAME=RATE`; RATE is the probability of each of its decisions, from
//! 0 to 1, and 1 when left out. Most decide per message (that is per `send-msg`, whoever hears
//! it), some per join or leave of a room, or per connection; [`FaultKind::effect`] says which, and
//! what then happens. Only `stall` differs, see [`Stall`].
//!
//! The n-th decision about the k-th user to connect is a pure function of the seed, the fault, k
//! and n: the same clients in the same order meet the same faults, whatever the threads do.

mod dice;
mod edit;
mod history;
mod kind;
mod outgoing;
mod rooms;
mod roster;
mod saboteur;
mod stall;

use std::fmt;
use std::str::FromStr;

pub use self::kind::FaultKind;
pub use self::stall::{Stall, duration};

pub(crate) use self::saboteur::Saboteur;

/// Something to do wrong, and how often or how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// A fault that is decided anew for every message, join, leave or connection.
    Rated {
        /// What goes wrong.
        kind: FaultKind,
        /// The probability of each decision, from 0 to 1.
        rate: f64,
    },
    /// The whole server stands still, once.
    Stall(Stall),
}

impl Fault {
    /// A fault at every decision.
    #[must_use]
    pub fn always(kind: FaultKind) -> Self {
        Self::Rated { kind, rate: 1.0 }
    }

    /// What each fault does, one per line, for a help text.
    #[must_use]
    pub fn help() -> String {
        let rated = FaultKind::ALL.map(|kind| format!("{}: {}", kind.name(), kind.effect()));
        format!(
            "What to do wrong, and how often: NAME or NAME=RATE; may be repeated. RATE is the \
             probability of each decision, from 0 to 1, by default 1\n\n{}\n{}: {}",
            rated.join("\n"),
            Stall::NAME,
            Stall::EFFECT,
        )
    }
}

/// What was typed is not a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is no fault of that name.
    #[error("no fault is named `{0}`; there are {names}", names = names())]
    Name(String),
    /// The rate is not a probability.
    #[error("the rate `{0}` is not a number from 0 to 1")]
    Rate(String),
    /// The duration of a stall is not one.
    #[error(transparent)]
    Duration(#[from] stall::DurationError),
}

fn names() -> String {
    let rated: Vec<_> = FaultKind::ALL.iter().map(|kind| kind.name()).collect();
    format!("{}, {}", rated.join(", "), Stall::NAME)
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(typed: &str) -> Result<Self, FaultError> {
        let (name, setting) = match typed.split_once('=') {
            Some((name, setting)) => (name, Some(setting)),
            None => (typed, None),
        };
        if name == Stall::NAME {
            return Ok(Self::Stall(setting.map_or(Ok(Stall::default()), str::parse)?));
        }
        let kind = FaultKind::ALL.into_iter().find(|kind| kind.name() == name);
        let kind = kind.ok_or_else(|| FaultError::Name(name.to_owned()))?;
        Ok(Self::Rated { kind, rate: setting.map_or(Ok(1.0), rate)? })
    }
}

fn rate(typed: &str) -> Result<f64, FaultError> {
    let rate = typed.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
    rate.ok_or_else(|| FaultError::Rate(typed.to_owned()))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rated { kind, rate } => write!(f, "{}={rate}", kind.name()),
            Self::Stall(stall) => write!(f, "{}={stall}", Stall::NAME),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_to_its_fault_and_back() {
        for kind in FaultKind::ALL {
            assert_eq!(kind.name().parse(), Ok(Fault::always(kind)));
            let fault = Fault::Rated { kind, rate: 0.25 };
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        let stall: Fault = "stall=1500ms@250ms".parse().expect("a stall");
        assert_eq!(stall.to_string().parse(), Ok(stall));
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_list() {
        let error = "ecko".parse::<Fault>().expect_err("not a fault").to_string();
        assert!(error.contains("`ecko`") && error.contains("echo, ") && error.contains("stall"));
    }

    #[test]
    fn a_rate_is_a_probability() {
        for typed in ["drop=1.1", "drop=-0.1", "drop=NaN", "drop=", "drop=often", "drop=1s"] {
            assert!(matches!(typed.parse::<Fault>(), Err(FaultError::Rate(_))), "{typed}");
        }
        assert!(matches!("stall=soon".parse::<Fault>(), Err(FaultError::Duration(_))));
    }
}
