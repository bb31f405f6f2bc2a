//! What the tests share: a client of their own, a server to talk to, plain HTTP.

mod client;
mod http;
mod poller;

use std::num::NonZeroUsize;

use reference_server::{Background, Options};

pub(crate) use self::client::{Client, payload};
pub(crate) use self::http::{get, header, metric, request};
pub(crate) use self::poller::Poller;

/// A server that keeps the contract.
pub(crate) fn honest() -> Background {
    start(Options::default())
}

/// A server with faults, as typed on the command line.
pub(crate) fn faulty(faults: &[&str], seed: u64) -> Background {
    let faults = faults.iter().map(|fault| fault.parse().expect("a fault")).collect();
    start(Options { faults, seed, ..Options::default() })
}

/// A server with several threads.
pub(crate) fn threaded(threads: usize) -> Options {
    Options { threads: NonZeroUsize::new(threads).expect("a thread"), ..Options::default() }
}

pub(crate) fn start(options: Options) -> Background {
    Background::start(options).expect("a server")
}
