//! Interop: the chat contract on the servers of others, and what they make of the protocol.

mod behind_connect;
mod conform;
mod scenarios;
mod sessions;
mod socketioxide;

use std::rc::Rc;

use crate::support::ear::{self, Ear, on_one_thread};
use crate::support::foreign::Foreign;
use chatbench::client::{Client, Driver};

/// A message by `author`, as it is sent and heard.
fn message(author: &str) -> String {
    format!(r#"{{"room":"r","author":"{author}","message":"höre \"dies\""}}"#)
}

/// A user in the room `r`, and what it hears.
async fn user(driver: Driver, node: &Foreign) -> (Box<dyn Client>, Rc<Ear>) {
    let ear = Rc::new(Ear::default());
    let client = ear.connect(ear::options(driver, ear::insecure()), node.url()).await;
    let mut client = client.unwrap_or_else(|| panic!("no connection to {}", node.url()));
    client.emit(r#"["join-room","r"]"#).expect("a client that stands can speak");
    (client, ear)
}

/// Three messages go back and forth between two members. Each hears all of the other's and none
/// of its own, which would stand before the next.
fn check(driver: Driver, options: &str) {
    let Some(node) = Foreign::node(options) else { return };
    on_one_thread(async {
        let (mut ann, ann_hears) = user(driver, &node).await;
        let (mut bob, bob_hears) = user(driver, &node).await;
        say(&mut *bob, "bob, first");
        hears(&ann_hears, &["bob, first"]).await;
        say(&mut *ann, "ann");
        hears(&bob_hears, &["ann"]).await;
        say(&mut *bob, "bob, again");
        hears(&ann_hears, &["bob, first", "bob, again"]).await;
        ann.close();
        bob.close();
    });
}

fn say(client: &mut dyn Client, author: &str) {
    let event = format!(r#"["send-msg",{}]"#, message(author));
    client.emit(&event).expect("a client that stands can speak");
}

/// Where the server offers recovery, an offset stands behind the message.
async fn hears(ear: &Ear, authors: &[&str]) {
    let lines = ear.lines(1 + authors.len()).await;
    let wanted = authors.iter().map(|author| format!(r#"["onreceive-msg",{}"#, message(author)));
    let wanted: Vec<String> = std::iter::once("connected".into()).chain(wanted).collect();
    let fits = lines.iter().zip(&wanted).all(|(line, wanted)| line.starts_with(wanted));
    assert!(fits && lines.len() == wanted.len(), "wanted {wanted:#?}, got {lines:#?}");
}

#[test]
fn the_native_client_keeps_the_contract() {
    check(Driver::Native, "{}");
}

#[test]
fn rust_socketio_keeps_the_contract() {
    check(Driver::RustSocketio, "{}");
}

#[test]
fn pings_every_few_milliseconds_are_answered() {
    check(Driver::Native, r#"{"pingInterval":5,"pingTimeout":5000}"#);
}

#[test]
fn recovery_adds_an_offset() {
    check(Driver::Native, r#"{"connectionStateRecovery":{}}"#);
}
