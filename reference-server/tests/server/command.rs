//! The server as a command: its line, its logs, its ends.

use std::net::TcpListener;
use std::process::{Command, Output};

use rustix::process::Signal;

use crate::running::{Running, command};
use crate::support::{Client, payload};

fn log_of(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

#[test]
fn it_says_where_it_listens_and_serves_there() {
    let server = Running::start(&["--threads", "2", "--quiet"]);
    let mut ann = Client::member(server.address, "tea");
    let mut bob = Client::member(server.address, "tea");
    ann.say("tea", "hello");
    assert_eq!(bob.hear(), payload("tea", "hello"));
}

#[test]
fn it_ends_well_on_interrupt_and_on_terminate() {
    for signal in [Signal::INT, Signal::TERM] {
        let server = Running::start(&[]);
        let mut ann = Client::member(server.address, "tea");
        server.signal(signal);
        assert!(ann.is_closed_by_server());
        let output = server.wait();
        assert!(output.status.success(), "{signal:?}: {output:?}");
        assert!(output.stdout.is_empty(), "more than one line: {output:?}");
    }
}

#[test]
fn it_ends_with_its_input_if_told_so() {
    let mut server = Running::start(&["--until-stdin-closes"]);
    let mut ann = Client::member(server.address, "tea");
    drop(server.child.stdin.take());
    assert!(ann.is_closed_by_server());
    assert!(server.wait().status.success());
}

#[test]
fn it_does_not_end_with_its_input_otherwise() {
    let mut server = Running::start(&[]);
    drop(server.child.stdin.take());
    let mut ann = Client::member(server.address, "tea");
    assert_eq!(ann.drain(), [""; 0]);
    assert!(server.child.try_wait().expect("asked").is_none());
}

#[test]
fn it_logs_who_comes_joins_and_goes() {
    let server = Running::start(&[]);
    let mut ann = Client::member(server.address, "tea");
    let mut bob = Client::connect(server.address);
    bob.write("41");
    bob.enter_namespace();
    assert_eq!(ann.drain(), [""; 0]);
    server.signal(Signal::TERM);
    let log = log_of(&server.wait());
    let at = |line: String| {
        let found = log.find(&line);
        found.unwrap_or_else(|| panic!("`{line}` is not in the log:\n{log}"))
    };
    let connected = at(format!("user connected: {}\n", ann.id));
    let joined = at(format!("user joined: {} to room tea\n", ann.id));
    let disconnected = at(format!("user disconnected: {}\n", ann.id));
    assert!(connected < joined && joined < disconnected, "{log}");
    assert_eq!(log.matches("user connected: ").count(), 3, "{log}");
    assert_eq!(log.matches("user disconnected: ").count(), 3, "{log}");
    assert!(log.lines().all(|line| line.contains(" INFO ")), "{log}");
}

#[test]
fn it_is_quiet_if_told_so() {
    let server = Running::start(&["--quiet"]);
    let _ann = Client::member(server.address, "tea");
    server.signal(Signal::TERM);
    assert_eq!(log_of(&server.wait()), "");
}

#[test]
fn an_unknown_fault_is_answered_with_the_list() {
    let output = command(&["--fault", "ecko"]).output().expect("a process");
    assert_eq!(output.status.code(), Some(2));
    let log = log_of(&output);
    for word in ["ecko", "echo", "double-join-delivers-twice", "stall"] {
        assert!(log.contains(word), "no `{word}` in {log}");
    }
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_reference-server"))
        .args(["--port", &port])
        .output()
        .expect("a process");
    assert_eq!(output.status.code(), Some(3));
    assert!(log_of(&output).contains(&format!("127.0.0.1:{port}")), "{output:?}");
}

#[test]
fn the_faults_are_in_the_help() {
    let output = command(&["--help"]).output().expect("a process");
    let help = String::from_utf8(output.stdout).expect("text");
    for kind in reference_server::fault::FaultKind::ALL {
        assert!(help.contains(&format!("{}: ", kind.name())), "{}", kind.name());
    }
    assert!(help.contains("stall: "));
}
