//! Alarm: waits for a moment to the microsecond where the system can.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};

#[cfg(target_os = "linux")]
use super::descriptor::Descriptor;
use super::{Clock, Timer};
use crate::time::Timestamp;

/// Wakes one task at one moment at a time.
#[derive(Debug)]
pub struct Alarm(Kind);

#[derive(Debug)]
enum Kind {
    /// The system's own, to the microsecond.
    #[cfg(target_os = "linux")]
    Descriptor(Descriptor),
    /// The runtime's: everywhere else, and where time is simulated.
    Timer(Timer),
}

impl Alarm {
    /// An alarm by `clock`, set to no moment.
    ///
    /// # Errors
    /// When a timer is a file descriptor, and the process has none left.
    pub fn new(clock: Clock) -> io::Result<Alarm> {
        #[cfg(target_os = "linux")]
        if !clock.simulated {
            return Ok(Alarm(Kind::Descriptor(Descriptor::new(clock)?)));
        }
        Ok(Alarm(Kind::Timer(Timer::new(clock))))
    }

    /// Waits until `moment`.
    pub async fn wait_until(&mut self, moment: Timestamp) {
        poll_fn(|cx| self.poll_until(cx, moment)).await;
    }

    /// Ready once `moment` has come; until then the task is woken when it does.
    pub fn poll_until(&mut self, cx: &mut Context<'_>, moment: Timestamp) -> Poll<()> {
        match &mut self.0 {
            #[cfg(target_os = "linux")]
            Kind::Descriptor(descriptor) => descriptor.poll_until(cx, moment),
            Kind::Timer(timer) => timer.poll(cx, moment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn it_never_rings_early_and_can_be_set_again() {
        let clock = Clock::start();
        let mut alarm = Alarm::new(clock).expect("a timer");
        for micros in [300, 50, 2_000, 0] {
            let moment = clock.now() + Duration::from_micros(micros);
            alarm.wait_until(moment).await;
            assert!(clock.now() >= moment, "{micros} µs");
        }
    }

    #[tokio::test]
    async fn an_earlier_moment_replaces_a_later_one() {
        let clock = Clock::start();
        let mut alarm = Alarm::new(clock).expect("a timer");
        let far = clock.now() + Duration::from_secs(3_600);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        assert!(alarm.poll_until(&mut cx, far).is_pending());
        alarm.wait_until(clock.now() + Duration::from_millis(1)).await;
    }
}
