//! How a session opens, fails to, and ends.

use expect_test::expect;

use super::super::SessionOptions;
use super::transcript::check_with;
use super::{check, options};

#[test]
fn a_session_opens_and_closes() {
    check(
        r#"
        1 < 0{"sid":"e","upgrades":["websocket"],"pingInterval":10000,"pingTimeout":5000}
        2 < 40{"sid":"s"}
        3 close
        4 emit ["x"]
        5 < 42["x"]
        "#,
        expect![[r#"
            1 < 0{"sid":"e","upgrades":["websocket"],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15001
            2 < 40{"sid":"s"}
                * connected / s None
            3 close
                > 41
                > 1
                * closed: the session was closed on purpose
                until the end of time
            4 emit ["x"]
            5 < 42["x"]
        "#]],
    );
}

#[test]
fn it_joins_its_namespace_with_its_auth() {
    let options =
        SessionOptions { namespace: "/a".into(), auth: Some(r#"{"t":1}"#.into()), ..options() };
    check_with(
        options,
        r#"
        1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
        2 < 40/a,{"sid":"s","pid":"p"}
        3 emit ["x"]
        4 close
        "#,
        expect![[r#"
            1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40/a,{"t":1}
                until 15001
            2 < 40/a,{"sid":"s","pid":"p"}
                * connected /a s Some("p")
            3 emit ["x"]
                > 42/a,["x"]
            4 close
                > 41/a,
                > 1
                * closed: the session was closed on purpose
                until the end of time
        "#]],
    );
}

#[test]
fn a_refusal_settles_the_opening_and_leaves_the_session_open() {
    check(
        r#"
        1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
        2 < 44{"message":"Not authorized"}
        3 emit ["x"]
        4 connect / {"token":"better"}
        5 < 40{"sid":"s"}
        6 emit ["x"]
        7 close
        "#,
        expect![[r#"
            1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15001
            2 < 44{"message":"Not authorized"}
                * refused / {"message":"Not authorized"}
            3 emit ["x"]
                * not sent: the session is not connected to the namespace
            4 connect / {"token":"better"}
                > 40{"token":"better"}
            5 < 40{"sid":"s"}
                * connected / s None
            6 emit ["x"]
                > 42["x"]
            7 close
                > 41
                > 1
                * closed: the session was closed on purpose
                until the end of time
        "#]],
    );
}

#[test]
fn a_server_that_sends_no_handshake_is_given_up() {
    check(
        "
        1 < 2
        19999 timeout
        20000 timeout
        20001 timeout
        ",
        expect![[r#"
            1 < 2
                > 3
                * pinged
                until 20000
            19999 timeout
            20000 timeout
                * closed: the session did not open in time: the server never sent its handshake
                until the end of time
            20001 timeout
        "#]],
    );
}

#[test]
fn a_server_that_never_answers_connect_is_given_up() {
    check(
        r#"
        1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
        9000 < 2
        19999 timeout
        20000 timeout
        "#,
        expect![[r#"
            1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15001
            9000 < 2
                > 3
                * pinged
                until 20000
            19999 timeout
            20000 timeout
                * closed: the session did not open in time: the server never answered CONNECT
                until the end of time
        "#]],
    );
}

#[test]
fn an_answer_for_another_namespace_does_not_count() {
    check(
        r#"
        1 < 0{"sid":"e","pingInterval":30000,"pingTimeout":5000}
        2 connect /x
        3 < 40/x,{"sid":"t"}
        20000 timeout
        "#,
        expect![[r#"
            1 < 0{"sid":"e","pingInterval":30000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 20000
            2 connect /x
                > 40/x,
            3 < 40/x,{"sid":"t"}
                * connected /x t None
            20000 timeout
                * closed: the session did not open in time: the server never answered CONNECT
                until the end of time
        "#]],
    );
}

#[test]
fn a_server_that_falls_silent_is_given_up() {
    check(
        r#"
        1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
        2 < 40{"sid":"s"}
        9000 < 2
        23000 < 42["no","heartbeat"]
        23999 timeout
        24000 timeout
        24001 < 2
        "#,
        expect![[r#"
            1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15001
            2 < 40{"sid":"s"}
                * connected / s None
            9000 < 2
                > 3
                * pinged
                until 24000
            23000 < 42["no","heartbeat"]
                * event / ["no","heartbeat"]
            23999 timeout
            24000 timeout
                * closed: no ping came for 15.0s, and one was due within 15.0s
                until the end of time
            24001 < 2
        "#]],
    );
}

#[test]
fn a_session_that_is_not_connected_closes_with_less() {
    check(
        "1 close",
        expect![[r#"
        1 close
            * closed: the session was closed on purpose
            until the end of time
    "#]],
    );
    check(
        r#"
        1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
        2 < 41
        3 close
        "#,
        expect![[r#"
            1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15001
            2 < 41
                * left /
            3 close
                > 1
                * closed: the session was closed on purpose
                until the end of time
        "#]],
    );
}

#[test]
fn what_comes_before_the_handshake() {
    check(
        "1 < 42[1]",
        expect![[r#"
        1 < 42[1]
            * closed: a message came before the handshake
            until the end of time
    "#]],
    );
    check(
        "1 <b 00",
        expect![[r#"
        1 <b 00
            * closed: a binary message of 1 bytes came that no packet had announced
            until the end of time
    "#]],
    );
    check(
        "1 < 0nonsense",
        expect![[r#"
        1 < 0nonsense
            * closed: the handshake is not the JSON it should be, at line 1, column 2
            until the end of time
    "#]],
    );
    check(
        "1 emit [1]",
        expect![[r#"
        1 emit [1]
            * not sent: the session is not connected to the namespace
            until 20000
    "#]],
    );
    check(
        "1 connect /x",
        expect![[r#"
        1 connect /x
            * not sent: the session is not connected to the namespace
            until 20000
    "#]],
    );
    check(
        "1 leave /",
        expect![[r#"
        1 leave /
            until 20000
    "#]],
    );
    check(
        "1 < 1",
        expect![[r#"
        1 < 1
            * closed: the server closed the session
            until the end of time
    "#]],
    );
}
