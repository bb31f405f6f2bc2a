//! Network: the ports, queues, tables and buffers that the kernel has for connections.

use super::root::{Part, Root};

/// What the kernel has for connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Ports for outgoing connections.
    pub ports: Option<Ports>,
    /// `net.ipv4.tcp_tw_reuse`: 0 never, 1 everywhere, 2 on the loopback alone.
    pub reuse: Option<u64>,
    /// `net.core.somaxconn`: connections that wait for a server to accept them.
    pub accept_queue_max: Option<u64>,
    /// `net.ipv4.tcp_max_syn_backlog`: connections that are being opened.
    pub syn_queue_max: Option<u64>,
    /// `net.ipv4.tcp_syncookies`: 0 never, 1 when the queue is full, 2 always.
    pub syn_cookies: Option<u64>,
    /// The table of connections; absent while its module is not loaded.
    pub conntrack: Part<Conntrack>,
    /// `net.ipv4.tcp_mem`: low, pressure and high, in pages.
    pub memory_pages: Option<[u64; 3]>,
    /// Pages that TCP has now.
    pub memory_pages_used: Option<u64>,
    /// `net.ipv4.tcp_rmem`: least, usual and most, in bytes.
    pub receive_buffer: Option<[u64; 3]>,
    /// `net.ipv4.tcp_wmem`: least, usual and most, in bytes.
    pub send_buffer: Option<[u64; 3]>,
}

/// Ports for outgoing connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
    /// Those of them that are kept for others.
    pub reserved: u64,
}

/// The table of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conntrack {
    /// How many it takes.
    pub max: u64,
    /// How many are in it now.
    pub used: u64,
    /// How long a closed one stays, in seconds.
    pub wait_secs: u64,
}

impl Network {
    pub(super) fn read(root: &Root) -> Network {
        let ipv4 = |name: &str| format!("proc/sys/net/ipv4/{name}");
        Network {
            ports: Ports::read(root),
            reuse: root.number(&ipv4("tcp_tw_reuse")),
            accept_queue_max: root.number("proc/sys/net/core/somaxconn"),
            syn_queue_max: root.number(&ipv4("tcp_max_syn_backlog")),
            syn_cookies: root.number(&ipv4("tcp_syncookies")),
            conntrack: conntrack(root),
            memory_pages: root.numbers(&ipv4("tcp_mem")),
            memory_pages_used: pages_used(root),
            receive_buffer: root.numbers(&ipv4("tcp_rmem")),
            send_buffer: root.numbers(&ipv4("tcp_wmem")),
        }
    }
}

impl Ports {
    /// Those that Linux gives out; other systems are not asked.
    pub fn read(root: &Root) -> Option<Ports> {
        let [first, last] = root.numbers("proc/sys/net/ipv4/ip_local_port_range")?;
        if first > last || last > u16::MAX.into() {
            return None;
        }
        let reserved = match root.text("proc/sys/net/ipv4/ip_local_reserved_ports") {
            Part::There(list) => reserved(&list, (first, last))?,
            Part::Absent => 0,
            Part::Unknown => return None,
        };
        Some(Ports { first, last, reserved })
    }

    /// How many are given out.
    pub fn usable(&self) -> u64 {
        (self.last - self.first + 1).saturating_sub(self.reserved)
    }
}

/// How many of the ports from `first` to `last` are in a list such as `3000,8000-8080`.
fn reserved(list: &str, (first, last): (u64, u64)) -> Option<u64> {
    let mut count = 0;
    for range in list.trim().split(',').filter(|range| !range.is_empty()) {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (from, to): (u64, u64) = (from.parse().ok()?, to.parse().ok()?);
        count += (to.min(last) + 1).saturating_sub(from.max(first));
    }
    Some(count)
}

fn conntrack(root: &Root) -> Part<Conntrack> {
    let file = |name: &str| format!("proc/sys/net/netfilter/nf_conntrack_{name}");
    if !root.has(&file("max")) {
        return if root.has("proc/sys/net") { Part::Absent } else { Part::Unknown };
    }
    let number = |name| root.number(&file(name));
    match (number("max"), number("count"), number("tcp_timeout_time_wait")) {
        (Some(max), Some(used), Some(wait_secs)) => Part::There(Conntrack { max, used, wait_secs }),
        _ => Part::Unknown,
    }
}

/// From `TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 186`.
fn pages_used(root: &Root) -> Option<u64> {
    let text = root.text("proc/net/sockstat").known()?;
    let mut words = text.lines().find(|line| line.starts_with("TCP:"))?.split_whitespace();
    words.find(|word| *word == "mem")?;
    words.next()?.parse().ok()
}
