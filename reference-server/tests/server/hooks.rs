//! The events beside the chat, by which a server can be checked.

use reference_server::{Background, Options};

use crate::support::{Client, honest, start, threaded};

const NOTHING: [&str; 0] = [];

fn hooked() -> Background {
    start(Options { hooks: true, ..threaded(1) })
}

#[test]
fn without_being_asked_for_there_are_none() {
    let server = honest();
    let mut ann = Client::connect(server.address());
    ann.write(r#"42["message",1]"#);
    ann.write(r#"427["message-with-ack",1]"#);
    ann.write("40/custom,");
    assert!(ann.frame().starts_with("44/custom,"));
    assert_eq!(ann.frames_before_barrier(), NOTHING);
}

#[test]
fn a_message_comes_back_byte_for_byte_with_all_arguments() {
    let server = hooked();
    let mut ann = Client::connect(server.address());
    for arguments in ["", ",1", r#",1,"2",{"3":[true]},null,1.0,1e2"#, r#",[1, {"z":1,"a":"\/"}]"#]
    {
        ann.write(&format!(r#"42["message"{arguments}]"#));
        assert_eq!(ann.frame(), format!(r#"42["message-back"{arguments}]"#));
    }
}

#[test]
fn a_message_is_acknowledged_if_asked_for() {
    let server = hooked();
    let mut ann = Client::connect(server.address());
    ann.write(r#"42456["message-with-ack",1,"2",{"3":[false]}]"#);
    assert_eq!(ann.frame(), r#"43456[1,"2",{"3":[false]}]"#);
    ann.write(r#"420["message-with-ack"]"#);
    assert_eq!(ann.frame(), "430[]");
    ann.write(r#"42["message-with-ack",1]"#);
    assert_eq!(ann.frames_before_barrier(), NOTHING);
}

#[test]
fn attachments_come_back_in_order() {
    let server = hooked();
    let mut ann = Client::connect(server.address());
    let json = r#"{"_placeholder":true,"num":0},[{"z":{"_placeholder":true,"num":1}}]"#;
    for (sent, answered) in [
        (r#"452-["message","#, r#"452-["message-back","#),
        (r#"452-789["message-with-ack","#, r#"462-789["#),
    ] {
        ann.write(&format!("{sent}{json}]"));
        ann.write_binary(&[1, 2, 3]);
        ann.write_binary(&[]);
        assert_eq!(ann.frame(), format!("{answered}{json}]"));
        assert_eq!(ann.binary(), [1, 2, 3]);
        assert_eq!(ann.binary(), [0u8; 0]);
    }
}

#[test]
fn the_second_namespace_has_it_all_again_and_rooms_of_its_own() {
    let server = hooked();
    let mut ann = Client::member(server.address(), "tea");
    let mut bob = Client::member(server.address(), "tea");
    for user in [&mut ann, &mut bob] {
        user.write("40/custom,");
        assert!(user.frame().starts_with(r#"40/custom,{"sid":""#));
    }
    bob.write(r#"42/custom,["join-room","tea"]"#);
    assert_eq!(bob.drain(), NOTHING);
    ann.write(r#"42/custom,["send-msg",{"room":"tea"}]"#);
    assert_eq!(bob.frame(), r#"42/custom,["onreceive-msg",{"room":"tea"}]"#);
    bob.write(r#"42/custom,["leave-room","tea"]"#);
    assert_eq!(bob.drain(), NOTHING);
    ann.write(r#"42/custom,["send-msg",{"room":"tea"}]"#);
    assert_eq!(ann.drain(), NOTHING);
    assert_eq!(bob.drain(), NOTHING);
    ann.send(r#"{"room":"tea"}"#);
    assert_eq!(bob.hear(), r#"{"room":"tea"}"#);
    ann.write(r#"42/custom,["message",1]"#);
    assert_eq!(ann.frame(), r#"42/custom,["message-back",1]"#);
    ann.write(r#"451-/custom,7["message-with-ack",{"_placeholder":true,"num":0}]"#);
    ann.write_binary(&[7]);
    assert_eq!(ann.frame(), r#"461-/custom,7[{"_placeholder":true,"num":0}]"#);
    assert_eq!(ann.binary(), [7]);
    assert_eq!(bob.frames_before_barrier(), NOTHING);
}

#[test]
fn answers_keep_the_order_of_what_was_sent() {
    let server = start(Options { hooks: true, ..threaded(2) });
    let mut ann = Client::connect(server.address());
    for n in 0..500 {
        ann.write(&format!(r#"42["message",{n}]"#));
        ann.write(&format!(r#"42{n}["message-with-ack"]"#));
    }
    for n in 0..500 {
        assert_eq!(ann.frame(), format!(r#"42["message-back",{n}]"#));
        assert_eq!(ann.frame(), format!("43{n}[]"));
    }
}
