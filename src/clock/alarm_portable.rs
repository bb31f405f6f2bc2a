//! Alarm: waits for a moment, to the millisecond of the runtime's timer wheel.

use std::io;

use super::Clock;
use crate::time::Timestamp;

/// Wakes one task at one moment at a time.
#[derive(Debug)]
pub struct Alarm(Clock);

impl Alarm {
    /// An alarm by `clock`, set to no moment.
    ///
    /// # Errors
    /// Never here; where a timer is a file descriptor, when there is none left.
    pub fn new(clock: Clock) -> io::Result<Alarm> {
        Ok(Alarm(clock))
    }

    /// Waits until `moment`.
    pub async fn wait_until(&mut self, moment: Timestamp) {
        self.0.sleep_until(moment).await;
    }
}
