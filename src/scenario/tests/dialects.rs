//! Dialects: what is written is what is expected, and nothing else is.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::scenario::template::escaped;

fn dialect(yaml: &str) -> Dialect {
    scenario(&format!("{SMALL}\ndialect:\n{yaml}")).dialect
}

fn drawing() -> Dialect {
    dialect(
        "  join: {event: enter, payload: '[${room}] $${x} ${author}', confirm: {event: {name: in}}}
  leave: {event: quit}
  send: {event: s, arguments: ['${room}', {id: '<${text}>', n: [2.50, null, true]}]}
  receive: {event: r, arguments: [{id: '<${text}>', n: [2.5, null, true]}, '${any}', '${author}']}
  sender: echoed",
    )
}

fn written(template: &Template, room: &str, author: &str, text: &str) -> Vec<u8> {
    let room_json = escaped(room);
    let fields = Fields { room, room_json: &room_json, author };
    let mut out = Vec::new();
    let mut write = |out: &mut Vec<u8>| out.extend_from_slice(escaped(text).as_bytes());
    template.write(&fields, &mut write, &mut out);
    out
}

fn value(template: &Template, room: &str, author: &str, text: &str) -> Value {
    serde_json::from_slice(&written(template, room, author, text)).expect("JSON")
}

fn matches(template: &Template, value: &Value, offset: Offset) -> bool {
    let fields = Fields { room: "a", room_json: "a", author: "user-1" };
    template.matches(&fields, "hi", value, offset)
}

proptest! {
    #[test]
    fn what_is_written_matches(room: String, text: String, other: String) {
        let fields = Fields { room: &room, room_json: &escaped(&room), author: "user-1" };
        for dialect in [Dialect::chat(), drawing()] {
            for template in [&dialect.send, &dialect.receive] {
                let value = value(template, &room, "user-1", &text);
                prop_assert!(template.matches(&fields, &text, &value, Offset::Refused));
                prop_assert!(template.text_of(&value).is_some_and(|found| found.contains(&text)));
                let same = other == text;
                prop_assert_eq!(template.matches(&fields, &other, &value, Offset::Refused), same);
            }
        }
    }
}

#[test]
fn the_chat_dialect_is_spelled_as_the_contract_says() {
    let chat = Dialect::chat();
    let spelled = |template: &Template| {
        String::from_utf8(written(template, "a \"b\"", "user-1", "hi")).expect("UTF-8")
    };
    assert_eq!(spelled(&chat.join.template), r#"["join-room","a \"b\""]"#);
    let message = r#"{"room":"a \"b\"","author":"user-1","message":"hi"}"#;
    assert_eq!(spelled(&chat.send), format!(r#"["send-msg",{message}]"#));
    assert_eq!(spelled(&chat.receive), format!(r#"["onreceive-msg",{message}]"#));
    assert_eq!((chat.join.confirm, chat.leave), (Confirm::Probe, None));
    assert_eq!(chat.sender, SenderPolicy::Excluded);
    assert!(chat.receive.is_exact());
    assert_eq!(scenario(SMALL).dialect, Dialect::chat());
}

#[test]
fn a_dialect_of_ones_own_is_compiled() {
    let drawing = drawing();
    assert_eq!(drawing.receive.event(), "r");
    assert!(!drawing.receive.is_exact() && drawing.send.is_exact());
    assert_eq!(
        value(&drawing.join.template, "a", "user-1", ""),
        json!(["enter", "[a] ${x} user-1"])
    );
    assert_eq!(value(&drawing.leave.expect("a leave event"), "a", "user-1", ""), json!(["quit"]));
    let confirm = Confirm::Event { name: "in".into(), template: None };
    assert_eq!((drawing.join.confirm, drawing.sender), (confirm, SenderPolicy::Echoed));
    let value = value(&drawing.receive, "a", "user-1", "hi");
    assert_eq!(drawing.receive.text_of(&value), Some("<hi>"));
}

#[test]
fn values_are_compared_as_javascript_would() {
    let receive = drawing().receive;
    let good = json!(["r", { "n": [2.50, null, true], "id": "<hi>" }, { "any": [] }, "user-1"]);
    assert!(matches(&receive, &good, Offset::Refused), "key order, digits and any value");
    let changed = |pointer: &str, to: Value| {
        let mut value = good.clone();
        *value.pointer_mut(pointer).expect("a value") = to;
        value
    };
    for (pointer, to) in [
        ("/0", json!("s")),
        ("/1/id", json!("<hi")),
        ("/1/id", json!(5)),
        ("/1/n/0", json!(2.51)),
        ("/1/n/0", json!("2.5")),
        ("/1/n/1", json!(false)),
        ("/1/n", json!([2.5, null])),
        ("/1", json!({ "id": "<hi>", "n": [2.5, null, true], "more": 1 })),
        ("/1", json!({ "id": "<hi>" })),
        ("/1", json!([])),
        ("/3", json!("user-2")),
        ("", json!(["r"])),
        ("", json!([])),
        ("", json!("r")),
    ] {
        let value = changed(pointer, to);
        assert!(!matches(&receive, &value, Offset::Refused), "{value}");
    }
    assert!(matches(&receive, &changed("/2", json!(null)), Offset::Refused), "any value");
    let float = dialect(
        "  join: {event: j}\n  send: {event: s, arguments: ['${text}', 2]}\n  receive: {event: r}",
    );
    assert!(matches(&float.receive, &json!(["r", "hi", 2.0]), Offset::Refused), "2 is 2.0");
}

#[test]
fn an_offset_is_one_string_at_the_end_and_only_where_it_is_allowed() {
    let receive = Dialect::chat().receive;
    let message = json!({ "room": "a", "author": "user-1", "message": "hi" });
    let with = |extra: &[Value]| {
        let mut value = vec![json!("onreceive-msg"), message.clone()];
        value.extend_from_slice(extra);
        Value::Array(value)
    };
    assert!(matches(&receive, &with(&[]), Offset::Allowed));
    assert!(matches(&receive, &with(&[json!("17-0")]), Offset::Allowed));
    assert!(!matches(&receive, &with(&[json!("17-0")]), Offset::Refused));
    assert!(!matches(&receive, &with(&[json!(17)]), Offset::Allowed));
    assert!(!matches(&receive, &with(&[json!("17-0"), json!("18-0")]), Offset::Allowed));
}

#[test]
fn the_bundled_server_and_others_to_be_checked_have_the_same_hooks() {
    let others = scenario(include_str!("../../../tests/interop/hooks.yaml"));
    assert_eq!(others.dialect, Dialect::chat_with_hooks());
}
