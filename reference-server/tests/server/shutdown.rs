//! The end: sockets are closed, the port is free, nobody holds it up.

use std::io::Write;
use std::net::TcpStream;
use std::thread;

use crate::support::{Client, start, threaded};

#[test]
fn every_user_is_told_and_the_port_is_closed() {
    let server = start(threaded(2));
    let address = server.address();
    let mut users = [(); 4].map(|()| Client::member(address, "tea"));
    server.stop().expect("a good end");
    for user in &mut users {
        assert_eq!(user.frame(), "1", "no Engine.IO close");
        assert!(user.is_closed_by_server());
    }
    assert!(TcpStream::connect(address).is_err(), "it still listens");
}

#[test]
fn an_idle_or_half_finished_request_does_not_hold_up_the_end() {
    let server = start(threaded(1));
    let _idle = TcpStream::connect(server.address()).expect("a connection");
    let mut half = TcpStream::connect(server.address()).expect("a connection");
    half.write_all(b"POST /socket.io/?EIO=4 HTTP/1.1\r\nContent-Le").expect("sent");
    let _user = Client::member(server.address(), "tea");
    server.stop().expect("a good end");
}

#[test]
fn a_receiver_who_does_not_read_does_not_hold_up_the_end() {
    let server = start(threaded(1));
    let _deaf = Client::member(server.address(), "tea");
    let mut ann = Client::connect(server.address());
    // More than the buffers of both kernels hold.
    for _ in 0..40 {
        ann.say("tea", &"x".repeat(25_000));
    }
    assert_eq!(ann.drain(), [""; 0]);
    server.stop().expect("a good end");
}

#[test]
fn whoever_talks_until_the_end_hears_all_the_same() {
    const MESSAGES: usize = 20;
    let server = start(threaded(1));
    let users = [(); 4].map(|()| Client::member(server.address(), "tea"));
    let mut ann = Client::connect(server.address());
    for number in 0..MESSAGES {
        ann.say("tea", &format!("{number} {}", "x".repeat(50_000)));
    }
    assert_eq!(ann.drain(), [""; 0]);
    let talkers = users.each_ref().map(|user| {
        let mut talk = user.talk();
        thread::spawn(move || while talk().is_ok() {})
    });
    let listeners = users.map(|mut user| {
        thread::spawn(move || {
            for number in 0..MESSAGES {
                assert!(user.hear().contains(&format!(r#""message":"{number} x"#)), "{number}");
            }
            assert_eq!(user.event_or_end(), None);
        })
    });
    server.stop().expect("a good end");
    listeners.into_iter().for_each(|it| it.join().expect("all of it"));
    talkers.into_iter().for_each(|it| it.join().expect("a good end"));
}
