//! Sample: a machine that has everything a sample scenario asks for, to plant faults in.

use std::time::Duration;

use super::*;

/// A thousand users, some of whom close their connections, and a server somewhere else.
pub(crate) fn needs() -> Needs {
    Needs {
        users: 1_000,
        connections: 1_000,
        threads: 2,
        descriptors: 1_072,
        server_descriptors: 0,
        ports: 1_000,
        pairs: 1,
        connect_burst: 250,
        closes_per_second: 10.0,
        closes_at_once: 0,
        load_secs: 120.0,
        send_delay_ms_max: 10.0,
        second_opinion: false,
        targets: vec![place()],
    }
}

fn place() -> Place {
    Place { url: "http://chat.example:3000".into(), host: "chat.example".into(), port: 3000 }
}

/// On which that can be performed.
pub(crate) fn machine() -> Machine {
    Machine {
        files: Files {
            soft: Some(1_024),
            hard: Some(524_288),
            ceiling: Some(1_048_576),
            system_max: Some(i64::MAX as u64),
            system_open: Some(1_200),
        },
        network: network(),
        cpu: Cpu {
            cores: Some((0..4).collect()),
            governors: Part::There(vec!["performance".into(); 4]),
            quota: Part::Absent,
            pids: Part::There(Pids { max: 9_000, now: 40, file: "sys/fs/cgroup/pids.max".into() }),
            load: Some(0.12),
            busy: Some(Busy { work: 0.01, stolen: 0.0 }),
        },
        memory: Memory {
            total: Some(8_000_000_000),
            available: Some(6_000_000_000),
            swapped: Some(0),
            overcommit: Some(0),
            promises_left: Some(4_000_000_000),
            group: Part::Absent,
        },
        timing: Timing {
            source: Some("tsc".into()),
            sources: Some(vec!["tsc".into(), "hpet".into()]),
            read_ns: Some(24.5),
            step_ns: Some(1),
            slack_ns: Some(50_000),
            late: Some(Lateness {
                median: Duration::from_micros(60),
                max: Duration::from_micros(210),
            }),
        },
        targets: vec![seen(false)],
    }
}

fn network() -> Network {
    Network {
        ports: Some(Ports { first: 32_768, last: 60_999, reserved: 0 }),
        reuse: Some(2),
        accept_queue_max: Some(4_096),
        syn_queue_max: Some(2_048),
        syn_cookies: Some(1),
        conntrack: Part::Absent,
        memory_pages: Some([90_000, 120_000, 180_000]),
        memory_pages_used: Some(12),
        receive_buffer: Some([4_096, 131_072, 6_291_456]),
        send_buffer: Some([4_096, 16_384, 4_194_304]),
    }
}

/// Its server, on this machine or not.
pub(crate) fn seen(is_here: bool) -> TargetSeen {
    seen_at("192.0.2.7", is_here)
}

/// Its server, at this address.
pub(crate) fn seen_at(ip: &str, is_here: bool) -> TargetSeen {
    let address = std::net::SocketAddr::new(ip.parse().expect("an address"), 3000);
    let reached = Ok(Reached { address, is_here, connect: Duration::from_micros(180) });
    TargetSeen { url: place().url, reached }
}
