//! Every fault does what it says and nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::{Client, faulty, payload};

/// What everyone heard after the sender spoke in room `r`.
struct Heard {
    said: Vec<String>,
    sender: Vec<String>,
    members: [Vec<String>; 2],
    /// In another room.
    stranger: Vec<String>,
    /// In no room.
    roomless: Vec<String>,
}

/// Everyone takes a place, then a member of `r` says `texts` there.
fn talk(faults: &[&str], seed: u64, texts: &[&str]) -> Heard {
    let server = faulty(faults, seed);
    let mut sender = Client::member(server.address(), "r");
    let mut members = [(); 2].map(|()| Client::member(server.address(), "r"));
    let mut stranger = Client::member(server.address(), "s");
    let mut roomless = Client::connect(server.address());
    let said: Vec<_> = texts.iter().map(|text| payload("r", text)).collect();
    said.iter().for_each(|payload| sender.send(payload));
    Heard {
        sender: sender.drain(),
        members: members.each_mut().map(Client::drain),
        stranger: stranger.drain(),
        roomless: roomless.drain(),
        said,
    }
}

/// Everything as the contract says, but for what the test took out before.
fn assert_all_else_is_well(heard: &Heard) {
    let nothing = [""; 0];
    assert_eq!(heard.sender, nothing, "sender");
    assert_eq!(heard.members, [heard.said.clone(), heard.said.clone()], "members");
    assert_eq!(heard.stranger, nothing, "stranger");
    assert_eq!(heard.roomless, nothing, "roomless");
}

const TEXTS: [&str; 3] = ["one", "two", "three"];

#[test]
fn a_rate_of_zero_is_no_fault() {
    let faults = reference_server::fault::FaultKind::ALL.map(|kind| format!("{}=0", kind.name()));
    let faults: Vec<_> = faults.iter().map(String::as_str).collect();
    assert_all_else_is_well(&talk(&faults, 0, &TEXTS));
}

#[test]
fn echo() {
    let mut heard = talk(&["echo"], 0, &TEXTS);
    assert_eq!(std::mem::take(&mut heard.sender), heard.said);
    assert_all_else_is_well(&heard);
}

#[test]
fn broadcast_all() {
    let mut heard = talk(&["broadcast-all"], 0, &TEXTS);
    assert_eq!(std::mem::take(&mut heard.stranger), heard.said);
    assert_eq!(std::mem::take(&mut heard.roomless), heard.said);
    assert_all_else_is_well(&heard);
}

#[test]
fn leak() {
    let mut heard = talk(&["leak"], 0, &TEXTS);
    assert_eq!(std::mem::take(&mut heard.stranger), heard.said);
    assert_all_else_is_well(&heard);
}

#[test]
fn leak_chooses_one_room_and_spares_receivers() {
    let server = faulty(&["leak"], 0);
    let mut sender = Client::member(server.address(), "r");
    sender.join("s");
    let mut both = Client::member(server.address(), "r");
    both.join("s");
    let mut strangers = ["s", "t"].map(|room| Client::member(server.address(), room));
    for _ in 0..64 {
        sender.say("r", "hello");
    }
    assert_eq!(sender.drain(), [""; 0]);
    assert_eq!(both.drain().len(), 64);
    let [s, t] = strangers.each_mut().map(|stranger| stranger.drain().len());
    assert_eq!(s + t, 64);
    assert!(s > 0 && t > 0, "always the same room: {s}, {t}");
}

#[test]
fn drop() {
    let texts = ["x"; 64];
    let mut heard = talk(&["drop"], 0, &texts);
    let [a, b] = heard.members.each_ref().map(Vec::len);
    assert_eq!(a + b, 64, "one of two deliveries of every message");
    assert!(a > 0 && b > 0, "always the same receiver: {a}, {b}");
    heard.members = [heard.said.clone(), heard.said.clone()];
    assert_all_else_is_well(&heard);
}

#[test]
fn duplicate() {
    let mut heard = talk(&["duplicate"], 0, &TEXTS);
    let twice: Vec<_> = heard.said.iter().flat_map(|said| [said.clone(), said.clone()]).collect();
    assert_eq!(heard.members, [twice.clone(), twice]);
    heard.members = [heard.said.clone(), heard.said.clone()];
    assert_all_else_is_well(&heard);
}

