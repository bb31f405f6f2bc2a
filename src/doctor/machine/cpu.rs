//! Cpu: the processors that this process may use, at what pace they go, and who else uses them.

use std::time::Duration;

use super::cgroup::{self, Pids, Quota};
use super::root::{Part, Root};
use crate::clock::Clock;

/// Between two looks at who uses the processors.
const LOOK: Duration = Duration::from_millis(200);
const NAME_BYTES_MAX: usize = 32;

/// The processors.
#[derive(Clone, Debug, PartialEq)]
pub struct Cpu {
    /// The numbers of the cores that this process may use, ascending: its affinity. What a group
    /// may have of their time is the quota.
    pub cores: Option<Vec<u64>>,
    /// What governs the pace of each core; absent where nothing does.
    pub governors: Part<Vec<String>>,
    /// Time on processors that its group may use; absent where it may use all.
    pub quota: Part<Quota>,
    /// Threads that its group may have; absent where there is no limit.
    pub pids: Part<Pids>,
    /// The load average of the last minute.
    pub load: Option<f64>,
    /// What the processors did while nothing of ours ran.
    pub busy: Option<Busy>,
}

/// What processors did, as shares of their time from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Busy {
    /// Work of this machine.
    pub work: f64,
    /// Work of other machines on the same processors.
    pub stolen: f64,
}

impl Cpu {
    pub(super) fn read(root: &Root, busy: Option<Busy>) -> Cpu {
        let load = root.text("proc/loadavg").known();
        let load = load.and_then(|text| text.split_whitespace().next()?.parse().ok());
        Cpu {
            cores: cores(),
            governors: governors(root),
            quota: cgroup::quota(root),
            pids: cgroup::pids(root),
            load: load.filter(|load: &f64| load.is_finite() && *load >= 0.0),
            busy,
        }
    }

    /// How many cores this process may use.
    pub fn many(&self) -> Option<u64> {
        self.cores.as_ref().map(|cores| cores.len() as u64)
    }

    /// Of so `many` cores, how many it may keep busy all the time; one at least.
    pub fn kept_busy(&self, many: u64) -> u64 {
        match &self.quota {
            Part::There(quota) => many.min(quota.cores as u64).max(1),
            Part::Absent | Part::Unknown => many,
        }
    }
}

impl Busy {
    pub(super) async fn read(root: &Root, clock: Clock) -> Option<Busy> {
        let before = Times::read(root)?;
        clock.sleep_until(clock.now() + LOOK).await;
        Times::read(root)?.since(&before)
    }
}

/// `available_parallelism` would not do: it is less where there is a quota, which is then taken to
/// be as much as all cores have.
#[cfg(target_os = "linux")]
fn cores() -> Option<Vec<u64>> {
    let cores = rustix::thread::sched_getaffinity(None).ok()?;
    let numbers = (0..rustix::thread::CpuSet::MAX_CPU).filter(|number| cores.is_set(*number));
    Some(numbers.map(|number| number as u64).collect())
}

/// Elsewhere there are no quotas, and nobody is kept to some of the cores.
#[cfg(not(target_os = "linux"))]
fn cores() -> Option<Vec<u64>> {
    std::thread::available_parallelism().ok().map(|cores| (0..cores.get() as u64).collect())
}

fn governors(root: &Root) -> Part<Vec<String>> {
    const FOLDER: &str = "sys/devices/system/cpu";
    let Some(names) = root.names(FOLDER) else { return Part::Unknown };
    let is_core = |name: &&String| {
        let number = name.strip_prefix("cpu").unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut governors = Vec::new();
    for core in names.iter().filter(is_core) {
        match root.text(&format!("{FOLDER}/{core}/cpufreq/scaling_governor")) {
            Part::Absent => {}
            Part::There(text) if is_name(text.trim()) => governors.push(text.trim().into()),
            Part::There(_) | Part::Unknown => return Part::Unknown,
        }
    }
    if governors.is_empty() { Part::Absent } else { Part::There(governors) }
}

/// Whether `text` is what a part of the kernel may be called.
pub(super) fn is_name(text: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_of_name)
}

/// The ticks of all cores since the machine began: the first eight columns of `/proc/stat`.
#[derive(Debug)]
struct Times([u64; 8]);

impl Times {
    const IDLE: usize = 3;
    const IO_WAIT: usize = 4;
    const STOLEN: usize = 7;

    fn read(root: &Root) -> Option<Times> {
        Times::parse(&root.text("proc/stat").known()?)
    }

    fn parse(text: &str) -> Option<Times> {
        let mut words = text.lines().next()?.split_whitespace();
        if words.next()? != "cpu" {
            return None;
        }
        let ticks: Result<Vec<u64>, _> = words.take(8).map(str::parse).collect();
        ticks.ok()?.try_into().ok().map(Times)
    }

    /// Nothing where no time has passed.
    fn since(&self, before: &Times) -> Option<Busy> {
        let spent = |at: usize| self.0[at].saturating_sub(before.0[at]) as f64;
        let all: f64 = (0..self.0.len()).map(spent).sum();
        let stolen = spent(Times::STOLEN);
        let work = all - spent(Times::IDLE) - spent(Times::IO_WAIT) - stolen;
        (all > 0.0).then(|| Busy { work: work / all, stolen: stolen / all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn cores_are_those_that_this_thread_is_kept_to() {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

        let all = cores().expect("Linux tells");
        let whole = sched_getaffinity(None).expect("Linux tells");
        assert_eq!(all.len(), whole.count() as usize);
        for core in all {
            let mut one = CpuSet::new();
            one.set(core as usize);
            sched_setaffinity(None, &one).expect("it is one of its own");
            assert_eq!(cores(), Some(vec![core]));
        }
    }

    #[test]
    fn what_processors_did_is_told_from_two_looks() {
        let times = |text| Times::parse(text);
        let before = times("cpu  100 10 50 800 20 5 5 10 7 7\ncpu0 1").expect("it is well-formed");
        let after = times("cpu  110 10 55 880 25 5 5 20 9 9\ncpu0 1").expect("it is well-formed");
        let busy = after.since(&before).expect("time has passed");
        assert_eq!((busy.work, busy.stolen), ((110.0 - 80.0 - 5.0 - 10.0) / 110.0, 10.0 / 110.0));
        assert_eq!(after.since(&after), None);
        for hostile in ["", "cpu", "cpu 1 2 3", "cpu a b c d e f g h", "intr 1 2 3 4 5 6 7 8 9"] {
            assert!(times(hostile).is_none(), "{hostile:?}");
        }
    }
}
