//! Limits: what this machine lets one process have, against what a plan needs.

use std::net::IpAddr;

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::doctor::{Ports, Root};
use crate::scenario::{Plan, Scenario, Target, Transport};

/// File descriptors beside those of the users' connections: runtimes, timers, logs, the bundled
/// server's pipes, whoever scrapes metrics.
const DESCRIPTORS_BESIDE: u64 = 64;
const DESCRIPTORS_PER_SHARD: u64 = 4;

/// What a plan needs of this machine, and what this machine allows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// File descriptors needed.
    pub(super) descriptors_needed: u64,
    /// File descriptors allowed, once the limit is raised as far as it goes.
    pub(super) descriptors_max: u64,
    /// Connections of all users, at most at once.
    pub(super) connections: u64,
    /// Pairs of addresses, one of this machine and one of a target, that they are spread over.
    pub(super) pairs: u64,
    /// Connections to one address of a target, from one address of this machine.
    pub(super) ports_needed: u64,
    /// Ports that the system gives out for that; unknown where it does not say.
    pub(super) ports_max: Option<u64>,
}

/// What this machine does not allow.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum LimitError {
    #[error("{needed} file descriptors are needed, and this process may have {allowed}")]
    Descriptors { needed: u64, allowed: u64 },
    #[error(
        "{needed} connections to one address need as many ports, and this machine gives out \
         {allowed}"
    )]
    Ports { needed: u64, allowed: u64 },
}

impl LimitError {
    pub(super) fn remedy(&self) -> String {
        match self {
            LimitError::Descriptors { needed, .. } => format!(
                "raise the limit (`ulimit -Hn {needed}` as root, or `LimitNOFILE=` of the \
                 service), or use fewer --clients"
            ),
            LimitError::Ports { .. } => {
                "connect from several addresses, such as `--source-ip 127.0.0.2,127.0.0.3`, widen \
                 net.ipv4.ip_local_port_range, or spread the users over several targets"
                    .into()
            }
        }
    }
}

/// At the most at once: one that polls has a poll and a post under way, and while it moves to a
/// WebSocket that as well.
fn connections_per_user(transport: Transport) -> u64 {
    match transport {
        Transport::Websocket => 1,
        Transport::Polling => 2,
        Transport::Upgrade => 3,
    }
}

impl Limits {
    /// What `plan` needs when it runs on `shards` threads and connects from `sources`.
    pub(super) fn of(
        scenario: &Scenario,
        plan: &Plan,
        shards: usize,
        sources: &[IpAddr],
    ) -> Limits {
        let users = plan.users.len() as u64;
        let targets = match &scenario.target {
            Target::Reference => 1,
            Target::Urls(urls) => urls.len().max(1) as u64,
        };
        let connections = users * connections_per_user(scenario.transport);
        let beside = DESCRIPTORS_BESIDE + DESCRIPTORS_PER_SHARD * shards as u64;
        // A port of an address that is asked for by name serves one connection, wherever it goes;
        // where the system chooses, it serves one to each target.
        let pairs = match sources.len() as u64 {
            0 => targets,
            sources => sources,
        };
        Limits {
            connections,
            pairs,
            descriptors_needed: connections + beside,
            descriptors_max: getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX),
            ports_needed: connections.div_ceil(pairs),
            ports_max: Ports::read(&Root::system()).map(|ports| ports.usable()),
        }
    }

    /// Raises the limit of file descriptors as far as it goes, and sees whether that is enough.
    pub(super) fn ensure(&self) -> Result<(), LimitError> {
        raise_descriptors();
        self.check()
    }

    /// Whether this machine allows what is needed.
    pub(super) fn check(&self) -> Result<(), LimitError> {
        let (needed, allowed) = (self.descriptors_needed, self.descriptors_max);
        if needed > allowed {
            return Err(LimitError::Descriptors { needed, allowed });
        }
        match (self.ports_needed, self.ports_max) {
            (needed, Some(allowed)) if needed > allowed => {
                Err(LimitError::Ports { needed, allowed })
            }
            _ => Ok(()),
        }
    }
}

fn raise_descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it cannot be raised it stays, and the check says whether it suffices.
    let _ = setrlimit(Resource::Nofile, limit);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENOUGH: Limits = Limits {
        connections: 50,
        pairs: 1,
        descriptors_needed: 100,
        descriptors_max: 100,
        ports_needed: 28_232,
        ports_max: Some(28_232),
    };

    #[test]
    fn just_enough_is_enough_and_one_more_is_not() {
        assert_eq!(ENOUGH.check(), Ok(()));
        let descriptors = Limits { descriptors_needed: 101, ..ENOUGH };
        let error = descriptors.check().expect_err("one too many");
        assert!(error.to_string().contains("101 file descriptors are needed"), "{error}");
        assert!(error.remedy().contains("ulimit -Hn 101"), "{}", error.remedy());
        let ports = Limits { ports_needed: 28_233, ..ENOUGH };
        let error = ports.check().expect_err("one too many");
        assert!(error.remedy().contains("--source-ip"), "{}", error.remedy());
    }
}
