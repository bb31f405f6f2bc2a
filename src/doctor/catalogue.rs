//! Catalogue: every check, in the order in which they are told.

use super::check::{Check, Finding, Section};
use super::checks::{
    backlog, clock, conntrack, cpu, files, memory, others, ports, sockets, target,
};
use super::machine::Machine;
use super::needs::Needs;

/// What all checks come to on `machine`, in the order of the catalogue.
pub fn examine(machine: &Machine, needs: &Needs) -> Vec<Finding> {
    CATALOGUE.iter().map(|check| check.examine(machine, needs)).collect()
}

/// Every check.
pub const CATALOGUE: &[Check] = &[
    Check {
        id: "open-files",
        section: Section::Files,
        title: "open files of a process",
        looks_at: "RLIMIT_NOFILE, soft and hard",
        why: "Every connection is an open file, and once there are no more, no user can connect.",
        look: files::of_process,
    },
    Check {
        id: "open-files-ceiling",
        section: Section::Files,
        title: "highest limit of open files",
        looks_at: "fs.nr_open",
        why: "Nobody, not even root, can raise the limit of a process above it.",
        look: files::ceiling,
    },
    Check {
        id: "open-files-system",
        section: Section::Files,
        title: "open files of all processes",
        looks_at: "fs.file-max, fs.file-nr",
        why: "The whole machine shares them, the server too if it runs here.",
        look: files::of_system,
    },
    Check {
        id: "ports",
        section: Section::Network,
        title: "ports to connect from",
        looks_at: "net.ipv4.ip_local_port_range, net.ipv4.ip_local_reserved_ports",
        why: "Each connection from one address to one server takes a port of its own, and once \
              there are no more, no user can connect.",
        look: ports::range,
    },
    Check {
        id: "time-wait",
        section: Section::Network,
        title: "ports of closed connections",
        looks_at: "net.ipv4.tcp_tw_reuse, the ports to connect from",
        why: "A connection that is closed in good order keeps its port for 60 s (TIME_WAIT), so \
              that churn uses up more ports than there are users.",
        look: ports::time_wait,
    },
    Check {
        id: "accept-queue",
        section: Section::Network,
        title: "queue of a listening server",
        looks_at: "net.core.somaxconn",
        why: "While a server is busy for a moment, new connections wait here; what finds no place \
              is dropped and tried again a second later, which looks like a slow server.",
        look: backlog::accept_queue,
    },
    Check {
        id: "syn-queue",
        section: Section::Network,
        title: "queue of connections that open",
        looks_at: "net.ipv4.tcp_max_syn_backlog, net.ipv4.tcp_syncookies",
        why: "Without SYN cookies, a connection that finds no place here is dropped, and tried \
              again a second later.",
        look: backlog::syn_queue,
    },
    Check {
        id: "conntrack",
        section: Section::Network,
        title: "table of tracked connections",
        looks_at: "net.netfilter.nf_conntrack_max, nf_conntrack_count, \
                   nf_conntrack_tcp_timeout_time_wait",
        why: "Where a firewall tracks connections, on the loopback as well, packets of those that \
              the table has no room for are dropped without a word.",
        look: conntrack::table,
    },
    Check {
        id: "tcp-memory",
        section: Section::Network,
        title: "memory of all TCP connections",
        looks_at: "net.ipv4.tcp_mem, /proc/net/sockstat",
        why: "Above its middle value the kernel shrinks every connection's buffers, above its last \
              it drops packets, and messages are late or lost to retransmission.",
        look: sockets::all,
    },
    Check {
        id: "socket-buffers",
        section: Section::Network,
        title: "buffers of a TCP connection",
        looks_at: "net.ipv4.tcp_rmem, net.ipv4.tcp_wmem",
        why: "A connection whose buffer takes only a few messages stalls in every burst.",
        look: sockets::each,
    },
    Check {
        id: "cpu-governor",
        section: Section::Cpu,
        title: "pace of the processors",
        looks_at: "scaling_governor of each core",
        why: "Processors that slow down when they have little to do wake up late, and the same \
              load shows other latencies in the next run.",
        look: cpu::governor,
    },
    Check {
        id: "cores",
        section: Section::Cpu,
        title: "cores for generator and server",
        looks_at: "cores that this process may use, and whether the server is on this machine",
        why: "Generator and server that share cores wait for each other: the latencies are those \
              of both.",
        look: cpu::shared,
    },
    Check {
        id: "cpu-quota",
        section: Section::Cpu,
        title: "time on processors",
        looks_at: "cpu.max, or cpu.cfs_quota_us, of the cgroup",
        why: "A group that has used up its time stands still until the next period, for up to \
              100 ms, and every message in it is late.",
        look: cpu::quota,
    },
    Check {
        id: "threads",
        section: Section::Cpu,
        title: "threads of a group",
        looks_at: "pids.max, pids.current of the cgroup",
        why: "Each shard is a thread, and one that cannot be started ends the run.",
        look: cpu::threads,
    },
    Check {
        id: "other-work",
        section: Section::Cpu,
        title: "other work now",
        looks_at: "/proc/stat, twice within 200 ms, and /proc/loadavg",
        why: "Whatever else runs takes its time from the generator, which is then late.",
        look: others::work,
    },
    Check {
        id: "steal",
        section: Section::Cpu,
        title: "time given to other machines",
        looks_at: "steal of /proc/stat, twice within 200 ms",
        why: "While a virtual machine waits for its processor nothing in it runs, and whatever it \
              measures then is the host.",
        look: others::steal,
    },
    Check {
        id: "memory",
        section: Section::Memory,
        title: "memory of the machine",
        looks_at: "MemAvailable",
        why: "A machine that runs out of memory swaps, or kills the run.",
        look: memory::available,
    },
    Check {
        id: "memory-group",
        section: Section::Memory,
        title: "memory of a group",
        looks_at: "memory.max, memory.current of the cgroup, or their first version",
        why: "A group that reaches its limit is killed, whatever else the machine has.",
        look: memory::of_group,
    },
    Check {
        id: "swap",
        section: Section::Memory,
        title: "memory that is swapped out",
        looks_at: "SwapTotal, SwapFree",
        why: "Whoever touches memory that is on disk waits for the disk, and the message with it.",
        look: memory::swap,
    },
    Check {
        id: "overcommit",
        section: Section::Memory,
        title: "memory that is promised",
        looks_at: "vm.overcommit_memory, CommitLimit, Committed_AS",
        why: "Where the kernel promises no more than there is, stacks of threads that are never \
              filled count in full, and the run can be refused memory that is free.",
        look: memory::overcommit,
    },
    Check {
        id: "clock-source",
        section: Section::Clock,
        title: "what time is counted by",
        looks_at: "clocksource0/current_clocksource",
        why: "A timer chip instead of the processor's own counter costs a microsecond or more \
              whenever somebody asks for the time, which chatbench does for every message.",
        look: clock::source,
    },
    Check {
        id: "clock-cost",
        section: Section::Clock,
        title: "cost of the time",
        looks_at: "10,000 readings of the clock",
        why: "The time is asked for with every message: what it costs limits the load, and no \
              latency is finer than its steps.",
        look: clock::cost,
    },
    Check {
        id: "wake-up",
        section: Section::Clock,
        title: "lateness of a wake-up",
        looks_at: "50 waits of 1 ms each, and the timer slack",
        why: "A generator that is woken late sends late, and past the scenario's \
              `limits.send_delay_p99` the verdict is unknown.",
        look: clock::wake_up,
    },
    Check {
        id: "target",
        section: Section::Target,
        title: "the server",
        looks_at: "the name of each target, and six connections to it without a byte",
        why: "What cannot be reached cannot be loaded, and no latency is less than the way there \
              and back.",
        look: target::reached,
    },
];
