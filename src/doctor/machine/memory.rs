//! Memory: how much of it there is for whoever asks.

use super::cgroup::{self, Spare};
use super::root::{Part, Root};

/// How much memory there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// All of it, in bytes.
    pub total: Option<u64>,
    /// What can be had without swapping, in bytes.
    pub available: Option<u64>,
    /// What has been swapped out, in bytes.
    pub swapped: Option<u64>,
    /// `vm.overcommit_memory`: 2 where no more is promised than there is.
    pub overcommit: Option<u64>,
    /// What can still be promised, in bytes, where that is limited.
    pub promises_left: Option<u64>,
    /// What the group of this process may have; absent where there is no limit.
    pub group: Part<Spare>,
}

impl Memory {
    pub(super) fn read(root: &Root) -> Memory {
        let text = root.text("proc/meminfo").known().unwrap_or_default();
        let bytes = |name: &str| {
            let mut fields = text.lines().filter_map(|line| line.split_once(':'));
            let (_, value) = fields.find(|(key, _)| *key == name)?;
            value.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
        };
        let rest = |all: &str, part: &str| Some(bytes(all)?.saturating_sub(bytes(part)?));
        Memory {
            total: bytes("MemTotal"),
            available: bytes("MemAvailable"),
            swapped: rest("SwapTotal", "SwapFree"),
            overcommit: root.number("proc/sys/vm/overcommit_memory"),
            promises_left: rest("CommitLimit", "Committed_AS"),
            group: cgroup::memory(root),
        }
    }
}
