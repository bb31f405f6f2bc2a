//! Alarm: waits for a moment, to the millisecond of the runtime's timer wheel.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

use super::{Clock, Timer};
use crate::time::Timestamp;

/// Wakes one task at one moment at a time.
#[derive(Debug)]
pub struct Alarm(Timer);

impl Alarm {
    /// An alarm by `clock`, set to no moment.
    ///
    /// # Errors
    /// Never here; where a timer is a file descriptor, when there is none left.
    pub fn new(clock: Clock) -> io::Result<Alarm> {
        Ok(Alarm(Timer::new(clock)))
    }

    /// Waits until `moment`.
    pub async fn wait_until(&mut self, moment: Timestamp) {
        poll_fn(|cx| self.poll_until(cx, moment)).await;
    }

    /// Ready once `moment` has come; until then the task is woken when it does.
    pub fn poll_until(&mut self, cx: &mut Context<'_>, moment: Timestamp) -> Poll<()> {
        self.0.poll(cx, moment)
    }
}
