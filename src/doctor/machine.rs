//! Machine: what was read of this machine and measured on it, as plain data.

mod cgroup;
mod cpu;
mod memory;
mod network;
mod root;
mod target;
mod timing;

pub use cgroup::{Pids, Quota, Spare};
pub use cpu::{Busy, Cpu};
pub use memory::Memory;
pub use network::{Conntrack, Network, Ports};
pub use root::{Part, Root};
pub use target::{Reached, TargetSeen};
pub use timing::{Lateness, Timing};

use rustix::process::{Resource, getrlimit};

use super::needs::Place;
use crate::clock::Clock;

/// What was read of a machine. Whatever could not be is `None`, or [`Part::Unknown`].
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// File descriptors.
    pub files: Files,
    /// Ports, queues and tables of the network.
    pub network: Network,
    /// Processors, and who else works on them.
    pub cpu: Cpu,
    /// Memory.
    pub memory: Memory,
    /// The clock, and how late it wakes somebody.
    pub timing: Timing,
    /// The servers, in the order in which they were asked for.
    pub targets: Vec<TargetSeen>,
}

/// How many files may be open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// By a process, until it asks for more.
    pub soft: Option<u64>,
    /// By a process, once it has asked for more.
    pub hard: Option<u64>,
    /// By a process of somebody who may raise its limit: `fs.nr_open`.
    pub ceiling: Option<u64>,
    /// By all processes together: `fs.file-max`.
    pub system_max: Option<u64>,
    /// That are open now: the first number of `fs.file-nr`.
    pub system_open: Option<u64>,
}

impl Machine {
    /// Reads the machine whose `/proc` and `/sys` are below `root`, and looks at `targets`. Takes
    /// a third of a second, and some more where a target does not answer.
    ///
    /// Must run on a runtime whose time and IO are enabled.
    pub async fn read(root: &Root, targets: &[Place], clock: Clock) -> Machine {
        let busy = cpu::Busy::read(root, clock).await;
        Machine {
            files: Files::read(root),
            network: Network::read(root),
            cpu: Cpu::read(root, busy),
            memory: Memory::read(root),
            timing: Timing::read(root, clock).await,
            targets: target::look(targets, clock).await,
        }
    }
}

impl Files {
    fn read(root: &Root) -> Files {
        let limit = getrlimit(Resource::Nofile);
        Files {
            soft: Some(limit.current.unwrap_or(u64::MAX)),
            hard: Some(limit.maximum.unwrap_or(u64::MAX)),
            ceiling: root.number("proc/sys/fs/nr_open"),
            system_max: root.number("proc/sys/fs/file-max"),
            system_open: root.numbers("proc/sys/fs/file-nr").map(|[open, _, _]| open),
        }
    }
}
