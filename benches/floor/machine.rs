//! Machine: what the figures were measured on, and which core does what.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) kernel: String,
    pub(crate) cores: usize,
    /// Where the generator runs; nowhere in particular when there is only one core.
    pub(crate) generator_core: Option<usize>,
    pub(crate) server_core: Option<usize>,
}

impl Machine {
    /// This machine, with the first two cores that we may use given out.
    pub(crate) fn here() -> io::Result<Machine> {
        let allowed = sched_getaffinity(None)?;
        let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core)).collect();
        let pair = (cores.len() > 1).then(|| (cores[0], cores[1]));
        let info = std::fs::read_to_string("/proc/cpuinfo")?;
        let model = info.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.map(|rest| rest.trim_start_matches([' ', '\t', ':']));
        Ok(Machine {
            cpu: model.unwrap_or("unknown processor").to_owned(),
            kernel: rustix::system::uname().release().to_string_lossy().into_owned(),
            cores: cores.len(),
            generator_core: pair.map(|(generator, _)| generator),
            server_core: pair.map(|(_, server)| server),
        })
    }
}

/// Does `work` on `core`: the processes it starts stay there, whatever they are, from their first
/// instruction on.
pub(crate) fn on_core<T>(
    core: Option<usize>,
    work: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    let Some(core) = core else { return work() };
    let before = sched_getaffinity(None)?;
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only)?;
    let done = work();
    sched_setaffinity(None, &before)?;
    done
}
