//! Clock: the only file that asks what time it is, and the only one that waits for a moment.

mod alarm;
#[cfg(target_os = "linux")]
mod descriptor;

pub use alarm::Alarm;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::time::Timestamp;

/// One monotonic clock for a whole run; copies agree.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
    simulated: bool,
}

impl Clock {
    /// A clock that reads zero now.
    #[expect(clippy::disallowed_methods, reason = "this is the file that may")]
    pub fn start() -> Clock {
        Clock { began: Instant::now(), simulated: false }
    }

    /// A clock that reads zero now and goes as the runtime's own time does: where a test has
    /// paused that, from one moment that somebody waits for to the next. It knows milliseconds.
    #[expect(clippy::disallowed_methods, reason = "this is the file that may")]
    pub fn simulated() -> Clock {
        Clock { began: tokio::time::Instant::now().into_std(), simulated: true }
    }

    /// The time since the clock was started.
    #[inline]
    #[expect(clippy::disallowed_methods, reason = "this is the file that may")]
    pub fn now(&self) -> Timestamp {
        let now = match self.simulated {
            false => Instant::now(),
            true => tokio::time::Instant::now().into_std(),
        };
        Timestamp::ZERO + now.duration_since(self.began)
    }

    /// Waits until `moment`, to the millisecond that the runtime's timer wheel has.
    pub async fn sleep_until(&self, moment: Timestamp) {
        match self.began.checked_add(Duration::from_nanos(moment.as_nanos())) {
            Some(instant) => tokio::time::sleep_until(instant.into()).await,
            None => std::future::pending().await,
        }
    }
}

/// Tells a task that a moment has come, to the millisecond; costs nothing while it is not moved.
#[derive(Debug)]
pub struct Timer {
    clock: Clock,
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
    set_to: Timestamp,
}

impl Timer {
    /// A timer by `clock`, set to no moment.
    pub fn new(clock: Clock) -> Timer {
        Timer { clock, sleep: None, set_to: Timestamp::NEVER }
    }

    /// Whether the task that polled it last will be woken at `moment`, and not before.
    pub fn is_set_to(&self, moment: Timestamp) -> bool {
        self.set_to == moment
    }

    /// Ready once `moment` has come; until then the task is woken when it does.
    pub fn poll(&mut self, cx: &mut Context<'_>, moment: Timestamp) -> Poll<()> {
        if moment == Timestamp::NEVER {
            return Poll::Pending;
        }
        if self.set_to != moment {
            let instant = self.clock.began + Duration::from_nanos(moment.as_nanos());
            match &mut self.sleep {
                Some(sleep) => sleep.as_mut().reset(instant.into()),
                none => *none = Some(Box::pin(tokio::time::sleep_until(instant.into()))),
            }
            self.set_to = moment;
        }
        self.sleep.as_mut().map_or(Poll::Pending, |sleep| sleep.as_mut().poll(cx))
    }
}

/// The time of day and date, in milliseconds since 1970: for reports, never for measuring.
#[expect(clippy::disallowed_methods, reason = "this is the file that may")]
pub fn unix_millis() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

/// How long the calling thread has been on a processor.
#[derive(Clone, Copy, Debug)]
pub struct ThreadCpu(Duration);

impl ThreadCpu {
    /// As of now.
    pub fn now() -> ThreadCpu {
        let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        ThreadCpu(Duration::new(spent.tv_sec.max(0) as u64, spent.tv_nsec as u32))
    }

    /// How much of it came after `earlier`.
    pub fn since(self, earlier: ThreadCpu) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn simulated_time_goes_from_one_awaited_moment_to_the_next() {
        let real = Clock::start();
        let clock = Clock::simulated();
        let mut alarm = Alarm::new(clock).expect("an alarm");
        for seconds in [3_600, 7_200] {
            let moment = Timestamp::ZERO + Duration::from_secs(seconds);
            alarm.wait_until(moment).await;
            assert_eq!(clock.now(), moment);
        }
        clock.sleep_until(Timestamp::ZERO + Duration::from_secs(9_000)).await;
        assert_eq!(clock.now(), Timestamp::ZERO + Duration::from_secs(9_000));
        assert!(real.now() < Timestamp::ZERO + Duration::from_secs(3_600), "{:?}", real.now());
    }
}
