//! The traps: what real servers do that must not look like a fault.

use super::options;
use super::transcript::outputs;

/// One trap: who sets it, what happens in a new session, and all that the session says to it.
struct Trap {
    name: &'static str,
    script: &'static str,
    outputs: &'static [&'static str],
}

const TRAPS: &[Trap] = &[
    Trap {
        name: "a ping comes at once (socketioxide)",
        script: r#"
            0 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
            0 < 2
            1 < 40{"sid":"s"}
        "#,
        outputs: &[
            "* opened \"e\"",
            "> 40",
            "until 15000",
            "> 3",
            "* pinged",
            "* connected / s None",
        ],
    },
    Trap {
        name: "a ping has data, and wants it back",
        script: "0 < 2\n0 < 2probe\n0 < 2 €",
        outputs: &["> 3", "* pinged", "until 20000", "> 3probe", "* pinged", "> 3 €", "* pinged"],
    },
    Trap {
        name: "a noop comes by WebSocket (python-engineio, netty-socketio)",
        script: "0 < 6\n0 < 6anything",
        outputs: &["until 20000"],
    },
    Trap {
        name: "a pong nobody asked for, an upgrade from a server, a second handshake",
        script: r#"
            0 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
            1 < 3
            1 < 3probe
            1 < 5
            1 < 0{"sid":"f","pingInterval":1,"pingTimeout":1}
        "#,
        outputs: &["* opened \"e\"", "> 40", "until 15000"],
    },
    Trap {
        name: "a close packet comes before the close (socketioxide)",
        script: "0 < 1\n0 < 2",
        outputs: &["* closed: the server closed the session", "until the end of time"],
    },
    Trap {
        name: "events and acks come before the answer to CONNECT (python-socketio, recovery)",
        script: r#"
            0 < 0{"sid":"e","pingInterval":10000,"pingTimeout":5000}
            1 < 42["missed","offset"]
            1 < 451-["x"]
            1 <b 00
            1 < 430[]
            2 < 40{"sid":"s","pid":"p"}
        "#,
        outputs: &[
            "* opened \"e\"",
            "> 40",
            "until 15000",
            r#"* event / ["missed","offset"]"#,
            r#"* event / ["x"] <00>"#,
            "* ack 0 / [] UNEXPECTED",
            r#"* connected / s Some("p")"#,
        ],
    },
    Trap {
        name: "a refusal is an object, with keys of all kinds",
        script: r#"
            0 < 0{"sid":"e"}
            1 < 44{"message":"no","data":{"code":7}}
        "#,
        outputs: &[
            "* opened \"e\"",
            "> 40",
            "until 20000",
            r#"* refused / {"message":"no","data":{"code":7}}"#,
            "until 45000",
        ],
    },
    Trap {
        name: "a refusal is a string (python-socketio, netty-socketio)",
        script: "0 < 0{\"sid\":\"e\"}\n1 < 44\"Unable to connect\"",
        outputs: &[
            "* opened \"e\"",
            "> 40",
            "until 20000",
            "* refused / \"Unable to connect\"",
            "until 45000",
        ],
    },
    Trap {
        name: "a refusal says nothing, or what is no JSON",
        script: "0 < 0{\"sid\":\"e\"}\n1 < 44\n2 connect /\n2 < 44{",
        outputs: &[
            "* opened \"e\"",
            "> 40",
            "until 20000",
            "* refused / ",
            "until 45000",
            "> 40",
            "* refused / {",
        ],
    },
    Trap {
        name: "a refusal or a leave of what the session is not in",
        script: "0 < 0{\"sid\":\"e\"}\n1 < 44/x,{}\n1 < 41/x\n1 < 40/x,{\"sid\":\"t\"}",
        outputs: &["* opened \"e\"", "> 40", "until 20000"],
    },
    Trap {
        name: "an answer to CONNECT has keys of all kinds, and comes twice",
        script: r#"
            0 < 0{"sid":"e"}
            1 < 40{"extra":[1],"sid":"s","pid":null}
            2 < 40{"sid":"another"}
            2 < 40nonsense}
        "#,
        outputs: &[
            "* opened \"e\"",
            "> 40",
            "until 20000",
            "* connected / s None",
            "until 45000",
            "* closed: the payload of a Socket.IO CONNECT is not an object",
            "until the end of time",
        ],
    },
    Trap {
        name: "an event has an offset behind its arguments (connection state recovery)",
        script: r#"
            0 < 0{"sid":"e"}
            1 < 40{"sid":"s","pid":"p"}
            2 < 42["onreceive-msg",{"room":"a"},"offset"]
        "#,
        outputs: &[
            "* opened \"e\"",
            "> 40",
            "until 20000",
            r#"* connected / s Some("p")"#,
            "until 45000",
            r#"* event / ["onreceive-msg",{"room":"a"},"offset"]"#,
        ],
    },
    Trap {
        name: "an interval of zero is advertised (python-engineio, set to a fraction)",
        script: r#"
            0 < 0{"sid":"e","pingInterval":0,"pingTimeout":1000}
            1 < 40{"sid":"s"}
            25000 timeout
            26000 timeout
        "#,
        outputs: &[
            "* opened \"e\"",
            "> 40",
            "until 20000",
            "* connected / s None",
            "until 26000",
            "* closed: no ping came for 26.0s, and one was due within 26.0s",
            "until the end of time",
        ],
    },
    Trap {
        name: "an interval is a fraction, and longer than advertised",
        script: r#"
            0 < 0{"sid":"e","pingInterval":1000.5,"pingTimeout":1000}
            1 < 40{"sid":"s"}
            1900 < 2
            4700 timeout
            4800 timeout
        "#,
        outputs: &[
            "* opened \"e\"",
            "> 40",
            "until 2000",
            "* connected / s None",
            "> 3",
            "* pinged",
            "until 4800",
            "* closed: no ping came for 2.9s, and one was due within 2.9s",
            "until the end of time",
        ],
    },
    Trap {
        name: "no maxPayload, and upgrades on a WebSocket (socket.io 3 and 4.0, netty-socketio)",
        script: r#"
            0 < 0{"sid":"e","upgrades":["websocket"],"pingInterval":10000,"pingTimeout":5000}
        "#,
        outputs: &["* opened \"e\"", "> 40", "until 15000"],
    },
];

#[test]
fn no_trap_looks_like_a_fault() {
    for trap in TRAPS {
        assert_eq!(outputs(options(), trap.script), trap.outputs, "{}", trap.name);
    }
}
