//! Recovery: sessions that take up others, and sessions that stay after they have left.

use std::rc::Rc;

use expect_test::{Expect, expect};

use super::super::{Frame, Input, Recovery, Session, SessionOptions};
use super::transcript::{check_session, outputs};
use super::{HANDSHAKE, at, connected, drain, options};

/// A session that is to take up another: its transcript behind the handshake.
fn check_resumed(options: SessionOptions, script: &str, expected: Expect) {
    let past = Recovery { pid: "p".into(), offset: "o1".into() };
    let session = Session::resume(Rc::new(options), &past, at(0));
    check_session(session, &format!("0 < {HANDSHAKE}\n{script}"), expected);
}

#[test]
fn what_was_missed_comes_before_the_answer() {
    check_resumed(
        options(),
        r#"
        1 recovery
        1 < 42["m",1,"o2"]
        2 < 451-["m",{"_placeholder":true,"num":0},"o3"]
        2 <b 00
        3 < 40{"sid":"s","pid":"p"}
        4 recovery
        5 < 42["m",3,"o4"]
        6 recovery
        "#,
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40{"pid":"p","offset":"o1"}
                until 15000
            1 recovery
                = recovered false, Some("p o1")
            1 < 42["m",1,"o2"]
                * event / ["m",1,"o2"]
            2 < 451-["m",{"_placeholder":true,"num":0},"o3"]
            2 <b 00
                * event / ["m",{"_placeholder":true,"num":0},"o3"] <00>
            3 < 40{"sid":"s","pid":"p"}
                * connected / s Some("p")
            4 recovery
                = recovered true, Some("p o3")
            5 < 42["m",3,"o4"]
                * event / ["m",3,"o4"]
            6 recovery
                = recovered true, Some("p o4")
        "#]],
    );
}

#[test]
fn a_server_may_take_up_a_session_in_which_nothing_was_missed() {
    check_resumed(
        options(),
        "1 < 40{\"sid\":\"s\",\"pid\":\"p\"}\n1 recovery\n2 < 1\n2 recovery",
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40{"pid":"p","offset":"o1"}
                until 15000
            1 < 40{"sid":"s","pid":"p"}
                * connected / s Some("p")
            1 recovery
                = recovered true, Some("p o1")
            2 < 1
                * closed: the server closed the session
                until the end of time
            2 recovery
                = recovered true, Some("p o1")
        "#]],
    );
}

