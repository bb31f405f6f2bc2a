//! Window: a stretch of steady load, and what both sides used in it.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use serde::Serialize;

use crate::counters::Counters;
use crate::pair::Pair;

/// How far the rate may be from what is offered, as a share of it, to count as reached.
pub(crate) const RATE_TOLERANCE: f64 = 0.05;
/// The share of time for which a process waited for its core, from which others disturbed it.
const WAITED_MAX: f64 = 0.05;
const POLL: Duration = Duration::from_millis(100);
const POLLS_PER_SECOND: usize = 10;
/// The longest wait for a steady rate, in polls.
const POLLS_MAX: usize = 40;

/// What was seen in a window.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Window {
    /// Deliveries made by the server.
    pub(crate) deliveries_per_s: f64,
    /// Deliveries that the generator has read for certain, by its answers to pings.
    pub(crate) confirmed_per_s: f64,
    /// Time on a core that the generator used for one delivery, its share of sending included.
    pub(crate) cpu_us_per_delivery: f64,
    /// The share of the window that each was on its core, and waited for it.
    pub(crate) generator_busy: f64,
    pub(crate) server_busy: f64,
    pub(crate) generator_waited: f64,
    pub(crate) server_waited: f64,
}

impl Window {
    pub(crate) fn reached(&self, offered: f64) -> bool {
        self.deliveries_per_s >= offered * (1.0 - RATE_TOLERANCE)
    }

    /// What makes the window worth less, if anything does.
    pub(crate) fn doubts(&self, offered: f64) -> Vec<String> {
        let mut doubts = Vec::new();
        if !self.reached(offered) {
            doubts.push(format!("only {:.0} deliveries/s", self.deliveries_per_s));
        }
        if self.server_busy > 0.95 {
            doubts.push("the server's core was full".to_owned());
        }
        for (who, waited) in [("generator", self.generator_waited), ("server", self.server_waited)]
        {
            if waited > WAITED_MAX {
                let percent = waited * 100.0;
                doubts.push(format!("the {who} waited for its core {percent:.0} % of the time"));
            }
        }
        doubts
    }
}

/// Waits until the rate of deliveries is steady and looks at it for `length`.
pub(crate) fn watch(pair: &mut Pair, offered: f64, length: Duration) -> io::Result<Window> {
    await_steady(pair, offered)?;
    let before = look(pair)?;
    std::thread::sleep(length);
    let after = look(pair)?;
    let seconds = (after.counters.at_ns - before.counters.at_ns) as f64 / 1e9;
    let per_second = |before: u64, after: u64| (after - before) as f64 / seconds;
    let share = |before: u64, after: u64| per_second(before, after) / 1e9;
    let deliveries = after.counters.relayed - before.counters.relayed;
    let ran_ns = after.generator.ran_ns - before.generator.ran_ns;
    Ok(Window {
        deliveries_per_s: deliveries as f64 / seconds,
        confirmed_per_s: per_second(before.counters.confirmed, after.counters.confirmed),
        cpu_us_per_delivery: ran_ns as f64 / 1e3 / deliveries.max(1) as f64,
        generator_busy: share(before.generator.ran_ns, after.generator.ran_ns),
        server_busy: share(before.server.ran_ns, after.server.ran_ns),
        generator_waited: share(before.generator.waited_ns, after.generator.waited_ns),
        server_waited: share(before.server.waited_ns, after.server.waited_ns),
    })
}

struct Look {
    counters: Counters,
    generator: crate::child::CpuTime,
    server: crate::child::CpuTime,
}

fn look(pair: &mut Pair) -> io::Result<Look> {
    Ok(Look {
        counters: pair.server.counters()?,
        generator: pair.generator.cpu_time()?,
        server: pair.server.child.cpu_time()?,
    })
}

/// Until the last second's rate is what is offered, or, when that is not reached, the same as
/// that of the second before; not for ever.
fn await_steady(pair: &mut Pair, offered: f64) -> io::Result<()> {
    let mut looks = VecDeque::new();
    for _ in 0..POLLS_MAX {
        looks.push_front(pair.server.counters()?);
        let last = rate(&looks, 0);
        let second_before = rate(&looks, POLLS_PER_SECOND);
        if last.is_some_and(|last| close(last, offered)) {
            return Ok(());
        }
        if let (Some(last), Some(before)) = (last, second_before)
            && last > offered / 10.0
            && close(last, before)
        {
            return Ok(());
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}

fn rate(looks: &VecDeque<Counters>, from: usize) -> Option<f64> {
    let (late, early) = (looks.get(from)?, looks.get(from + POLLS_PER_SECOND)?);
    Some((late.relayed - early.relayed) as f64 * 1e9 / (late.at_ns - early.at_ns) as f64)
}

fn close(rate: f64, to: f64) -> bool {
    (rate / to - 1.0).abs() <= RATE_TOLERANCE
}
