//! The chat contract, without faults.

use reference_server::Options;

use crate::support::{Client, Poller, honest, payload, start, threaded};

const NOTHING: [&str; 0] = [];

#[test]
fn a_message_goes_to_the_others_in_the_room_and_not_to_its_sender() {
    for threads in [1, 2] {
        let server = start(threaded(threads));
        let mut ann = Client::member(server.address(), "tea");
        let mut bob = Client::member(server.address(), "tea");
        let mut cem = Client::member(server.address(), "tea");
        ann.say("tea", "hello");
        assert_eq!(ann.drain(), NOTHING);
        assert_eq!(bob.drain(), [payload("tea", "hello")]);
        assert_eq!(cem.drain(), [payload("tea", "hello")]);
    }
}

#[test]
fn a_room_is_deaf_to_the_others() {
    let server = honest();
    let mut ann = Client::member(server.address(), "tea");
    let bystanders = ["Tea", "tea ", "te", "teapot", "*", ""];
    let mut bystanders = bystanders.map(|room| Client::member(server.address(), room));
    let mut roomless = Client::connect(server.address());
    let mut bob = Client::member(server.address(), "tea");
    ann.say("tea", "hello");
    assert_eq!(ann.drain(), NOTHING);
    assert_eq!(bob.drain(), [payload("tea", "hello")]);
    assert_eq!(roomless.drain(), NOTHING);
    for bystander in &mut bystanders {
        assert_eq!(bystander.drain(), NOTHING);
    }
}

#[test]
fn a_member_of_several_rooms_hears_each_once() {
    let server = honest();
    let mut ann = Client::member(server.address(), "tea");
    let mut bob = Client::member(server.address(), "tea");
    bob.join("cake");
    bob.join("tea");
    ann.say("tea", "1");
    ann.say("cake", "2");
    assert_eq!(ann.drain(), NOTHING);
    assert_eq!(bob.drain(), [payload("tea", "1"), payload("cake", "2")]);
}

#[test]
fn a_join_is_not_acknowledged() {
    let server = honest();
    let mut ann = Client::connect(server.address());
    ann.write(r#"421["join-room","tea"]"#);
    assert_eq!(ann.frames_before_barrier(), NOTHING);
}

#[test]
fn leaving_the_namespace_leaves_every_room() {
    let server = honest();
    let mut ann = Client::connect(server.address());
    let mut bob = Client::member(server.address(), "tea");
    bob.write("41");
    bob.enter_namespace();
    ann.say("tea", "hello");
    assert_eq!(ann.drain(), NOTHING);
    assert_eq!(bob.drain(), NOTHING);
    bob.join("tea");
    ann.say("tea", "again");
    assert_eq!(ann.drain(), NOTHING);
    assert_eq!(bob.drain(), [payload("tea", "again")]);
}

#[test]
fn who_leaves_a_room_hears_it_no_more_and_may_come_back() {
    // The second server does as the first, but for a fault that never strikes.
    let never = vec!["drop=0".parse().expect("a fault")];
    for faults in [Vec::new(), never] {
        let server = start(Options { faults, ..threaded(1) });
        let mut ann = Client::member(server.address(), "tea");
        let mut bob = Client::member(server.address(), "tea");
        bob.join("cake");
        let mut cem = Client::member(server.address(), "tea");
        for odd in ["", ",null", ",7", r#",["tea"]"#, r#","milk""#] {
            bob.write(&format!(r#"42["leave-room"{odd}]"#));
        }
        bob.write(r#"421["leave-room","tea"]"#);
        assert_eq!(bob.frames_before_barrier(), NOTHING, "a leave is not acknowledged");
        ann.say("tea", "1");
        ann.say("cake", "2");
        assert_eq!(ann.drain(), NOTHING);
        assert_eq!(bob.drain(), [payload("cake", "2")]);
        assert_eq!(cem.drain(), [payload("tea", "1")]);
        bob.join("tea");
        ann.say("tea", "3");
        assert_eq!(ann.drain(), NOTHING);
        assert_eq!(bob.drain(), [payload("tea", "3")]);
        assert_eq!(cem.drain(), [payload("tea", "3")]);
    }
}

#[test]
fn what_is_not_a_message_is_ignored() {
    let server = honest();
    let mut ann = Client::connect(server.address());
    let mut bob = Client::member(server.address(), "tea");
    for arguments in [
        "",
        ",null",
        ",7",
        r#","tea""#,
        r#",["tea"]"#,
        ",{}",
        r#",{"room":7}"#,
        r#",{"room":null}"#,
        r#",{"room":["tea"]}"#,
        r#",{"ROOM":"tea"}"#,
        r#",{"room":"tea","room":"cake"}"#,
    ] {
        ann.write(&format!(r#"42["send-msg"{arguments}]"#));
        ann.write(&format!(r#"42["join-room"{}]"#, arguments.replace(r#","tea""#, ",[]")));
    }
    ann.write(r#"42["no-such-event",1]"#);
    assert_eq!(ann.drain(), NOTHING);
    assert_eq!(bob.drain(), NOTHING);
    ann.say("tea", "still here");
    assert_eq!(bob.hear(), payload("tea", "still here"));
    bob.say("tea", "nobody joined");
    assert_eq!(bob.drain(), NOTHING);
    assert_eq!(ann.drain(), NOTHING);
}

#[test]
fn what_is_not_the_protocol_closes_one_connection_and_no_other() {
    let server = honest();
    let mut bob = Client::member(server.address(), "tea");
    for frame in ["4abc", "42{}", r#"42["send-msg",{"room":"tea","message":NaN}]"#, "9", "42["] {
        let mut ann = Client::connect(server.address());
        ann.write(frame);
        assert!(ann.is_closed_by_server(), "{frame}");
    }
    let mut ann = Client::connect(server.address());
    ann.say("tea", "still here");
    assert_eq!(bob.hear(), payload("tea", "still here"));
}

#[test]
fn arguments_after_the_first_are_ignored() {
    let server = honest();
    let mut ann = Client::connect(server.address());
    let mut bob = Client::connect(server.address());
    bob.write(r#"42["join-room","tea","cake",1]"#);
    assert_eq!(bob.drain(), NOTHING);
    ann.write(r#"42["send-msg",{"room":"tea"},{"room":"cake"},1]"#);
    ann.say("cake", "nobody is here");
    ann.say("tea", "hello");
    assert_eq!(bob.hear(), r#"{"room":"tea"}"#);
    assert_eq!(bob.hear(), payload("tea", "hello"));
}

#[test]
fn a_message_too_long_closes_the_connection() {
    let mut options = threaded(1);
    options.payload_bytes_max = 10_000;
    let server = start(options);
    let mut bob = Client::member(server.address(), "tea");
    let mut ann = Client::connect(server.address());
    ann.say("tea", &"x".repeat(9_000));
    assert_eq!(bob.hear(), payload("tea", &"x".repeat(9_000)));
    ann.say("tea", &"x".repeat(10_000));
    assert!(ann.is_closed_by_server());
}

#[test]
fn a_user_on_long_polling_hears_and_is_heard() {
    let server = honest();
    let mut ann = Poller::member(server.address(), "tea");
    let mut bob = Client::member(server.address(), "tea");
    bob.say("tea", "to ann");
    assert_eq!(ann.hear(), payload("tea", "to ann"));
    ann.post(&format!(r#"42["send-msg",{}]"#, payload("tea", "to bob")));
    assert_eq!(bob.hear(), payload("tea", "to bob"));
}
