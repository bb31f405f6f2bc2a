//! Timing: what the clock is made of, what it costs to ask it, and how late it wakes somebody.

use std::time::Duration;

use super::cpu::is_name;
use super::root::Root;
use crate::clock::{Alarm, Clock};

const READS: u32 = 10_000;
const WAKES: usize = 50;
const WAKE: Duration = Duration::from_millis(1);

/// The clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// What the kernel counts time by.
    pub source: Option<String>,
    /// What it could count time by.
    pub sources: Option<Vec<String>>,
    /// What it costs to ask for the time, in nanoseconds.
    pub read_ns: Option<f64>,
    /// The least difference between two answers, in nanoseconds.
    pub step_ns: Option<u64>,
    /// By how much the kernel may put off to wake this process, in nanoseconds.
    pub slack_ns: Option<u64>,
    /// How late this process is woken.
    pub late: Option<Lateness>,
}

/// How late somebody is woken who waits for a millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lateness {
    /// Half of the times by no more than this.
    pub median: Duration,
    /// By this at worst.
    pub max: Duration,
}

impl Timing {
    pub(super) async fn read(root: &Root, clock: Clock) -> Timing {
        const FOLDER: &str = "sys/devices/system/clocksource/clocksource0";
        let words = |name: &str| -> Option<Vec<String>> {
            let text = root.text(&format!("{FOLDER}/{name}_clocksource")).known()?;
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            (!words.is_empty() && words.iter().all(|it| is_name(it))).then_some(words)
        };
        let source = words("current").filter(|words| words.len() == 1).and_then(|mut it| it.pop());
        let (read_ns, step_ns) = cost(clock).unzip();
        Timing {
            source,
            sources: words("available"),
            read_ns,
            step_ns,
            slack_ns: root.number("proc/self/timerslack_ns"),
            late: lateness(clock).await,
        }
    }
}

/// What it costs to ask, and the least difference between two answers; nothing by a clock that
/// stands still.
fn cost(clock: Clock) -> Option<(f64, u64)> {
    let began = clock.now();
    let (mut last, mut step) = (began, None);
    for _ in 0..READS {
        let now = clock.now();
        let gap = now.since(last);
        if !gap.is_zero() {
            step = Some(step.map_or(gap, |step: Duration| step.min(gap)));
        }
        last = now;
    }
    let read = last.since(began).as_nanos() as f64 / f64::from(READS);
    Some((read, step?.as_nanos() as u64))
}

async fn lateness(clock: Clock) -> Option<Lateness> {
    let mut alarm = Alarm::new(clock).ok()?;
    let mut late = Vec::new();
    for _ in 0..WAKES {
        let moment = clock.now() + WAKE;
        alarm.wait_until(moment).await;
        late.push(clock.now().since(moment));
    }
    late.sort_unstable();
    Some(Lateness { median: late[WAKES / 2], max: *late.last()? })
}
