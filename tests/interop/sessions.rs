//! Sessions: the official server takes them up again after a cut, and knows who has left.

use std::rc::Rc;

use chatbench::client::{Client, ClientOptions, Driver, Gone, Recovery, Way};

use super::{message, say};
use crate::support::ear::{self, Ear, on_one_thread};
use crate::support::foreign::Foreign;

const WAYS: [Way; 3] = [Way::WebSocket, Way::Polling, Way::Upgrade];
const RECOVERABLE: &str = r#"{"connectionStateRecovery":{}}"#;
/// The server sends a ping once the one before was answered.
const PINGING: &str = r#"{"pingInterval":20,"pingTimeout":20000}"#;

fn options(driver: Driver, way: Way) -> ClientOptions {
    ClientOptions { way, ..ear::options(driver, ear::insecure()) }
}

/// A user and what it hears, and a session that it takes up, if there is one.
async fn user(
    node: &Foreign,
    options: ClientOptions,
    past: Option<Recovery>,
) -> (Box<dyn Client>, Rc<Ear>) {
    let ear = Rc::new(Ear::default());
    let client = ear.connect_again(options, node.url(), past).await;
    (client.unwrap_or_else(|| panic!("no connection to {}", node.url())), ear)
}

/// One that joins the room `r`.
async fn member(node: &Foreign, options: ClientOptions) -> (Box<dyn Client>, Rc<Ear>) {
    let (mut client, ear) = user(node, options, None).await;
    client.emit(r#"["join-room","r"]"#).expect("a client that stands can speak");
    server_has_heard(&mut *client, &ear).await;
    (client, ear)
}

/// Waits until the server has dealt with all that has come to it by now.
async fn server_has_heard(client: &mut dyn Client, ear: &Ear) {
    let id = client.emit_with_ack(r#"["message-with-ack"]"#).expect("it can speak");
    let line = format!("ack {id}");
    let lines = ear.lines_once(|lines| lines.contains(&line)).await;
    assert!(lines.contains(&line), "{line} is not in {lines:?}");
}

/// All that `ear` has heard by now must be the `outcome` and these messages, once and in order.
fn has_heard(ear: &Ear, outcome: &str, authors: &[&str]) {
    let mut lines = ear.noted();
    lines.retain(|line| !line.starts_with("ack "));
    let messages = authors.iter().map(|author| format!(r#"["onreceive-msg",{}"#, message(author)));
    let wanted: Vec<String> = std::iter::once(outcome.to_owned()).chain(messages).collect();
    let fits = lines.iter().zip(&wanted).all(|(line, wanted)| line.starts_with(wanted));
    assert!(fits && lines.len() == wanted.len(), "wanted {wanted:#?}, got {lines:#?}");
}

/// Ann is cut while she may know where she was, and bob goes on.
async fn cut_off(node: &Foreign, way: Way) -> (Recovery, Box<dyn Client>, Rc<Ear>) {
    let (mut ann, ann_hears) = member(node, options(Driver::Native, way)).await;
    let (mut bob, bob_hears) = member(node, options(Driver::Native, Way::WebSocket)).await;
    assert_eq!((ann.recovered(), ann.recovery()), (false, None));
    say(&mut *bob, "first");
    ann_hears.lines_once(|lines| lines.len() == 3).await;
    ann.cut();
    let past = ann.recovery().expect("an offset was heard");
    server_has_heard(&mut *bob, &bob_hears).await;
    for author in ["second", "third", "fourth"] {
        say(&mut *bob, author);
    }
    server_has_heard(&mut *bob, &bob_hears).await;
    has_heard(&ann_hears, "connected", &["first"]);
    (past, bob, bob_hears)
}

#[test]
fn what_was_missed_is_heard_once_and_in_order_before_the_session_stands() {
    let Some(node) = Foreign::node(RECOVERABLE) else { return };
    for way in WAYS {
        on_one_thread(async {
            let (past, mut bob, bob_hears) = cut_off(&node, way).await;
            let (mut ann, hears) =
                user(&node, options(Driver::Native, way), Some(past.clone())).await;
            has_heard(&hears, "recovered", &["second", "third", "fourth"]);
            let again = ann.recovery().expect("offsets were heard");
            assert_eq!(again.pid, past.pid);
            assert_ne!(again.offset, past.offset);
            // She is in the room that she was in, and nobody has to say so.
            say(&mut *bob, "fifth");
            server_has_heard(&mut *bob, &bob_hears).await;
            server_has_heard(&mut *ann, &hears).await;
            has_heard(&hears, "recovered", &["second", "third", "fourth", "fifth"]);
        });
    }
}

#[test]
fn a_session_that_the_server_does_not_know_is_a_new_one() {
    let Some(node) = Foreign::node(RECOVERABLE) else { return };
    on_one_thread(async {
        let (past, mut bob, bob_hears) = cut_off(&node, Way::WebSocket).await;
        let bogus = Recovery { pid: "bogus".into(), ..past };
        let (mut ann, hears) =
            user(&node, options(Driver::Native, Way::WebSocket), Some(bogus)).await;
        say(&mut *bob, "fifth");
        server_has_heard(&mut *bob, &bob_hears).await;
        server_has_heard(&mut *ann, &hears).await;
        has_heard(&hears, "connected", &[]);
        assert_eq!(ann.recovery(), None);
    });
}

#[test]
fn who_has_left_hears_nothing_and_stays_on_the_transport() {
    let Some(node) = Foreign::node(PINGING) else { return };
    for way in WAYS {
        on_one_thread(async {
            let (mut ann, ann_hears) = member(&node, options(Driver::Native, way)).await;
            let (mut bob, bob_hears) = member(&node, options(Driver::Native, way)).await;
            say(&mut *bob, "first");
            ann_hears.lines_once(|lines| lines.len() == 3).await;
            ann.leave().expect("she was in it");
            // A session that polls has yet to post it, on a connection of its own.
            ann_hears.pings_once(ann_hears.pings() + 5).await;
            say(&mut *bob, "second");
            server_has_heard(&mut *bob, &bob_hears).await;
            ann_hears.pings_once(ann_hears.pings() + 5).await;
            has_heard(&ann_hears, "connected", &["first"]);
            assert_eq!(ann.emit(r#"["join-room","r"]"#), Err(Gone));
        });
    }
}

/// The server counts who sits at a table.
#[test]
fn the_server_notices_who_is_cut_and_who_has_left() {
    let Some(node) = Foreign::node_with(&[("DIALECT", "drawing")]) else { return };
    on_one_thread(async {
        for (at, way) in WAYS.into_iter().enumerate() {
            for departure in ["cut", "leave"] {
                let table = format!("{departure} {at}");
                let enter = format!(r#"["enter",{{"table":"{table}","player":"p"}}]"#);
                let (mut ann, ann_hears) = user(&node, options(Driver::Native, way), None).await;
                ann.emit(&enter).expect("it can speak");
                ann_hears.lines(2).await;
                match departure {
                    "cut" => ann.cut(),
                    _ => ann.leave().expect("she was in it"),
                }
                let sits_alone =
                    |lines: &[String]| lines.iter().any(|line| line.contains(r#""players":1}"#));
                // It may take the server a moment; whoever enters twice sits there once.
                let (mut bob, bob_hears) = user(&node, options(Driver::Native, way), None).await;
                for entered in 1.. {
                    bob.emit(&enter).expect("it can speak");
                    let lines = bob_hears.lines(1 + entered).await;
                    if sits_alone(&lines) {
                        break;
                    }
                    assert!(entered < 1_000, "{table}: {lines:?}");
                }
            }
        }
    });
}

/// What the second driver can do: it hangs up.
#[cfg(feature = "rust_socketio")]
#[test]
fn rust_socketio_hangs_up_instead() {
    let Some(node) = Foreign::node(RECOVERABLE) else { return };
    let leave = |client: &mut dyn Client| client.leave().expect("it was in it");
    let departures: [fn(&mut dyn Client); 2] = [leave, |client| client.cut()];
    on_one_thread(async {
        for depart in departures {
            let driver = options(Driver::RustSocketio, Way::WebSocket);
            let (mut ann, ann_hears) = member(&node, driver).await;
            let (mut bob, bob_hears) = member(&node, options(Driver::Native, Way::WebSocket)).await;
            say(&mut *bob, "first");
            ann_hears.lines_once(|lines| lines.len() == 3).await;
            depart(&mut *ann);
            assert_eq!((ann.emit("[\"a\"]"), ann.leave()), (Err(Gone), Err(Gone)));
            assert_eq!((ann.recovered(), ann.recovery()), (false, None));
            say(&mut *bob, "second");
            server_has_heard(&mut *bob, &bob_hears).await;
            has_heard(&ann_hears, "connected", &["first"]);
        }
    });
}
