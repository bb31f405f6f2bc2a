//! What it holds under load: all that it took until its end, and its memory.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use rustix::process::Signal;
use serde_json::json;

use crate::running::Running;
use crate::support::{Client, metric};

const ROOMS: usize = 3;
const LISTENERS: usize = 4;
const SPEAKERS: usize = 2;
/// Messages of a speaker that may be on their way.
const WINDOW: usize = 200;
/// Messages that each listener has heard when the server is told to end.
const HEARD_MIN: u64 = 500;

/// Comings and goings until memory has what it needs, and after that.
const ROUNDS: [usize; 2] = [4, 8];
const PEOPLE: usize = 100;
/// Of the name of a room that one person is in.
const NAME_BYTES: usize = 20_000;
/// Half of what the names of all rounds take.
const GROWTH_BYTES_MAX: u64 = (ROUNDS[1] * PEOPLE * NAME_BYTES / 2) as u64;

#[test]
fn all_that_it_took_is_delivered_when_it_is_told_to_end() {
    let server = Running::start(&["--threads", "2"]);
    let (loaded, is_loaded) = mpsc::sync_channel(ROOMS * LISTENERS);
    let (mut listeners, mut speakers) = (Vec::new(), Vec::new());
    for room in (0..ROOMS).map(|room| room.to_string()) {
        let (go_on, may_go_on): (Vec<_>, Vec<_>) =
            (0..SPEAKERS).map(|_| mpsc::sync_channel(WINDOW)).unzip();
        go_on.iter().for_each(fill);
        let mut go_on = Some(go_on);
        for client in [(); LISTENERS].map(|()| Client::member(server.address, &room)) {
            let (go_on, loaded) = (go_on.take().unwrap_or_default(), loaded.clone());
            listeners.push(thread::spawn(move || listen(client, &go_on, &loaded)));
        }
        for (speaker, may_go_on) in may_go_on.into_iter().enumerate() {
            let (client, room) = (Client::connect(server.address), room.clone());
            speakers.push(thread::spawn(move || speak(client, &room, speaker, &may_go_on)));
        }
    }
    for _ in 0..ROOMS * LISTENERS {
        is_loaded.recv().expect("a listener");
    }
    server.signal(Signal::TERM);
    let heard: u64 = listeners.into_iter().map(|it| it.join().expect("a good end")).sum();
    speakers.into_iter().for_each(|it| it.join().expect("a good end"));
    let log = String::from_utf8(server.wait().stderr).expect("text");
    let [messages, deliveries, refused] = last_words(&log);
    assert_eq!([heard, refused], [deliveries, 0]);
    assert_eq!(deliveries, messages * LISTENERS as u64);
    assert!(!log.contains(" WARN "), "{log}");
}

fn fill(speaker: &SyncSender<()>) {
    (0..WINDOW).for_each(|_| speaker.send(()).expect("there is room"));
}

/// Listens until the server closes, and says how much it heard. Whoever said something may go on,
/// if this listener is the one to say so.
fn listen(mut client: Client, go_on: &[SyncSender<()>], loaded: &SyncSender<()>) -> u64 {
    let mut heard = [0; SPEAKERS];
    while let Some(event) = client.event_or_end() {
        let [speaker, number] = ["speaker", "number"].map(|key| event[1][key].as_u64());
        let speaker = speaker.expect("a speaker") as usize;
        heard[speaker] += 1;
        assert_eq!(number, Some(heard[speaker]), "a gap in what a speaker said");
        if heard.iter().sum::<u64>() == HEARD_MIN {
            loaded.send(()).expect("somebody waits");
        }
        if let Some(speaker) = go_on.get(speaker) {
            let _gone = speaker.try_send(());
        }
    }
    heard.iter().sum()
}

/// Says as much as its room carries, until it is cut off.
fn speak(mut client: Client, room: &str, speaker: usize, may_go_on: &Receiver<()>) {
    for number in 1_u64.. {
        let said = json!({ "room": room, "speaker": speaker, "number": number });
        if may_go_on.recv().is_err() || client.try_send(&said.to_string()).is_err() {
            return;
        }
    }
}

/// Messages taken, deliveries made and refused, as the server says at its end.
fn last_words(log: &str) -> [u64; 3] {
    let (_, words) = log.rsplit_once("closed: ").expect("last words");
    let mut numbers = words.split_whitespace().filter_map(|word| word.parse().ok());
    [(); 3].map(|()| numbers.next().expect("three numbers"))
}

#[test]
fn its_memory_is_free_of_those_who_are_gone() {
    let server = Running::start(&["--quiet"]);
    let mut resident = |round: usize| {
        come_and_go(&server, round);
        metric(server.address, "process_resident_memory_bytes")
    };
    let early = (0..ROUNDS[0]).map(&mut resident).max().expect("a round");
    let late = (ROUNDS[0]..ROUNDS[0] + ROUNDS[1]).map(&mut resident).last().expect("a round");
    assert!(late < early + GROWTH_BYTES_MAX, "{early} bytes became {late}");
}

/// People come, are in a room of their own and in one with all others, say something and are gone:
/// half of them leave their rooms before, and half say goodbye.
fn come_and_go(server: &Running, round: usize) {
    let own = |at: usize| format!("{round} {at} {}", "x".repeat(NAME_BYTES));
    let mut people: Vec<Client> = (0..PEOPLE)
        .map(|at| {
            let mut client = Client::connect(server.address);
            client.write(&format!("42{}", json!(["join-room", own(at)])));
            client.write(&format!("42{}", json!(["join-room", "all"])));
            client
        })
        .collect();
    for (at, client) in people.iter_mut().enumerate() {
        client.say("all", "hello");
        if at % 2 == 0 {
            client.write(&format!("42{}", json!(["leave-room", own(at)])));
        }
        if at % 4 < 2 {
            client.write("41");
        }
    }
    people.iter_mut().for_each(|client| _ = client.frames_before_barrier());
    drop(people);
    while metric(server.address, "chat_connections") > 0 {
        thread::yield_now();
    }
    assert_eq!(metric(server.address, "chat_rooms"), 0);
}
