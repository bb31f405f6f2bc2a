//! Stall: the whole server stands still, once.

use std::fmt;
use std::str::FromStr;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

/// For how long the server stands still, and how long after the first message.
///
/// Typed `stall`, `stall=DURATION` or `stall=DURATION@AFTER`, as in `stall=500ms@1s`. Keep the
/// duration below the ping timeout: no ping is answered meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall {
    /// For how long.
    pub duration: Duration,
    /// How long after the first `send-msg`.
    pub after: Duration,
}

impl Stall {
    /// How it is typed.
    pub const NAME: &str = "stall";
    /// What happens.
    pub const EFFECT: &str = "not a rate but DURATION[@AFTER], by default 2s@5s: once, AFTER the \
        first message, all threads that serve connections sleep for DURATION; what came in \
        meanwhile is served afterwards, in order";
}

impl Default for Stall {
    fn default() -> Self {
        Self { duration: Duration::from_secs(2), after: Duration::from_secs(5) }
    }
}

impl FromStr for Stall {
    type Err = DurationError;

    fn from_str(typed: &str) -> Result<Self, DurationError> {
        let default = Self::default();
        Ok(match typed.split_once('@') {
            None => Self { duration: duration(typed)?, ..default },
            Some((for_, after)) => Self { duration: duration(for_)?, after: duration(after)? },
        })
    }
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms@{}ms", self.duration.as_millis(), self.after.as_millis())
    }
}

/// What was typed is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration; write a whole number and its unit, as 300ms, 25s or 1m")]
pub struct DurationError(String);

/// Reads a duration: a whole number of `ms`, `s` or `m`.
///
/// # Errors
///
/// When it is anything else.
pub fn duration(typed: &str) -> Result<Duration, DurationError> {
    let digits = typed.find(|c: char| !c.is_ascii_digit()).unwrap_or(typed.len());
    let (number, unit) = typed.split_at(digits);
    let number: u32 = number.parse().map_err(|_| DurationError(typed.to_owned()))?;
    match unit {
        "ms" => Ok(Duration::from_millis(number.into())),
        "s" => Ok(Duration::from_secs(number.into())),
        "m" => Ok(Duration::from_secs(u64::from(number) * 60)),
        _ => Err(DurationError(typed.to_owned())),
    }
}

/// Tells all threads when to stand still.
pub(super) struct StallClock {
    stall: Option<Stall>,
    /// Whether the first message came in.
    begun: watch::Sender<bool>,
}

impl StallClock {
    pub(super) fn new(stall: Option<Stall>) -> Self {
        Self { stall, begun: watch::Sender::new(false) }
    }

    /// Notes a message; the first starts the clock.
    pub(super) fn message(&self) {
        if self.stall.is_some() && !*self.begun.borrow() {
            // Two threads may come here at once: the first wins.
            self.begun.send_if_modified(|begun| !std::mem::replace(begun, true));
        }
    }

    /// Blocks the calling thread, runtime and all, when its time has come.
    pub(super) async fn stall_when_told(&self) {
        let Some(stall) = self.stall else { return };
        let mut begun = self.begun.subscribe();
        if begun.wait_for(|begun| *begun).await.is_ok() {
            tokio::time::sleep(stall.after).await;
            thread::sleep(stall.duration);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("300ms"), Ok(Duration::from_millis(300)));
        assert_eq!(duration("25s"), Ok(Duration::from_secs(25)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for typed in ["", "s", "25", "1.5s", "-1s", "25 s", "1h", "99999999999s"] {
            assert!(duration(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn a_stall_has_defaults() {
        let (two, five) = (Duration::from_secs(2), Duration::from_secs(5));
        assert_eq!(Stall::default(), Stall { duration: two, after: five });
        assert_eq!("2s@5s".parse(), Ok(Stall::default()));
        assert_eq!("2s".parse(), Ok(Stall::default()));
    }
}