#[test]
fn a_server_may_refuse_or_know_nothing_of_it() {
    check_resumed(
        options(),
        r#"
        1 < 42["m",1,"o2"]
        2 < 40{"sid":"s","pid":"another"}
        2 recovery
        3 < 42["m",2,"o3"]
        4 recovery
        "#,
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40{"pid":"p","offset":"o1"}
                until 15000
            1 < 42["m",1,"o2"]
                * event / ["m",1,"o2"]
            2 < 40{"sid":"s","pid":"another"}
                * connected / s Some("another")
            2 recovery
                = recovered false, None
            3 < 42["m",2,"o3"]
                * event / ["m",2,"o3"]
            4 recovery
                = recovered false, Some("another o3")
        "#]],
    );
    check_resumed(
        options(),
        "1 < 42[\"m\",\"o2\"]\n2 < 40{\"sid\":\"s\"}\n2 recovery\n3 < 42[\"m\",\"o3\"]\n3 recovery",
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40{"pid":"p","offset":"o1"}
                until 15000
            1 < 42["m","o2"]
                * event / ["m","o2"]
            2 < 40{"sid":"s"}
                * connected / s None
            2 recovery
                = recovered false, None
            3 < 42["m","o3"]
                * event / ["m","o3"]
            3 recovery
                = recovered false, None
        "#]],
    );
    check_resumed(
        options(),
        "1 < 44{\"message\":\"no\"}\n1 recovery",
        expect![[r#"
        0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
            * opened "e"
            > 40{"pid":"p","offset":"o1"}
            until 15000
        1 < 44{"message":"no"}
            * refused / {"message":"no"}
        1 recovery
            = recovered false, Some("p o1")
    "#]],
    );
}

#[test]
fn auth_is_said_as_well() {
    let auth = Some(r#"{"token":"t"}"#.into());
    let options = SessionOptions { namespace: "/a".into(), auth, ..options() };
    check_resumed(
        options,
        r#"
        1 < 42["m","of another namespace"]
        1 recovery
        2 < 42/a,["m","o2"]
        3 < 40/a,{"sid":"s","pid":"p"}
        3 recovery
        "#,
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40/a,{"pid":"p","offset":"o1","token":"t"}
                until 15000
            1 < 42["m","of another namespace"]
                * event / ["m","of another namespace"]
            1 recovery
                = recovered false, Some("p o1")
            2 < 42/a,["m","o2"]
                * event /a ["m","o2"]
            3 < 40/a,{"sid":"s","pid":"p"}
                * connected /a s Some("p")
            3 recovery
                = recovered true, Some("p o2")
        "#]],
    );
}

/// What wants an acknowledgement, and what has no string at its end, moves no offset.
#[test]
fn an_offset_is_the_last_string_of_what_the_server_would_send_again() {
    let lines = r#"
        1 < 40{"sid":"s","pid":"p"}
        1 recovery
        2 < 42["m"]
        2 recovery
        3 < 42["m",{},"o1"]
        4 < 427["m","no offset"]
        5 < 42["m",1]
        6 < 42/x,["m","elsewhere"]
        6 recovery
    "#;
    check_session(
        Session::new(Rc::new(options()), at(0)),
        &format!("0 < {HANDSHAKE}\n{lines}"),
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15000
            1 < 40{"sid":"s","pid":"p"}
                * connected / s Some("p")
            1 recovery
                = recovered false, None
            2 < 42["m"]
                * event / ["m"]
            2 recovery
                = recovered false, None
            3 < 42["m",{},"o1"]
                * event / ["m",{},"o1"]
            4 < 427["m","no offset"]
                * event / ["m","no offset"] wants ack 7
            5 < 42["m",1]
                * event / ["m",1]
            6 < 42/x,["m","elsewhere"]
                * event /x ["m","elsewhere"]
            6 recovery
                = recovered false, Some("p o1")
        "#]],
    );
}

#[test]
fn without_a_pid_nothing_is_remembered() {
    let pid = |bytes| format!(r#"40{{"sid":"s","pid":"{}"}}"#, "p".repeat(bytes));
    let no_pids = [r#"40{"sid":"s"}"#, r#"40{"sid":"s","pid":null}"#, &pid(0), &pid(257)];
    for answer in no_pids {
        let mut session = Session::new(Rc::new(options()), at(0));
        for frame in [HANDSHAKE, answer, r#"42["m","o1"]"#] {
            drain(&mut session, Input::Frame(Frame::Text(frame)), at(0));
        }
        assert!(session.memory.is_none(), "{answer}");
        assert_eq!((session.recovered(), session.recovery()), (false, None), "{answer}");
    }
}

#[test]
fn a_pid_may_be_as_long_as_one_that_can_be_kept() {
    let pid = "p".repeat(256);
    let mut session = Session::new(Rc::new(options()), at(0));
    for frame in [HANDSHAKE, &format!(r#"40{{"sid":"s","pid":"{pid}"}}"#), r#"42["m","o1"]"#] {
        drain(&mut session, Input::Frame(Frame::Text(frame)), at(0));
    }
    assert_eq!(session.recovery().map(|past| past.pid), Some(pid.into()));
}

#[test]
fn who_has_left_still_hears_and_answers_pings() {
    let script = r#"
        0 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
        1 < 40{"sid":"s"}
        2 ask ["a"]
        3 leave /
        4 < 42["m"]
        5 < 451-["m",{"_placeholder":true,"num":0}]
        5 <b 00
        6 < 430[]
        7 < 2
        8 < 41
        9 < 44{"message":"no"}
        10 < 40{"sid":"t"}
        11 emit ["m"]
        12 leave /
        13 < 2
        14 < 1
    "#;
    let wanted = [
        "* opened \"e\"",
        "> 40",
        "until 15000",
        "* connected / s None",
        "> 420[\"a\"]",
        "> 41",
        "* event / [\"m\"]",
        "* event / [\"m\",{\"_placeholder\":true,\"num\":0}] <00>",
        "* ack 0 / [] UNEXPECTED",
        "> 3",
        "* pinged",
        "until 15007",
        "* not sent: the session is not connected to the namespace",
        "> 3",
        "* pinged",
        "until 15013",
        "* closed: the server closed the session",
        "until the end of time",
    ];
    assert_eq!(outputs(options(), script), wanted);
}

#[test]
#[should_panic(expected = "\"[]\" is no JSON object")]
fn an_auth_that_is_no_object_resumes_nothing() {
    let past = Recovery { pid: "p".into(), offset: "o".into() };
    let options = SessionOptions { auth: Some("[]".into()), ..options() };
    let _ = Session::resume(Rc::new(options), &past, at(0));
}

/// It may be asked for once the session is over, and is no reason to keep anything else.
#[test]
fn a_session_that_is_over_can_be_taken_up() {
    let mut session = connected(options());
    assert_eq!(session.recovery(), None);
    session = Session::new(Rc::new(options()), at(0));
    for frame in [HANDSHAKE, r#"40{"sid":"s","pid":"p"}"#, r#"42["m","o1"]"#, "9"] {
        drain(&mut session, Input::Frame(Frame::Text(frame)), at(0));
    }
    assert!(session.is_closed());
    let recovery = Recovery { pid: "p".into(), offset: "o1".into() };
    assert_eq!(session.recovery(), Some(recovery));
}
