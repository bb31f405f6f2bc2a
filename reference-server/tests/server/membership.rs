//! Faults of membership: who stays, goes or comes in although nobody asked for it.

use crate::support::{Client, faulty, payload};

const NOTHING: [&str; 0] = [];

/// What `who` heard when `speaker` had said something in each of `rooms`: the rooms' names.
fn rooms_heard<const N: usize>(
    speaker: &mut Client,
    rooms: &[&str],
    who: [&mut Client; N],
) -> [Vec<String>; N] {
    for room in rooms {
        speaker.say(room, "hello");
    }
    assert_eq!(speaker.drain(), NOTHING, "the speaker");
    who.map(|client| client.drain().iter().map(|heard| room_of(heard)).collect())
}

fn room_of(heard: &str) -> String {
    let payload: serde_json::Value = serde_json::from_str(heard).expect("JSON");
    payload["room"].as_str().expect("a room").to_owned()
}

/// A user in several rooms.
fn member_of(server: &reference_server::Background, rooms: &[&str]) -> Client {
    let mut client = Client::connect(server.address());
    rooms.iter().for_each(|room| client.join(room));
    client
}

/// Leaves a room, for certain.
fn leave(client: &mut Client, room: &str) {
    client.write(&format!(r#"42["leave-room","{room}"]"#));
    assert_eq!(client.drain(), NOTHING, "something came before the leave was done");
}

/// Leaves the namespace, for certain, while the connection stays open.
fn leave_namespace(client: &mut Client) {
    client.write("41");
    assert_eq!(client.drain(), NOTHING, "something came before the namespace was left");
}

#[test]
fn ghost_after_disconnect() {
    let server = faulty(&["ghost-after-disconnect"], 0);
    let mut ann = member_of(&server, &["r"]);
    let mut bob = member_of(&server, &["r", "s"]);
    let mut cem = member_of(&server, &["r"]);
    leave_namespace(&mut bob);
    let heard = rooms_heard(&mut ann, &["r", "s", "t"], [&mut bob, &mut cem]);
    assert_eq!(heard, [vec!["r", "s"], vec!["r"]]);
    // A ghost hears, but it is not heard.
    bob.say("r", "boo");
    bob.write(r#"42["join-room","t"]"#);
    bob.write(r#"42["leave-room","r"]"#);
    assert_eq!(bob.drain(), NOTHING);
    let heard = rooms_heard(&mut ann, &["r", "s", "t"], [&mut bob, &mut cem]);
    assert_eq!(heard, [vec!["r", "s"], vec!["r"]]);
    // It haunts its connection alone.
    let mut dan = Client::connect(server.address());
    assert_eq!(rooms_heard(&mut ann, &["r", "s"], [&mut dan]), [NOTHING]);
}

#[test]
fn a_ghost_is_told_attachments_and_is_none_of_the_connected() {
    let server = faulty(&["ghost-after-disconnect", "broadcast-all=0"], 0);
    let mut ann = member_of(&server, &["r"]);
    let mut bob = member_of(&server, &["r"]);
    leave_namespace(&mut bob);
    let json = r#"{"room":"r","message":{"_placeholder":true,"num":0}}"#;
    ann.write(&format!(r#"451-["send-msg",{json}]"#));
    ann.write_binary(&[1, 2, 3]);
    assert_eq!(bob.frame(), format!(r#"451-["onreceive-msg",{json}]"#));
    assert_eq!(bob.binary(), [1, 2, 3]);

    let server = faulty(&["ghost-after-disconnect", "broadcast-all"], 0);
    let mut ann = member_of(&server, &[]);
    let mut bob = member_of(&server, &["r"]);
    leave_namespace(&mut bob);
    assert_eq!(rooms_heard(&mut ann, &["r"], [&mut bob]), [NOTHING]);
}

#[test]
fn a_ghost_is_gone_with_its_connection_and_whoever_drops_is_none() {
    for leaves in [true, false] {
        // The one receiver that a message is kept from may be the ghost, while there is one.
        let server = faulty(&["ghost-after-disconnect", "drop"], 0);
        let mut ann = Client::connect(server.address());
        let mut bob = member_of(&server, &["r"]);
        let mut cem = member_of(&server, &["r"]);
        if leaves {
            leave_namespace(&mut bob);
        }
        let mut of_twenty = || rooms_heard(&mut ann, &["r"; 20], [&mut cem])[0].len();
        assert!((1..20).contains(&of_twenty()), "always the same receiver");
        drop(bob);
        // The drop is noticed sooner or later.
        assert!((0..200).any(|_| of_twenty() == 0), "it is there still; it left: {leaves}");
    }
}

#[test]
fn leave_takes_all() {
    let server = faulty(&["leave-takes-all"], 0);
    let mut ann = Client::connect(server.address());
    let mut bob = member_of(&server, &["r", "s"]);
    let mut cem = member_of(&server, &["r", "s"]);
    leave(&mut bob, "r");
    let heard = rooms_heard(&mut ann, &["r", "s"], [&mut bob, &mut cem]);
    assert_eq!(heard, [["s"], ["s"]]);
    cem.join("r");
    let heard = rooms_heard(&mut ann, &["r", "s"], [&mut bob, &mut cem]);
    assert_eq!(heard, [vec!["s"], vec!["r", "s"]]);
}

#[test]
fn leave_ignored() {
    let server = faulty(&["leave-ignored"], 0);
    let mut ann = Client::connect(server.address());
    let mut bob = member_of(&server, &["r", "s"]);
    let mut cem = member_of(&server, &["r"]);
    leave(&mut bob, "r");
    let heard = rooms_heard(&mut ann, &["r", "s", "t"], [&mut bob, &mut cem]);
    assert_eq!(heard, [vec!["r", "s"], vec!["r"]]);
    // Leaving the namespace is another matter.
    leave_namespace(&mut bob);
    let heard = rooms_heard(&mut ann, &["r", "s"], [&mut bob, &mut cem]);
    assert_eq!(heard, [vec![], vec!["r"]]);
}

#[test]
fn last_room_only() {
    let server = faulty(&["last-room-only"], 0);
    let mut ann = Client::connect(server.address());
    let mut bob = member_of(&server, &["r", "s"]);
    let mut cem = member_of(&server, &["r"]);
    cem.join("r");
    let heard = rooms_heard(&mut ann, &["r", "s"], [&mut bob, &mut cem]);
    assert_eq!(heard, [["s"], ["r"]]);
    bob.join("r");
    let heard = rooms_heard(&mut ann, &["r", "s"], [&mut bob, &mut cem]);
    assert_eq!(heard, [["r"], ["r"]]);
}

#[test]
fn stale_membership() {
    let server = faulty(&["stale-membership"], 0);
    let mut ann = Client::connect(server.address());
    let mut bob = member_of(&server, &["r", "s"]);
    let mut cem = member_of(&server, &["r"]);
    assert_eq!(rooms_heard(&mut ann, &["s"], [&mut bob, &mut cem]), [vec!["s"], vec![]]);
    leave(&mut bob, "s");
    bob.join("t");
    leave_namespace(&mut bob);
    // Whoever connects next, and after that, is taken for the one who left.
    let mut dan = Client::connect(server.address());
    bob.enter_namespace();
    let all = ["r", "s", "t"];
    let heard = rooms_heard(&mut ann, &all, [&mut bob, &mut cem, &mut dan]);
    assert_eq!(heard, [vec!["r", "t"], vec!["r"], vec!["r", "t"]]);
    // The one who left last, no other, and only until it leaves again.
    leave(&mut dan, "r");
    leave_namespace(&mut cem);
    let mut eve = Client::connect(server.address());
    let heard = rooms_heard(&mut ann, &all, [&mut bob, &mut cem, &mut dan, &mut eve]);
    assert_eq!(heard, [vec!["r", "t"], vec![], vec!["t"], vec!["r"]]);
}

#[test]
fn a_dropped_connection_leaves_its_membership_to_the_next() {
    let server = faulty(&["stale-membership"], 0);
    let mut ann = Client::connect(server.address());
    drop(member_of(&server, &["r"]));
    // The drop is noticed sooner or later; until then nobody has disconnected, so nobody must.
    let mut connected = Vec::new();
    let inherited = (0..200).any(|_| {
        let mut next = Client::connect(server.address());
        let heard = rooms_heard(&mut ann, &["r"], [&mut next]);
        connected.push(next);
        heard == [["r"]]
    });
    assert!(inherited, "nobody was ever taken for the one who dropped");
}

#[test]
fn forgotten_room() {
    let server = faulty(&["forgotten-room"], 0);
    let mut ann = member_of(&server, &["r"]);
    let mut bob = member_of(&server, &["r", "s"]);
    let mut cem = member_of(&server, &["r"]);
    let heard = rooms_heard(&mut ann, &["r", "r", "s", "s"], [&mut bob, &mut cem]);
    assert_eq!(heard, [vec!["r", "s"], vec!["r"]]);
    // The speaker is forgotten, too.
    assert_eq!(rooms_heard(&mut bob, &["r"], [&mut ann, &mut cem]), [NOTHING, NOTHING]);
    cem.join("r");
    let heard = rooms_heard(&mut ann, &["r", "r"], [&mut bob, &mut cem]);
    assert_eq!(heard, [vec![], vec!["r"]]);
}

#[test]
fn history_on_join_is_that_of_the_room_whoever_left_it() {
    let server = faulty(&["history-on-join"], 0);
    let mut ann = member_of(&server, &["r"]);
    let said: Vec<_> = (0..100).map(|n| payload("r", &n.to_string())).collect();
    ann.pipeline(said.clone());
    assert_eq!(ann.drain(), NOTHING);
    // The room is empty now.
    leave(&mut ann, "r");
    let mut bob = Client::connect(server.address());
    bob.write(r#"42["join-room","r"]"#);
    assert_eq!(bob.drain(), said[90..], "long after the room began to talk");
    leave(&mut bob, "r");
    ann.say("r", "last");
    assert_eq!(ann.drain(), NOTHING);
    bob.write(r#"42["join-room","r"]"#);
    assert_eq!(bob.drain(), [&said[91..], &[payload("r", "last")]].concat(), "after leaving");
}

#[test]
fn double_joins_are_counted_from_the_last_leave_on() {
    let server = faulty(&["double-join-delivers-twice"], 0);
    let mut ann = Client::connect(server.address());
    let mut bob = member_of(&server, &["r"]);
    for _ in 0..100 {
        assert_eq!(rooms_heard(&mut ann, &["r"], [&mut bob]), [["r"]]);
    }
    bob.join("r");
    assert_eq!(rooms_heard(&mut ann, &["r"], [&mut bob]), [["r", "r"]], "long after");
    leave(&mut bob, "r");
    assert_eq!(rooms_heard(&mut ann, &["r"], [&mut bob]), [NOTHING]);
    bob.join("r");
    assert_eq!(rooms_heard(&mut ann, &["r"], [&mut bob]), [["r"]]);
    leave_namespace(&mut bob);
    bob.enter_namespace();
    bob.join("r");
    assert_eq!(rooms_heard(&mut ann, &["r"], [&mut bob]), [["r"]]);
}

#[test]
fn each_is_decided_by_the_seed_at_its_rate() {
    let leavers = |seed| {
        let server = faulty(&["leave-ignored=0.5"], seed);
        let mut ann = Client::connect(server.address());
        let mut bob = Client::connect(server.address());
        let stays = (0..100).map(|_| {
            bob.join("r");
            leave(&mut bob, "r");
            let [heard] = rooms_heard(&mut ann, &["r"], [&mut bob]);
            !heard.is_empty()
        });
        stays.collect::<Vec<_>>()
    };
    let stays = leavers(3);
    assert_eq!(stays, leavers(3));
    assert_ne!(stays, leavers(4));
    let ignored = stays.iter().filter(|stays| **stays).count();
    assert!((30..=70).contains(&ignored), "{ignored} of 100, four deviations from a half");
}