#[test]
fn reorder() {
    let server = faulty(&["reorder"], 0);
    let mut sender = Client::member(server.address(), "r");
    let mut receiver = Client::member(server.address(), "r");
    receiver.join("s");
    let said = [("r", "1"), ("s", "a"), ("r", "2"), ("r", "3"), ("s", "b")];
    sender.pipeline(said.map(|(room, text)| payload(room, text)));
    // The third in `r` has no next one: it comes when patience ends.
    let heard = said.map(|_| receiver.hear());
    let expected = [("r", "2"), ("r", "1"), ("s", "b"), ("s", "a"), ("r", "3")];
    assert_eq!(heard, expected.map(|(room, text)| payload(room, text)));
    assert_eq!(receiver.drain(), [""; 0]);
    assert_eq!(sender.drain(), [""; 0]);
}

#[test]
fn corrupt() {
    let texts = ["日本語", "\"quoted\"", "a", "\u{0}\n"].repeat(8);
    let mut heard = talk(&["corrupt"], 0, &texts);
    let [changed, same] = std::mem::take(&mut heard.members);
    assert_eq!(changed, same, "one change for all receivers");
    for (text, changed) in texts.iter().zip(&changed) {
        let changed: serde_json::Value = serde_json::from_str(changed).expect("JSON");
        let changed = changed["message"].as_str().expect("a text");
        let differing = text.chars().zip(changed.chars()).filter(|(a, b)| a != b).count();
        assert_eq!((differing, changed.chars().count()), (1, text.chars().count()), "{changed}");
    }
    assert_eq!(changed.len(), texts.len());
    heard.members = [heard.said.clone(), heard.said.clone()];
    assert_all_else_is_well(&heard);
}

#[test]
fn truncate() {
    let (short, long) = ("x".repeat(48), "x".repeat(49));
    let mut heard = talk(&["truncate"], 0, &[&short, &long]);
    let cut = vec![payload("r", &short), payload("r", &short)];
    assert_eq!(heard.members, [cut.clone(), cut]);
    heard.members = [heard.said.clone(), heard.said.clone()];
    assert_all_else_is_well(&heard);
}

#[test]
fn strip_key() {
    let mut heard = talk(&["strip-key"], 0, &TEXTS);
    let stripped: Vec<_> =
        heard.said.iter().map(|said| said.replace(r#""author":"ann","#, "")).collect();
    assert_ne!(stripped, heard.said);
    assert_eq!(heard.members, [stripped.clone(), stripped]);
    heard.members = [heard.said.clone(), heard.said.clone()];
    assert_all_else_is_well(&heard);
}

#[test]
fn ignore_join() {
    let mut heard = talk(&["ignore-join"], 0, &TEXTS);
    assert_eq!(heard.members, [[""; 0]; 2]);
    heard.members = [heard.said.clone(), heard.said.clone()];
    assert_all_else_is_well(&heard);
}

#[test]
fn deaf_member() {
    let texts = ["x"; 20];
    let mut heard = talk(&["deaf-member"], 0, &texts);
    assert_eq!(heard.members.each_ref().map(Vec::len), [8, 8]);
    heard.members = [heard.said.clone(), heard.said.clone()];
    assert_all_else_is_well(&heard);
}

#[test]
fn late_join() {
    let server = faulty(&["late-join"], 0);
    let mut sender = Client::connect(server.address());
    let mut receiver = Client::member(server.address(), "r");
    sender.say("r", "too early");
    assert_eq!(sender.drain(), [""; 0]);
    assert_eq!(receiver.drain(), [""; 0]);
    await_message(&mut sender, &mut receiver);
}

#[test]
fn late_join_of_one_who_left_and_of_one_who_comes_late() {
    let server = faulty(&["late-join"], 0);
    let mut sender = Client::connect(server.address());
    let mut early = Client::member(server.address(), "r");
    await_message(&mut sender, &mut early);
    // The room has talked for a while.
    let mut late = Client::member(server.address(), "r");
    let is_late = |sender: &mut Client, receiver: &mut Client| {
        sender.say("r", "too early");
        assert_eq!(sender.drain(), [""; 0]);
        assert_eq!(receiver.drain(), [""; 0]);
        await_message(sender, receiver);
    };
    is_late(&mut sender, &mut late);
    early.drain();
    early.write(r#"42["leave-room","r"]"#);
    early.join("r");
    is_late(&mut sender, &mut early);
}

/// Says something again and again until it is heard.
fn await_message(sender: &mut Client, receiver: &mut Client) {
    let heard = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        sender.say("r", "now?");
        sender.drain();
        !receiver.drain().is_empty()
    });
    assert!(heard, "never heard");
}

#[test]
fn mute_later() {
    let server = faulty(&["mute-later"], 0);
    let mut sender = Client::connect(server.address());
    let mut member = Client::connect(server.address());
    let until_deaf = time_of(|| {
        member.join("r");
        hear_until_deaf(&mut sender, &mut member);
    });
    assert!(until_deaf >= Duration::from_secs(2), "deaf after {until_deaf:?}");
    member.join("s");
    assert_eq!(hears(&mut sender, &mut member, "r"), 0, "it stays deaf");
    assert_eq!(hears(&mut sender, &mut member, "s"), 1, "but to that room alone");
    member.join("r");
    assert_eq!(hears(&mut sender, &mut member, "r"), 1, "it joined anew");
    // What the first join would have brought, the second puts off.
    std::thread::sleep(Duration::from_secs(1));
    let until_deaf = time_of(|| {
        member.join("r");
        hear_until_deaf(&mut sender, &mut member);
    });
    assert!(until_deaf >= Duration::from_secs(2), "deaf after {until_deaf:?}");
    member.write("41");
    member.enter_namespace();
    member.join("r");
    assert_eq!(hears(&mut sender, &mut member, "r"), 1, "it connected anew");
    assert_eq!(hears(&mut member, &mut sender, "r"), 0, "the sender never joined");
}

/// How many messages a member hears when one is said in `room`.
fn hears(sender: &mut Client, member: &mut Client, room: &str) -> usize {
    sender.say(room, "hello");
    assert_eq!(sender.drain(), [""; 0]);
    member.drain().len()
}

fn hear_until_deaf(sender: &mut Client, member: &mut Client) {
    let is_deaf = (0..2_000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        hears(sender, member, "r") == 0
    });
    assert!(is_deaf, "it hears and hears");
}

