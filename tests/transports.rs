//! Transports: whatever carries the users' packets, the same is said and the same comes of it; and
//! nothing is lost, doubled or reordered while a session moves to a WebSocket.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use crate::support::bench::{Ran, Run};
use crate::support::ear::{self, Ear, on_one_thread};
use chatbench::client::{Client, Driver, Way};
use chatbench::oracle::{Verdict, ViolationKind};
use reference_server::{Background, Options};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const SCENARIO: &str = "
rooms: {count: 10, size: 6}
message: {size: {uniform: {min: 35 B, max: 1 KiB}}, alphabet: mixed}
load:
  connect_rate: 500/s
  phases: [{hold: {rate: 200/s, for: 2 s}}]
seed: 1
";
const TRANSPORTS: [&str; 3] = ["transport=websocket", "transport=polling", "transport=upgrade"];

/// Runs the scenario by each transport; all must say the same.
fn each(arguments: &[&str]) -> Vec<Ran> {
    let run = |transport| Run::of(SCENARIO).with(&["--set", transport]).with(arguments).end();
    let all: Vec<Ran> = TRANSPORTS.into_iter().map(run).collect();
    let load = |ran: &Ran| {
        let counters = ran.report.counters;
        (counters.messages_sent, counters.messages_unsent, counters.connects, counters.joins)
    };
    for ran in &all[1..] {
        assert_eq!(load(&all[0]), load(ran), "{}\n{}", all[0].text, ran.text);
    }
    all
}

#[test]
fn an_honest_server_passes_by_each() {
    for ran in each(&[]) {
        assert_eq!((ran.report.verdict, ran.code), (Verdict::Pass, 0), "{}", ran.text);
        let counters = ran.report.counters;
        assert_eq!(counters.deliveries, counters.messages_sent * 5, "{}", ran.text);
    }
}

#[test]
fn a_fault_is_seen_by_each() {
    for ran in each(&["--fault", "duplicate=0.02"]) {
        let by_kind = ran.report.violations.by_kind;
        let others = ViolationKind::ALL.into_iter().filter(|kind| by_kind.of(*kind) > 0);
        assert_eq!(others.collect::<Vec<_>>(), [ViolationKind::Duplicated], "{}", ran.text);
        assert_eq!((ran.report.verdict, ran.code), (Verdict::Fail, 1), "{}", ran.text);
    }
}

const MESSAGES: usize = 60;
const ROUNDS: u64 = 20;
const BETWEEN_MESSAGES: Duration = Duration::from_millis(1);

/// Both users speak all the while that their sessions are moving, each round at another moment.
#[test]
fn what_is_said_while_a_session_moves_arrives_once_and_in_order() {
    let server = Background::start(Options::default()).expect("a free port");
    let server = server.address();
    on_one_thread(async {
        for round in 0..ROUNDS {
            let url = slow_to_move(server, Duration::from_millis(2 * round)).await;
            let room = format!("room {round}");
            let (mut ann, ann_hears) = user(&url, &room, Way::Upgrade).await;
            let (mut bob, bob_hears) = user(&url, &room, Way::Upgrade).await;
            let mut pace = tokio::time::interval(BETWEEN_MESSAGES);
            for number in 0..MESSAGES {
                pace.tick().await;
                say(&mut *ann, &room, "ann", number);
                say(&mut *bob, &room, "bob", number);
            }
            hears_all(&ann_hears, &room, "bob").await;
            hears_all(&bob_hears, &room, "ann").await;
            ann.close();
            bob.close();
        }
    });
}

/// The URL of `server` behind somebody who passes bytes on, those of a WebSocket `late`.
async fn slow_to_move(server: SocketAddr, late: Duration) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it listens"));
    tokio::task::spawn_local(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::task::spawn_local(pass_on(client, server, late));
        }
    });
    url
}

async fn pass_on(mut client: TcpStream, server: SocketAddr, late: Duration) -> io::Result<()> {
    let mut begin = vec![0; 64];
    let read = client.read(&mut begin).await?;
    if String::from_utf8_lossy(&begin[..read]).contains("transport=websocket") {
        // Nothing is due before that, and nothing else may come first.
        let _ = tokio::time::timeout(late, std::future::pending::<()>()).await;
    }
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    server.write_all(&begin[..read]).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// A user in `room`, which its server shows by an answer to what it asked for.
async fn user(url: &str, room: &str, way: Way) -> (Box<dyn Client>, Rc<Ear>) {
    let ear = Rc::new(Ear::default());
    let mut options = ear::options(Driver::Native, ear::insecure());
    options.way = way;
    let client = ear.connect(options, url).await;
    let mut client = client.unwrap_or_else(|| panic!("no connection to {url}"));
    client.emit(&format!(r#"["join-room","{room}"]"#)).expect("a client that stands can speak");
    (client, ear)
}

fn say(client: &mut dyn Client, room: &str, author: &str, number: usize) {
    let event =
        format!(r#"["send-msg",{{"room":"{room}","author":"{author}","message":"{number}"}}]"#);
    client.emit(&event).expect("a client that stands can speak");
}

/// From some message on, for whoever joined later missed what was said before, every one.
async fn hears_all(ear: &Ear, room: &str, author: &str) {
    let last = said(room, author, MESSAGES - 1);
    let lines = ear.lines_once(|lines| lines.contains(&last)).await;
    let heard = &lines[1..];
    let first = MESSAGES - heard.len().min(MESSAGES);
    let wanted: Vec<String> = (first..MESSAGES).map(|number| said(room, author, number)).collect();
    assert_eq!(heard, wanted, "{lines:#?}");
}

fn said(room: &str, author: &str, number: usize) -> String {
    format!(r#"["onreceive-msg",{{"room":"{room}","author":"{author}","message":"{number}"}}]"#)
}
