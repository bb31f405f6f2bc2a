//! Conform: what is listed and explained, what is typed wrong, and what a gate comes to.

mod docs;
mod gate;

use expect_test::expect;
use serde_json::Value;

use super::{PATIENCE, chatbench};
use crate::support::binary::Ended;

fn conform(arguments: &[&str]) -> Ended {
    chatbench(["conform"].iter().chain(arguments))
}

fn shown(arguments: &[&str]) -> String {
    let ended = conform(arguments);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    ended.stdout
}

#[test]
fn what_there_is_is_listed() {
    expect![[r#"
        Chat delivery
          CHAT-DLV-01 MUST   a member hears a message once, and as it was sent

        1 check
    "#]]
    .assert_eq(&shown(&["--list", "--only=chat-dlv-01"]));
    expect![[r#"
        [
          {
            "id": "CHAT-DLV-01",
            "group": "Chat delivery",
            "title": "a member hears a message once, and as it was sent",
            "level": "must",
            "requirement": "Everyone in the room but the sender receives the message, its payload unchanged",
            "section": "the chat contract",
            "needs": [
              "chat"
            ],
            "alone": false,
            "wire": "a and b join; a sends; b hears it once",
            "why": "It is what a chat is for.",
            "differs": "",
            "deviations": []
          }
        ]
    "#]].assert_eq(&shown(&["--list", "--only=CHAT-DLV-01", "--format=json"]));
    let all = shown(&["--list", "--format=json"]);
    let all: Value = serde_json::from_str(&all).expect("JSON");
    let musts = shown(&["--list", "--format=json", "--level=must", "--skip=CHAT"]);
    let musts: Value = serde_json::from_str(&musts).expect("JSON");
    let of = |list: &Value, wanted: fn(&Value) -> bool| {
        list.as_array().expect("a list").iter().filter(|it| wanted(it)).count()
    };
    let is_wanted = |it: &Value| {
        it["level"] == "must" && !it["id"].as_str().expect("an id").starts_with("CHAT")
    };
    assert_eq!(of(&musts, |_| true), of(&all, is_wanted));
}

#[test]
fn a_check_is_explained() {
    expect![[r#"
        CHAT-DLV-01 MUST a member hears a message once, and as it was sent

          requires     Everyone in the room but the sender receives the message, its payload unchanged (the
                       chat contract)
          level        MUST: failing it breaks the gate
          on the wire  a and b join; a sends; b hears it once
          why          It is what a chat is for.
          differs      no server that was measured
          needs        the chat's events
          try it       chatbench conform URL --only CHAT-DLV-01
    "#]].assert_eq(&shown(&["--explain=CHAT-DLV-01"]));
}

/// What is said on standard error, and the exit code.
fn wrong(arguments: &[&str]) -> String {
    let ended = conform(arguments);
    assert_eq!(ended.stdout, "", "{arguments:?}");
    format!("{}{:?}", ended.stderr, ended.code)
}

#[test]
fn what_is_typed_wrong_is_told_with_a_remedy() {
    let lines: [&[&str]; 17] = [
        &["--only=EIO-HX"],
        &["--skip=chat-dvl-01"],
        &["--explain=EIO-HS-1"],
        &["--only=CHAT", "--skip=CHAT"],
        &["--list", "--explain=CHAT-DLV-01"],
        &["--level=may"],
        &["--auth=7"],
        &["--auth={"],
        &["--header=X"],
        &["--header=Host: a"],
        &["--path=socket.io"],
        &["--namespace=a"],
        &["--patience=0s"],
        &["localhost:3000"],
        &["--peer-url=localhost:3000"],
        &["--dialect=nowhere.yaml"],
        &["--baseline=nowhere"],
    ];
    let said: Vec<_> = lines.map(|line| format!("$ {}\n{}\n", line.join(" "), wrong(line))).into();
    expect_test::expect_file!["conform/wrong.txt"].assert_eq(&said.join("\n"));
}

#[test]
fn a_server_that_is_not_there_is_no_failure_of_its() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let ended = conform(&[&url]);
    assert_eq!((ended.code, ended.last_line()), (Some(3), "exit 3 impossible"), "{ended:#?}");
    assert!(ended.stderr.contains(&format!("no check can be tried on {url}")), "{ended:#?}");
    assert!(ended.stderr.contains("help: check that the server runs"), "{ended:#?}");
    assert!(ended.took < PATIENCE / 2, "{ended:#?}");
}
