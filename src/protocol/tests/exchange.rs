//! What a session exchanges with a server once it is open.

use expect_test::expect;

use super::super::SessionOptions;
use super::transcript::check_with;
use super::{HANDSHAKE, check, options};

fn check_connected(script: &str, expected: expect_test::Expect) {
    check(&format!("0 < {HANDSHAKE}\n0 < 40{{\"sid\":\"s\"}}\n{script}"), expected);
}

#[test]
fn events_go_both_ways() {
    check_connected(
        r#"
        1 emit ["join-room","a"]
        2 < 42["onreceive-msg",{"message":"€, [/1-]"}]
        3 emit /:["the main one by name"]
        "#,
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15000
            0 < 40{"sid":"s"}
                * connected / s None
            1 emit ["join-room","a"]
                > 42["join-room","a"]
            2 < 42["onreceive-msg",{"message":"€, [/1-]"}]
                * event / ["onreceive-msg",{"message":"€, [/1-]"}]
            3 emit /:["the main one by name"]
                > 42["the main one by name"]
        "#]],
    );
}

#[test]
fn each_ack_is_expected_once() {
    check_connected(
        r#"
        1 ask ["a"]
        1 ask ["b"]
        1 ask ["one too many"]
        2 < 431["of b"]
        3 < 431["of b, again"]
        4 < 430[]
        5 < 4318446744073709551615[]
        6 ask ["c"]
        7 forget 2
        8 < 432[]
        "#,
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15000
            0 < 40{"sid":"s"}
                * connected / s None
            1 ask ["a"]
                > 420["a"]
            1 ask ["b"]
                > 421["b"]
            1 ask ["one too many"]
                * not sent: 2 acknowledgements are still owed
            2 < 431["of b"]
                * ack 1 / ["of b"]
            3 < 431["of b, again"]
                * ack 1 / ["of b, again"] UNEXPECTED
            4 < 430[]
                * ack 0 / []
            5 < 4318446744073709551615[]
                * ack 18446744073709551615 / [] UNEXPECTED
            6 ask ["c"]
                > 422["c"]
            7 forget 2
            8 < 432[]
                * ack 2 / [] UNEXPECTED
        "#]],
    );
}

#[test]
fn a_server_s_event_is_acknowledged() {
    check_connected(
        r#"
        1 < 4218446744073709551615["a"]
        1 answer 18446744073709551615 ["b"]
        2 answer 7 [{"_placeholder":true,"num":0}] +00ff
        "#,
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15000
            0 < 40{"sid":"s"}
                * connected / s None
            1 < 4218446744073709551615["a"]
                * event / ["a"] wants ack 18446744073709551615
            1 answer 18446744073709551615 ["b"]
                > 4318446744073709551615["b"]
            2 answer 7 [{"_placeholder":true,"num":0}] +00ff
                > 461-7[{"_placeholder":true,"num":0}]
                > <00ff>
        "#]],
    );
}

