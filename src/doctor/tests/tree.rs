//! Tree: a `/proc` and a `/sys` made up in a folder.

use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::clock::Clock;

/// What a machine says of itself that has everything, by file.
pub(super) const SOUND: &[(&str, &str)] = &[
    ("proc/sys/fs/nr_open", "1048576\n"),
    ("proc/sys/fs/file-max", "9223372036854775807\n"),
    ("proc/sys/fs/file-nr", "1200\t0\t9223372036854775807\n"),
    ("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n"),
    ("proc/sys/net/ipv4/ip_local_reserved_ports", "80,32000-32769,60000\n"),
    ("proc/sys/net/ipv4/tcp_tw_reuse", "2\n"),
    ("proc/sys/net/ipv4/tcp_max_syn_backlog", "2048\n"),
    ("proc/sys/net/ipv4/tcp_syncookies", "1\n"),
    ("proc/sys/net/ipv4/tcp_mem", "90000\t120000\t180000\n"),
    ("proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n"),
    ("proc/sys/net/ipv4/tcp_wmem", "4096\t16384\t4194304\n"),
    ("proc/sys/net/core/somaxconn", "4096\n"),
    ("proc/sys/net/netfilter/nf_conntrack_max", "262144\n"),
    ("proc/sys/net/netfilter/nf_conntrack_count", "17\n"),
    ("proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait", "120\n"),
    ("proc/sys/vm/overcommit_memory", "0\n"),
    (
        "proc/net/sockstat",
        "sockets: used 21\nTCP: inuse 1 orphan 0 tw 0 alloc 1 mem 186\nUDP: inuse 0 mem 5\n",
    ),
    ("proc/loadavg", "0.12 0.20 0.18 1/120 4711\n"),
    (
        "proc/meminfo",
        "MemTotal:        8000 kB\nMemFree:         1000 kB\nMemAvailable:    6000 kB\n\
         SwapTotal:       2000 kB\nSwapFree:        1500 kB\n\
         CommitLimit:     9000 kB\nCommitted_AS:    4000 kB\n",
    ),
    ("proc/stat", "cpu  1 2 3 4 5 6 7 8 9 10\n"),
    ("proc/self/cgroup", "0::/own/ours\n"),
    ("proc/self/timerslack_ns", "50000\n"),
    ("sys/fs/cgroup/own/cpu.max", "150000 100000\n"),
    ("sys/fs/cgroup/own/ours/cpu.max", "max 100000\n"),
    ("sys/fs/cgroup/own/pids.max", "max\n"),
    ("sys/fs/cgroup/own/ours/pids.max", "512\n"),
    ("sys/fs/cgroup/own/ours/pids.current", "12\n"),
    ("sys/fs/cgroup/own/memory.max", "1000000\n"),
    ("sys/fs/cgroup/own/memory.current", "900000\n"),
    ("sys/fs/cgroup/own/memory.stat", "anon 1\ninactive_file 100000\n"),
    ("sys/fs/cgroup/own/ours/memory.max", "2000000\n"),
    ("sys/fs/cgroup/own/ours/memory.current", "900000\n"),
    ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n"),
    ("sys/devices/system/cpu/cpu11/cpufreq/scaling_governor", "performance\n"),
    ("sys/devices/system/cpu/cpuidle/current_driver", "none\n"),
    ("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
    ("sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet acpi_pm \n"),
];

pub(super) struct Tree(TempDir);

impl Tree {
    pub(super) fn of(files: &[(&str, &str)]) -> Tree {
        let tree = Tree(tempfile::tempdir().expect("a folder"));
        for (path, text) in files {
            tree.write(path, text.as_bytes());
        }
        tree
    }

    pub(super) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("a folder");
        std::fs::write(path, bytes).expect("written");
    }

    pub(super) fn remove(&self, path: &str) {
        std::fs::remove_file(self.0.path().join(path)).expect("it was there");
    }

    /// The machine, in a runtime whose time is paused.
    pub(super) async fn machine(&self) -> Machine {
        Machine::read(&Root::at(self.0.path()), &[], Clock::simulated()).await
    }
}
