//! Process: what the system says of this one.

use rustix::param::page_size;
use rustix::time::{ClockId, clock_gettime};

/// What this process uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Memory that is resident.
    pub(crate) resident_bytes: u64,
    /// Processor time of all its threads, in seconds.
    pub(crate) cpu_s: f64,
}

impl Usage {
    /// What it uses now, where the system tells.
    pub(crate) fn now() -> Option<Usage> {
        let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
        let resident: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        Some(Usage {
            resident_bytes: resident * page_size() as u64,
            cpu_s: cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9,
        })
    }
}
