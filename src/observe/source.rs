//! Source: where a node of the server is to be seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::scenario::{Exposed, Observe, ObservedNode};

/// The number of a process that may end and be started again by whoever holds a copy.
#[derive(Clone, Debug, Default)]
pub struct Pid(Arc<AtomicU32>);

impl Pid {
    /// From now on the process is this one; 0 while there is none.
    pub fn set(&self, pid: u32) {
        self.0.store(pid, Ordering::Relaxed);
    }

    /// The process, if there is one now.
    pub fn get(&self) -> Option<u32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }
}

/// Where one node is to be seen.
#[derive(Clone, Debug)]
pub enum Source {
    /// A process that we started, and may start again.
    Own(Pid),
    /// A process of somebody else's.
    Process(u32),
    /// What a node exposes to Prometheus.
    Prometheus(Exposed),
}

/// Where to look at what `observe` names, `own` being the bundled server, if there is one.
pub fn sources(observe: &Observe, own: Option<&Pid>) -> Vec<Source> {
    match observe {
        Observe::Off => Vec::new(),
        Observe::Reference => own.cloned().map(Source::Own).into_iter().collect(),
        Observe::Nodes(nodes) => nodes.iter().map(source).collect(),
    }
}

fn source(node: &ObservedNode) -> Source {
    match node {
        ObservedNode::Process(pid) => Source::Process(*pid),
        ObservedNode::Prometheus(exposed) => Source::Prometheus(exposed.clone()),
    }
}
