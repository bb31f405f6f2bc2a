//! Descriptor: a timer of the system's that is a file descriptor, and rings to the microsecond.
//!
//! A runtime's timer wheel turns once a millisecond, which would show in every latency that is
//! measured from the intended time; Linux has timers that are file descriptors.

use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::Clock;
use crate::time::Timestamp;

/// Wakes one task at one moment at a time.
#[derive(Debug)]
pub(super) struct Descriptor {
    clock: Clock,
    timer: AsyncFd<OwnedFd>,
    set_to: Timestamp,
}

impl Descriptor {
    /// A timer by `clock`, set to no moment.
    #[expect(deprecated, reason = "its successor is `unsafe`; an `OwnedFd` keeps what that asks")]
    pub(super) fn new(clock: Clock) -> io::Result<Descriptor> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
        Ok(Descriptor { clock, timer, set_to: Timestamp::NEVER })
    }

    /// Ready once `moment` has come; until then the task is woken when it does.
    pub(super) fn poll_until(&mut self, cx: &mut Context<'_>, moment: Timestamp) -> Poll<()> {
        loop {
            let left = moment.since(self.clock.now());
            if left.is_zero() {
                return Poll::Ready(());
            }
            if self.set_to != moment {
                // What it rang for is past; left standing, it would be taken for the new moment's.
                if let Poll::Ready(Ok(mut rung)) = self.timer.poll_read_ready(cx) {
                    rung.clear_ready();
                }
                self.set(left);
                self.set_to = moment;
            }
            // A timer that was set again and an error both end in another look at the clock.
            match ready!(self.timer.poll_read_ready(cx)) {
                Ok(mut ready) => ready.clear_ready(),
                Err(_) => return Poll::Ready(()),
            }
            self.set_to = Timestamp::NEVER;
        }
    }

    fn set(&self, left: Duration) {
        let it_value = Timespec {
            tv_sec: left.as_secs().min(i64::MAX as u64) as i64,
            tv_nsec: left.subsec_nanos().into(),
        };
        let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
        let once = Itimerspec { it_interval, it_value };
        let set = timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once);
        assert!(set.is_ok(), "a timer cannot be set to {left:?}: {set:?}");
    }
}
