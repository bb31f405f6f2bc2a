//! Target: whether a server can be reached, how long that takes, and whether it is on this machine.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::doctor::needs::Place;

const PATIENCE: Duration = Duration::from_secs(2);
const CONNECTS: usize = 5;
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 4;
const TARGETS_MAX: usize = 64;

/// What was seen of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSeen {
    /// Its URL.
    pub url: String,
    /// Where it was reached, or why it was not.
    pub reached: Result<Reached, String>,
}

/// Where a server was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Its address.
    pub address: SocketAddr,
    /// Whether that is one of this machine's own.
    pub is_here: bool,
    /// How long it takes to connect to it: the median of a few times.
    pub connect: Duration,
}

/// Looks at all of `places` at once, by a few connections each that carry nothing.
pub(super) async fn look(places: &[Place], clock: Clock) -> Vec<TargetSeen> {
    let mut looks = JoinSet::new();
    for (at, place) in places.iter().take(TARGETS_MAX).cloned().enumerate() {
        looks.spawn(async move { (at, seen(place, clock).await) });
    }
    let mut seen = looks.join_all().await;
    seen.sort_by_key(|(at, _)| *at);
    seen.into_iter().map(|(_, seen)| seen).collect()
}

async fn seen(place: Place, clock: Clock) -> TargetSeen {
    let reached = reach(&place, clock).await;
    TargetSeen { url: place.url, reached }
}

async fn reach(place: &Place, clock: Clock) -> Result<Reached, String> {
    let late = |what: &str| format!("{what} within {} s", PATIENCE.as_secs());
    let looked_up = timeout(PATIENCE, lookup_host((place.host.as_str(), place.port))).await;
    let addresses = looked_up
        .map_err(|_| late("the name is not looked up"))?
        .map_err(|why| format!("the name cannot be looked up: {why}"))?;
    let addresses: Vec<SocketAddr> = addresses.take(ADDRESSES_MAX).collect();
    let first = timeout(PATIENCE, TcpStream::connect(addresses.as_slice())).await;
    let first = first.map_err(|_| late("it accepts no connection"))?;
    let (address, own) = first.and_then(ends).map_err(|why| why.to_string())?;
    let mut took = Vec::new();
    let further = async {
        for _ in 0..CONNECTS {
            let began = clock.now();
            TcpStream::connect(address).await?;
            took.push(clock.now().since(began));
        }
        Ok::<_, io::Error>(())
    };
    let further = timeout(PATIENCE, further).await;
    let further = further.map_err(|_| late("it accepts one connection, but not five more"))?;
    further.map_err(|why| format!("it accepts one connection, and then: {why}"))?;
    took.sort_unstable();
    // Whoever connects to an address of its own comes from that address.
    let is_here = address.ip().is_loopback() || address.ip() == own.ip();
    Ok(Reached { address, is_here, connect: took[CONNECTS / 2] })
}

/// The server's end of a connection, and ours.
fn ends(stream: TcpStream) -> io::Result<(SocketAddr, SocketAddr)> {
    Ok((stream.peer_addr()?, stream.local_addr()?))
}
