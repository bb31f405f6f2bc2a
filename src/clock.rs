//! Clock: the only file that asks what time it is, and the only one that waits for a moment.

#[cfg(target_os = "linux")]
mod alarm;
#[cfg(not(target_os = "linux"))]
#[path = "clock/alarm_portable.rs"]
mod alarm;

pub use alarm::Alarm;

use std::time::{Duration, Instant};

use crate::time::Timestamp;

/// One monotonic clock for a whole run; copies agree.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    /// A clock that reads zero now.
    #[expect(clippy::disallowed_methods, reason = "this is the file that may")]
    pub fn start() -> Clock {
        Clock { began: Instant::now() }
    }

    /// The time since the clock was started.
    #[expect(clippy::disallowed_methods, reason = "this is the file that may")]
    pub fn now(&self) -> Timestamp {
        Timestamp::ZERO + Instant::now().duration_since(self.began)
    }

    /// Waits until `moment`, to the millisecond that the runtime's timer wheel has.
    pub async fn sleep_until(&self, moment: Timestamp) {
        match self.began.checked_add(Duration::from_nanos(moment.as_nanos())) {
            Some(instant) => tokio::time::sleep_until(instant.into()).await,
            None => std::future::pending().await,
        }
    }
}

/// The time of day and date, in milliseconds since 1970: for reports, never for measuring.
#[expect(clippy::disallowed_methods, reason = "this is the file that may")]
pub fn unix_millis() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
