//! Waiting: connections that come while the server does nothing.

use std::fs::read_to_string;
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;

use crate::running::Running;
use crate::support::{Client, metric};

/// More than twice as many as a listener of the standard library lets wait.
const WAITING: usize = 300;
/// A connection that finds no place is tried again for minutes.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many the system lets wait, where it tells.
fn allowed() -> usize {
    let told = read_to_string("/proc/sys/net/core/somaxconn");
    told.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(128)
}

#[test]
fn a_burst_of_connections_finds_its_places() {
    let server = Running::start(&[]);
    // Whoever was served was accepted: it listens as it means to.
    drop(Client::connect(server.address));
    server.signal(Signal::STOP);
    let connect = |at: usize| {
        TcpStream::connect_timeout(&server.address, PATIENCE)
            .unwrap_or_else(|why| panic!("connection {at} finds no place: {why}"))
    };
    let waiting: Vec<TcpStream> = (0..WAITING.min(allowed())).map(connect).collect();
    server.signal(Signal::CONT);
    drop(waiting);
    let _it_goes_on = metric(server.address, "chat_connections");
}
