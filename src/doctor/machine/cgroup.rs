//! Cgroup: what the group that this process is in may use of the machine.

use super::root::{Part, Root};

/// Time on processors.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    /// How many cores it comes to.
    pub cores: f64,
    /// The file that says so.
    pub file: String,
}

/// Processes and threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pids {
    /// How many there may be.
    pub max: u64,
    /// How many there are.
    pub now: u64,
    /// The file that limits them.
    pub file: String,
}

/// Memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spare {
    /// How much the group may have, in bytes.
    pub max: u64,
    /// How much of that is not taken, in bytes; files that are only cached are not counted.
    pub spare: u64,
    /// The file that limits it.
    pub file: String,
}

/// What stands for no limit in the first version of groups: the most pages that there can be.
const MEMORY_BYTES_UNLIMITED: u64 = 1 << 62;
const DEPTH_MAX: usize = 64;

/// The groups that this process is in with one controller, from its own to the outermost.
struct Groups<'a> {
    root: &'a Root,
    is_first_version: bool,
    folders: Vec<String>,
}

/// The least quota of all groups.
pub(super) fn quota(root: &Root) -> Part<Quota> {
    let Some(groups) = Groups::of(root, "cpu") else { return Part::Unknown };
    let file = groups.file("cpu.cfs_quota_us", "cpu.max");
    groups.least(file, |folder, text| {
        let path = format!("{folder}/{file}");
        let (quota, period) = match groups.is_first_version {
            true => (text, root.text(&format!("{folder}/cpu.cfs_period_us")).known()?),
            false => text.split_once(' ').map(|(quota, period)| (quota, period.to_owned()))?,
        };
        let period: u32 = period.trim().parse().ok()?;
        if ["max", "-1"].contains(&quota) {
            return Some(None);
        }
        let quota: u32 = quota.parse().ok()?;
        let cores = f64::from(quota) / f64::from(period);
        (cores.is_finite() && cores > 0.0).then_some(Some((cores, Quota { cores, file: path })))
    })
}

/// The group that has the fewest left.
pub(super) fn pids(root: &Root) -> Part<Pids> {
    let Some(groups) = Groups::of(root, "pids") else { return Part::Unknown };
    groups.least("pids.max", |folder, text| {
        if text == "max" {
            return Some(None);
        }
        let max: u64 = text.parse().ok()?;
        let now = root.number(&format!("{folder}/pids.current"))?;
        let left = max.saturating_sub(now) as f64;
        Some(Some((left, Pids { max, now, file: format!("{folder}/pids.max") })))
    })
}

/// The group that has the least left.
pub(super) fn memory(root: &Root) -> Part<Spare> {
    let Some(groups) = Groups::of(root, "memory") else { return Part::Unknown };
    let file = groups.file("memory.limit_in_bytes", "memory.max");
    let used = groups.file("memory.usage_in_bytes", "memory.current");
    let cached = groups.file("total_inactive_file", "inactive_file");
    groups.least(file, |folder, text| {
        if text == "max" {
            return Some(None);
        }
        let max: u64 = text.parse().ok()?;
        if max > MEMORY_BYTES_UNLIMITED {
            return Some(None);
        }
        let used = root.number(&format!("{folder}/{used}"))?;
        let stat = root.text(&format!("{folder}/memory.stat")).known().unwrap_or_default();
        let cached = stat.lines().find_map(|line| line.strip_prefix(cached)?.trim().parse().ok());
        let taken = used.saturating_sub(cached.unwrap_or(0));
        let spare = max.saturating_sub(taken);
        Some(Some((spare as f64, Spare { max, spare, file: format!("{folder}/{file}") })))
    })
}

impl<'a> Groups<'a> {
    fn of(root: &'a Root, controller: &str) -> Option<Groups<'a>> {
        let text = root.text("proc/self/cgroup").known()?;
        // `4:memory:/a/b` of the first version, `0::/a/b` of the second.
        let parts = text.lines().filter_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            Some((parts.next()?, parts.next()?))
        });
        let parts: Vec<(&str, &str)> = parts.collect();
        let is_of = |(names, _): &&(&str, &str)| names.split(',').any(|name| name == controller);
        let first = parts.iter().find(is_of);
        let (_, path) = first.or_else(|| parts.iter().find(|(names, _)| names.is_empty()))?;
        let mount = match first {
            Some(_) => format!("sys/fs/cgroup/{controller}"),
            None if root.has("sys/fs/cgroup/unified") => "sys/fs/cgroup/unified".into(),
            None => "sys/fs/cgroup".into(),
        };
        // One from outside of its namespace has a path that leads out of it: only the outermost
        // group that can be seen is its own as well.
        let path = if path.split('/').any(|name| name == "..") { "" } else { path };
        let mut folders = vec![mount.clone()];
        for name in path.split('/').filter(|name| !name.is_empty()).take(DEPTH_MAX) {
            folders.push(format!("{}/{name}", folders.last().unwrap_or(&mount)));
        }
        Some(Groups { root, is_first_version: first.is_some(), folders })
    }

    fn file(&self, first: &'static str, second: &'static str) -> &'static str {
        if self.is_first_version { first } else { second }
    }

    /// The limit that is least by the number beside it. `read` takes a group's folder and what its
    /// `file` says, and gives nothing where that makes no sense.
    fn least<T>(
        &self,
        file: &str,
        read: impl Fn(&str, &str) -> Option<Option<(f64, T)>>,
    ) -> Part<T> {
        let mut least: Option<(f64, T)> = None;
        for folder in &self.folders {
            let text = match self.root.text(&format!("{folder}/{file}")) {
                Part::Absent => continue,
                Part::Unknown => return Part::Unknown,
                Part::There(text) => text,
            };
            let Some(limit) = read(folder, text.trim()) else { return Part::Unknown };
            if let Some(limit) = limit
                && least.as_ref().is_none_or(|least| limit.0 < least.0)
            {
                least = Some(limit);
            }
        }
        least.map_or(Part::Absent, |(_, limit)| Part::There(limit))
    }
}
