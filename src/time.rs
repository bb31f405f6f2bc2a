//! Timestamp: nanoseconds since the run began, a plain number.

use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment of the run, in nanoseconds since it began, on one monotonic clock.
///
/// Every room below the clock takes its time as an argument of this type, so that any of them
/// can be driven by a test on virtual time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment the run began.
    pub const ZERO: Timestamp = Timestamp(0);
    /// A moment that never comes: 584 years after the run began.
    pub const NEVER: Timestamp = Timestamp(u64::MAX);

    /// The moment `nanos` nanoseconds after the run began.
    pub const fn from_nanos(nanos: u64) -> Timestamp {
        Timestamp(nanos)
    }

    /// Nanoseconds since the run began.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the run began.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The next whole second of the run.
    pub const fn next_second(self) -> Timestamp {
        const SECOND: u64 = 1_000_000_000;
        Timestamp((self.0 / SECOND + 1).saturating_mul(SECOND))
    }

    /// The time from `earlier` to this moment; zero when `earlier` is the later one.
    pub const fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    /// Saturates at [`Timestamp::NEVER`].
    fn add(self, later: Duration) -> Timestamp {
        let nanos = u64::try_from(later.as_nanos()).unwrap_or(u64::MAX);
        Timestamp(self.0.saturating_add(nanos))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;

    /// Saturates at [`Timestamp::ZERO`].
    fn sub(self, earlier: Duration) -> Timestamp {
        let nanos = u64::try_from(earlier.as_nanos()).unwrap_or(u64::MAX);
        Timestamp(self.0.saturating_sub(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_is_not_passed_and_zero_is_not_undercut() {
        let second = Duration::from_secs(1);
        assert_eq!(Timestamp::NEVER + second, Timestamp::NEVER);
        assert_eq!(Timestamp::ZERO - second, Timestamp::ZERO);
        assert_eq!(Timestamp::NEVER.next_second(), Timestamp::NEVER);
        assert_eq!(Timestamp::ZERO.since(Timestamp::from_nanos(5)), Duration::ZERO);
    }
}