#[test]
fn attachments_go_both_ways() {
    check_connected(
        r#"
        1 emit ["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}] +0102 +
        2 ask ["x",{"_placeholder":true,"num":0}] +03
        3 < 452-["y",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
        4 <b
        5 <b 0a
        6 < 451-/n,7["z",{"_placeholder":true,"num":0}]
        6 <b ff
        7 < 461-0[{"_placeholder":true,"num":0}]
        7 <b 01
        8 < 461-0[{"_placeholder":true,"num":0}]
        8 <b 01
        9 < 450-["none follow"]
        "#,
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15000
            0 < 40{"sid":"s"}
                * connected / s None
            1 emit ["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}] +0102 +
                > 452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
                > <0102>
                > <>
            2 ask ["x",{"_placeholder":true,"num":0}] +03
                > 451-0["x",{"_placeholder":true,"num":0}]
                > <03>
            3 < 452-["y",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
            4 <b
            5 <b 0a
                * event / ["y",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}] <> <0a>
            6 < 451-/n,7["z",{"_placeholder":true,"num":0}]
            6 <b ff
                * event /n ["z",{"_placeholder":true,"num":0}] wants ack 7 <ff>
            7 < 461-0[{"_placeholder":true,"num":0}]
            7 <b 01
                * ack 0 / [{"_placeholder":true,"num":0}] <01>
            8 < 461-0[{"_placeholder":true,"num":0}]
            8 <b 01
                * ack 0 / [{"_placeholder":true,"num":0}] <01> UNEXPECTED
            9 < 450-["none follow"]
                * event / ["none follow"]
        "#]],
    );
}

#[test]
fn engine_packets_may_stand_between_attachments() {
    check_connected(
        r#"
        1 < 452-["y"]
        2 < 2
        2 < 3
        2 < 6
        3 <b 01
        4 < 2x
        5 <b 02
        "#,
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15000
            0 < 40{"sid":"s"}
                * connected / s None
            1 < 452-["y"]
            2 < 2
                > 3
                * pinged
                until 15002
            2 < 3
            2 < 6
            3 <b 01
            4 < 2x
                > 3x
                * pinged
                until 15004
            5 <b 02
                * event / ["y"] <01> <02>
        "#]],
    );
}

#[test]
fn namespaces_stand_side_by_side() {
    check_connected(
        r#"
        1 connect /x {"token":1}
        2 emit /x:["too early"]
        3 < 40/x,{"sid":"t"}
        4 emit /x:["x"]
        5 < 42/x,["y"]
        6 ask /x:["x"]
        7 < 430["an ack of another namespace"]
        8 < 43/x,0["of this"]
        9 connect /x
        10 connect /third
        11 leave /x
        12 < 42/x,["sent before the leave"]
        13 emit /x:["x"]
        14 leave /x
        15 connect /third
        16 < 44/third,{"message":"Invalid namespace"}
        17 connect /third
        18 < 41/third
        19 emit ["still here"]
        20 < 41
        21 emit ["left alone"]
        "#,
        expect![[r#"
            0 < 0{"sid":"e","upgrades":[],"pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40
                until 15000
            0 < 40{"sid":"s"}
                * connected / s None
            1 connect /x {"token":1}
                > 40/x,{"token":1}
            2 emit /x:["too early"]
                * not sent: the session is not connected to the namespace
            3 < 40/x,{"sid":"t"}
                * connected /x t None
            4 emit /x:["x"]
                > 42/x,["x"]
            5 < 42/x,["y"]
                * event /x ["y"]
            6 ask /x:["x"]
                > 42/x,0["x"]
            7 < 430["an ack of another namespace"]
                * ack 0 / ["an ack of another namespace"] UNEXPECTED
            8 < 43/x,0["of this"]
                * ack 0 /x ["of this"]
            9 connect /x
                * not sent: the session is in the namespace already
            10 connect /third
                * not sent: the session is in 2 namespaces
            11 leave /x
                > 41/x,
            12 < 42/x,["sent before the leave"]
                * event /x ["sent before the leave"]
            13 emit /x:["x"]
                * not sent: the session is not connected to the namespace
            14 leave /x
            15 connect /third
                > 40/third,
            16 < 44/third,{"message":"Invalid namespace"}
                * refused /third {"message":"Invalid namespace"}
            17 connect /third
                > 40/third,
            18 < 41/third
                * left /third
            19 emit ["still here"]
                > 42["still here"]
            20 < 41
                * left /
            21 emit ["left alone"]
                * not sent: the session is not connected to the namespace
        "#]],
    );
}

#[test]
fn an_own_namespace_can_be_left_before_the_server_answers() {
    let options = SessionOptions { namespace: "/a".into(), ..options() };
    check_with(
        options,
        r#"
        1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
        2 leave /a
        3 < 40/a,{"sid":"too late"}
        4 < 2
        9000 < 2
        9001 close
        "#,
        expect![[r#"
            1 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
                * opened "e"
                > 40/a,
                until 15001
            2 leave /a
                > 41/a,
            3 < 40/a,{"sid":"too late"}
            4 < 2
                > 3
                * pinged
                until 15004
            9000 < 2
                > 3
                * pinged
                until 24000
            9001 close
                > 1
                * closed: the session was closed on purpose
                until the end of time
        "#]],
    );
}
