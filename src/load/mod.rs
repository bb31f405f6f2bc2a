//! Performs a plan with real connections, and writes down what happens; judges nothing.

mod agenda;
mod bell;
mod brief;
mod connecting;
mod crowd;
mod joining;
mod moving;
mod preflight;
mod reception;
mod shard;
mod speaking;
mod user;

pub use crate::client::{Endpoint, EndpointError, Network, Tls, TlsError};
pub use brief::{Brief, Command};
pub use preflight::{TargetError, locate, preflight};
pub use shard::{LoadError, Performed, perform};