#[test]
fn history_on_join() {
    let server = faulty(&["history-on-join"], 0);
    let mut sender = Client::member(server.address(), "r");
    let said: Vec<_> = (0..15).map(|n| payload("r", &n.to_string())).collect();
    sender.pipeline(said.clone());
    assert_eq!(sender.drain(), [""; 0]);
    let mut joiner = Client::connect(server.address());
    joiner.write(r#"42["join-room","r"]"#);
    assert_eq!(joiner.drain(), said[5..]);
    sender.say("r", "hello");
    assert_eq!(joiner.hear(), payload("r", "hello"));
}

#[test]
fn double_join_delivers_twice() {
    let server = faulty(&["double-join-delivers-twice"], 0);
    let mut sender = Client::member(server.address(), "r");
    let mut once = Client::member(server.address(), "r");
    let mut twice = Client::member(server.address(), "r");
    twice.join("r");
    sender.say("r", "hello");
    assert_eq!(sender.drain(), [""; 0]);
    assert_eq!(once.drain().len(), 1);
    assert_eq!(twice.drain().len(), 2);
}

#[test]
fn stall() {
    let server = faulty(&["stall=400ms@20ms"], 0);
    let mut sender = Client::member(server.address(), "r");
    let mut receiver = Client::member(server.address(), "r");
    let mut longest = Duration::ZERO;
    let mut said = 0..;
    let mut sent = Vec::new();
    while longest < Duration::from_millis(300) {
        sent.push(payload("r", &said.next().expect("a number").to_string()));
        assert!(sent.len() < 100_000, "no stall: {longest:?}");
        longest = longest.max(time_of(|| {
            sender.send(sent.last().expect("just pushed"));
            assert_eq!(sender.drain(), [""; 0]);
        }));
    }
    assert_eq!(receiver.drain(), sent, "lost or reordered");
}

#[expect(clippy::disallowed_methods, reason = "a stall is a matter of real time")]
fn time_of(action: impl FnOnce()) -> Duration {
    let begin = std::time::Instant::now();
    action();
    begin.elapsed()
}

#[test]
fn decisions_are_those_of_the_seed() {
    let texts: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let heard = |seed| talk(&["drop=0.3", "duplicate=0.2", "corrupt=0.1"], seed, &texts).members;
    assert_eq!(heard(7), heard(7));
    assert_ne!(heard(7), heard(8));
}

#[test]
fn a_rate_is_kept() {
    let texts = ["x"; 500];
    let heard = talk(&["echo=0.2"], 3, &texts);
    // Four deviations to either side.
    assert!((64..=136).contains(&heard.sender.len()), "{} of 500", heard.sender.len());
    let members: BTreeSet<_> = heard.members.iter().map(Vec::len).collect();
    assert_eq!(members, BTreeSet::from([500]));
}
