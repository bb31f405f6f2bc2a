//! Network: what connections are dialled on: the system's, or one that is made up.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

/// Where connections come from.
#[derive(Clone, Debug, Default)]
pub enum Network {
    /// TCP, as the system has it.
    #[default]
    System,
    /// Whatever this dials. It speaks no TLS: what a target's scheme says of it is not heeded.
    Other(Arc<dyn Dialer>),
}

/// Gives connections that no socket stands behind.
pub trait Dialer: Debug + Send + Sync {
    /// Connects to `address`, from `source` if that is given. A connection that is dropped is
    /// over, whatever it still held.
    fn dial(&self, address: SocketAddr, source: Option<IpAddr>) -> Dialling;
}

/// A connection that is being dialled.
pub type Dialling = Pin<Box<dyn Future<Output = io::Result<Box<dyn ByteStream>>> + Send>>;

/// Bytes both ways.
pub trait ByteStream: AsyncRead + AsyncWrite + Debug + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Debug + Send + Unpin> ByteStream for S {}
