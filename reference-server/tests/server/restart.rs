//! A server that was killed starts again at once where it listened, whoever still holds on to it.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

use crate::running::Running;
use crate::support::{Client, payload};

const RESTARTS: usize = 10;

#[test]
fn a_killed_server_starts_again_on_its_port_while_clients_hold_connections() {
    let mut server = Running::start(&["--threads", "2", "--quiet"]);
    let address = server.address;
    let port = address.port().to_string();
    let mut held = Vec::new();
    for restart in 1..=RESTARTS {
        let mut users = [(); 4].map(|()| Client::member(address, "tea"));
        server.kill();
        assert!(is_in_use(address), "nothing of the killed server is left to be in the way");
        server = Running::start_at(&port, &["--threads", "2", "--quiet"]);
        assert_eq!(server.address, address, "restart {restart}");
        assert!(users.iter_mut().all(Client::is_closed_by_server), "restart {restart}");
        held.extend(users);
        let mut ann = Client::member(address, "tea");
        let mut bob = Client::member(address, "tea");
        ann.say("tea", "hello");
        assert_eq!(bob.hear(), payload("tea", "hello"), "restart {restart}");
        held.extend([ann, bob]);
    }
}

/// Whether the port is refused to those who do not ask to share it with connections on their way
/// out, as every server does.
fn is_in_use(address: SocketAddr) -> bool {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(address).is_err()
}
