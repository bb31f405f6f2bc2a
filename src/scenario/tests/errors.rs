//! Bad files, each with the exact error that it gets.

use expect_test::{Expect, expect};
use miette::{GraphicalReportHandler, GraphicalTheme};

use super::*;

/// The error of `text`, as one would be told by a program without colours or lines.
fn check(text: &str, expected: &Expect) {
    check_with(text, &Overrides::default(), expected);
}

fn check_with(text: &str, overrides: &Overrides, expected: &Expect) {
    let error = Scenario::parse("bad.yaml", text, overrides)
        .and_then(|scenario| Plan::new(&scenario, 1).map(|_| ()))
        .expect_err("an error");
    let line = error.line().map(|line| format!("    {line}\n")).unwrap_or_default();
    expected.assert_eq(&format!("{error}\n{line}  → {}\n", error.remedy()));
}

/// A good scenario with one more line at its end, or with one of its lines changed.
fn with(extra: &str) -> String {
    format!(
        "users: 300\nrooms: {{count: 30}}\nload:\n  phases:\n    - hold: {{rate: 200/s, for: 15 s}}\n{extra}"
    )
}

fn rooms(rooms: &str) -> String {
    with("").replace("rooms: {count: 30}", rooms)
}

fn phase(phase: &str) -> String {
    with("").replace("hold: {rate: 200/s, for: 15 s}", phase)
}

fn set(assignments: &[&str]) -> Overrides {
    let set = assignments.iter().map(|text| text.parse().expect("path=value")).collect();
    Overrides { set, ..Overrides::default() }
}

#[test]
fn what_is_no_yaml() {
    check(
        "users: [1, 2\nrooms: 3",
        &expect![[r#"
        bad.yaml:2:6: did not find expected ',' or ']', while parsing a flow sequence at line 1 column 8
            rooms: 3
          → write YAML: `key: value` lines, indented by spaces
    "#]],
    );
    check(
        "users: 3\n\trooms: 3",
        &expect![[r#"
        bad.yaml:2:1: found a tab character that violates indentation, while scanning a plain scalar at line 1 column 8
            	rooms: 3
          → write YAML: `key: value` lines, indented by spaces
    "#]],
    );
    check(
        "users: 3\nusers: 4",
        &expect![[r#"
            bad.yaml:2:1: the key `users` is given twice
                users: 4
              → keep one of the two
        "#]],
    );
    check(
        "3: users",
        &expect![[r#"
        bad.yaml:1:1: the key 3 is not a text
            3: users
          → write YAML: `key: value` lines, indented by spaces
    "#]],
    );
    check(
        "users: !many 3",
        &expect![[r#"
        bad.yaml:1:8: users: the tag `!many` has no meaning here
            users: !many 3
          → write YAML: `key: value` lines, indented by spaces
    "#]],
    );
    check(
        "users: .inf",
        &expect![[r#"
        bad.yaml:1:8: users: `inf` is not a finite number
            users: .inf
          → write YAML: `key: value` lines, indented by spaces
    "#]],
    );
    check(
        "",
        &expect![[r#"
        bad.yaml: the scenario is empty
          → begin with `rooms:` and `load:`, or copy `scenarios/quickstart.yaml`
    "#]],
    );
    check(
        "nested:\n  - {a: 1, b: 2, a: 3}",
        &expect![[r#"
            bad.yaml:2:18: nested[0]: the key `a` is given twice
                  - {a: 1, b: 2, a: 3}
              → keep one of the two
        "#]],
    );
    check(
        "# only a comment",
        &expect![[r#"
        bad.yaml: the scenario is empty
          → begin with `rooms:` and `load:`, or copy `scenarios/quickstart.yaml`
    "#]],
    );
    check(
        "- users",
        &expect![[r#"
        bad.yaml:1:1: a scenario is a mapping, not a list or a single value
            - users
          → write `key: value` lines at the top level
    "#]],
    );
    check(
        "users: 3\n---\nusers: 4",
        &expect![[r#"
        bad.yaml: deserializing from YAML containing more than one document is not supported
          → write YAML: `key: value` lines, indented by spaces
    "#]],
    );
    check(
        "users: *nobody",
        &expect![[r#"
        bad.yaml:1:8: unknown anchor
            users: *nobody
          → write YAML: `key: value` lines, indented by spaces
    "#]],
    );
    check(
        &"#".repeat(1 << 21),
        &expect![[r#"
        bad.yaml: larger than 1 MiB, which no scenario is
          → give a scenario file
    "#]],
    );
    let nested = Scenario::parse("", &"[".repeat(1 << 20), &Overrides::default());
    expect!["recursion limit exceeded"].assert_eq(nested.expect_err("an error").what());
}

#[test]
fn aliases_cannot_multiply_without_end() {
    let ones = "1,".repeat(400);
    let wide = format!("a: &a [{ones}]\nb: [{}]", "*a,".repeat(1000));
    let mut deep = format!("a0: &a0 [{ones}]\n");
    for level in 1..10 {
        let aliases = format!("*a{},", level - 1).repeat(10);
        deep.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    for bomb in [wide, deep] {
        let error = Scenario::parse("", &bomb, &Overrides::default()).expect_err("an error");
        assert!(error.what().ends_with("more than 200000 values, with aliases expanded"));
    }
}

#[test]
fn what_has_an_unknown_name() {
    check(
        &with("conect_rate: 5/s"),
        &expect![[r#"
        bad.yaml:6:1: unknown key `conect_rate`
            conect_rate: 5/s
          → write one of `name`, `description`, `target`, `path`, `namespace`, `auth`, `headers`, `transport`, `client`, `dialect`, `users`, `rooms`, `load`, `message`, `timeouts`, `order`, `thresholds`, `limits`, `seed`
    "#]],
    );
    check(
        &with("thresholds: {delivery_latncy: {p99: 1 s}}"),
        &expect![[r#"
        bad.yaml:6:14: unknown key `delivery_latncy`
            thresholds: {delivery_latncy: {p99: 1 s}}
          → did you mean `delivery_latency`?
    "#]],
    );
    check(
        &with("thresholds:\n  delivery_latency:\n    p100: 1 s"),
        &expect![[r#"
        bad.yaml:8:5: `p100` is not a statistic
                p100: 1 s
          → write a percentile such as `p50`, `p99` or `p99.9`, `max` or `mean`
    "#]],
    );
    check(
        &with("order: never"),
        &expect![[r#"
        bad.yaml:6:8: unknown word `never`
            order: never
          → write one of `fail`, `warn`, `off`
    "#]],
    );
    check(
        &with("client: rust-socketio"),
        &expect![[r#"
        bad.yaml:6:9: unknown word `rust-socketio`
            client: rust-socketio
          → did you mean `rust_socketio`?
    "#]],
    );
    check(
        &with("transport: polling"),
        &expect![[r#"
        bad.yaml:6:12: the transport `polling` is not spoken by this version
            transport: polling
          → write `websocket`, or leave `transport` out
    "#]],
    );
    check(
        &with("dialect: slack"),
        &expect![[r#"
        bad.yaml:6:10: there is no dialect called `slack`
            dialect: slack
          → write `chat`, or a mapping with `join`, `send` and `receive`
    "#]],
    );
    check(
        &phase("hod: {rate: 200/s, for: 15 s}"),
        &expect![[r#"
        bad.yaml:5:7: unknown word `hod`
                - hod: {rate: 200/s, for: 15 s}
          → did you mean `hold`?
    "#]],
    );
    check(
        &rooms("rooms: {count: 3, size: {normal: {}}}"),
        &expect![[r#"
        bad.yaml:2:26: unknown word `normal`
            rooms: {count: 3, size: {normal: {}}}
          → write one of `uniform`, `zipf`
    "#]],
    );
    check(
        &with("message: {alphabet: latin}"),
        &expect![[r#"
        bad.yaml:6:21: unknown word `latin`
            message: {alphabet: latin}
          → write one of `ascii`, `unicode`, `mixed`
    "#]],
    );
}

#[test]
fn what_has_the_wrong_unit_or_type() {
    check(
        &phase("hold: {rate: 200, for: 15 s}"),
        &expect![[r#"
        bad.yaml:5:20: `200` has no unit
                - hold: {rate: 200, for: 15 s}
          → write a rate with its unit, such as `200/s`, `0.5/s`, `90/min` or `10/h`
    "#]],
    );
    check(
        &phase("hold: {rate: 200/s, for: 15}"),
        &expect![[r#"
        bad.yaml:5:32: `15` has no unit
                - hold: {rate: 200/s, for: 15}
          → write a length of time with its unit, such as `250 ms`, `1.5 s`, `2 min` or `1h 30min`
    "#]],
    );
    check(
        &phase("hold: {rate: fast, for: 15 s}"),
        &expect![[r#"
        bad.yaml:5:20: `fast` is not a rate
                - hold: {rate: fast, for: 15 s}
          → write a rate with its unit, such as `200/s`, `0.5/s`, `90/min` or `10/h`
    "#]],
    );
    check(
        &phase("hold: {rate: 200 ms, for: 15 s}"),
        &expect![[r#"
        bad.yaml:5:20: `ms` is not a unit of a rate
                - hold: {rate: 200 ms, for: 15 s}
          → write a rate with its unit, such as `200/s`, `0.5/s`, `90/min` or `10/h`
    "#]],
    );
    check(
        &phase("hold: {rate: true, for: 15 s}"),
        &expect![[r#"
        bad.yaml:5:20: boolean `true` does not belong here
                - hold: {rate: true, for: 15 s}
          → write a rate such as `200/s`
    "#]],
    );
    check(
        &phase("hold: {rate: 200/s}"),
        &expect![[r#"
        bad.yaml:5:7: `for` is missing
                - hold: {rate: 200/s}
          → add `for: …` here
    "#]],
    );
    check(
        &phase("hold"),
        &expect![[r#"
        bad.yaml:5:7: a bare word does not belong here
                - hold
          → write a mapping: `{key: value}`, or indented `key: value` lines
    "#]],
    );
    check(
        &phase("{hold: {rate: 1/s, for: 1 s}, ramp: {}}"),
        &expect![[r#"
        bad.yaml:5:7: this is to have one key, the name of its kind
                - {hold: {rate: 1/s, for: 1 s}, ramp: {}}
          → begin a new entry for each, or remove all but one
    "#]],
    );
    check(
        &with("message: {size: 64}"),
        &expect![[r#"
        bad.yaml:6:17: `64` has no unit
            message: {size: 64}
          → write a size with its unit, such as `64 B`, `2 kB` (2,000 B) or `1 KiB` (1,024 B)
    "#]],
    );
    check(
        &with("message: {size: [64 B]}"),
        &expect![[r#"
        bad.yaml:6:11: a list does not belong here
            message: {size: [64 B]}
          → write a size such as `64 B`, or a mapping `uniform` or `log_normal`
    "#]],
    );
    check(
        &with("thresholds: {disconnects: few}"),
        &expect![[r#"
        bad.yaml:6:27: `few` is not a count
            thresholds: {disconnects: few}
          → write a whole number such as `0`, or `unlimited`
    "#]],
    );
    check(
        &with("thresholds: {disconnects: -1}"),
        &expect![[r#"
        bad.yaml:6:27: `-1` is not a count
            thresholds: {disconnects: -1}
          → write a whole number such as `0`, or `unlimited`
    "#]],
    );
    check(
        &with("seed: -1"),
        &expect![[r#"
        bad.yaml:6:7: integer `-1` does not belong here
            seed: -1
          → write a whole number, such as `10`
    "#]],
    );
    check(
        &with("auth: secret"),
        &expect![[r#"
        bad.yaml:6:7: string "secret" does not belong here
            auth: secret
          → write a mapping: `{key: value}`, or indented `key: value` lines
    "#]],
    );
    check(
        &rooms("rooms: 30"),
        &expect![[r#"
        bad.yaml:2:8: integer `30` does not belong here
            rooms: 30
          → write a mapping: `{key: value}`, or indented `key: value` lines
    "#]],
    );
    check(
        &rooms("rooms: {count: thirty}"),
        &expect![[r#"
        bad.yaml:2:16: string "thirty" does not belong here
            rooms: {count: thirty}
          → write a whole number, such as `10`
    "#]],
    );
    check(
        "users: 3\nrooms: {count: 1}",
        &expect![[r#"
        bad.yaml:1:1: `load` is missing
            users: 3
          → add `load: …` here
    "#]],
    );
    check(
        "users: 3\nload: {phases: 3}",
        &expect![[r#"
        bad.yaml:2:16: integer `3` does not belong here
            load: {phases: 3}
          → write a list: `[a, b]`, or lines that begin with `- `
    "#]],
    );
    check(
        &with("users:"),
        &expect![[r#"
            bad.yaml:6:1: the key `users` is given twice
                users:
              → keep one of the two
        "#]],
    );
    check(
        "load:",
        &expect![[r#"
        bad.yaml:1:5: nothing is given here
            load:
          → write a mapping: `{key: value}`, or indented `key: value` lines
    "#]],
    );
}

#[test]
fn what_contradicts_itself() {
    check(
        &rooms("rooms: {}"),
        &expect![[r#"
        bad.yaml:2:1: how many users sit in how many rooms is not said
            rooms: {}
          → give two of `users`, `rooms.count` and `rooms.size`: the third follows
    "#]],
    );
    check(
        &rooms("rooms: {count: 30, size: 11}"),
        &expect![[r#"
        bad.yaml:1:1: `users`, `rooms.count` and `rooms.size` contradict each other: 30 rooms × 11 members = 330 seats, but 300 users × 1 rooms each = 300
            users: 300
          → leave one of the three out: it follows
    "#]],
    );
    check(
        &rooms("rooms: {count: 30, size: {uniform: {min: 2, max: 9}}}"),
        &expect![[r#"
        bad.yaml:1:1: `users`, `rooms.count` and a drawn `rooms.size` contradict each other
            users: 300
          → leave `users` or `rooms.count` out: it follows
    "#]],
    );
    check(
        &rooms("rooms: {size: 7}"),
        &expect![[r#"
        bad.yaml:2:15: 300 users × 1 rooms each = 300 members, which do not fill rooms of 7: 300 / 7 leaves 6
            rooms: {size: 7}
          → change `users` or `rooms.size`, or give `rooms.count` instead
    "#]],
    );
    check(
        &rooms("rooms: {size: 301}"),
        &expect![[r#"
        bad.yaml:2:15: a room of 301 needs more than the 300 users there are
            rooms: {size: 301}
          → make rooms smaller, or `users` more
    "#]],
    );
    check(
        &rooms("rooms: {count: 151}"),
        &expect![[r#"
        bad.yaml:2:16: 300 users × 1 rooms each = 300 members, too few for 151 rooms of at least 2
            rooms: {count: 151}
          → ask for fewer rooms, or more users
    "#]],
    );
    check(
        &rooms("rooms: {count: 30, per_user: 31}"),
        &expect![[r#"
        bad.yaml:2:30: nobody can be in 31 rooms where there are 30
            rooms: {count: 30, per_user: 31}
          → ask for more rooms, or fewer per user
    "#]],
    );
    check(
        &rooms("rooms: {count: 30, per_user: 0}"),
        &expect![[r#"
        bad.yaml:2:30: `rooms.per_user` is 0
            rooms: {count: 30, per_user: 0}
          → write a number from 1 to 1000000
    "#]],
    );
    check(
        &rooms("rooms: {size: 1}"),
        &expect![[r#"
        bad.yaml:2:15: a room of 1 has nobody to hear a message
            rooms: {size: 1}
          → write a number of members from 2 to 1000000
    "#]],
    );
    check(
        &rooms("rooms: {size: {uniform: {min: 9, max: 2}}}"),
        &expect![[r#"
        bad.yaml:2:34: `max` is below `min`: 2 < 9
            rooms: {size: {uniform: {min: 9, max: 2}}}
          → let `max` be at least `min`
    "#]],
    );
    check(
        &rooms("rooms: {size: {zipf: {min: 2, max: 9, exponent: -1}}}"),
        &expect![[r#"
        bad.yaml:2:39: `exponent` is -1
            rooms: {size: {zipf: {min: 2, max: 9, exponent: -1}}}
          → write a number from 0 to 10, such as 1.1
    "#]],
    );
    check(
        &rooms("rooms: {count: 2, names: {list: [a, a]}}"),
        &expect![[r#"
        bad.yaml:2:37: the room `a` is listed twice
            rooms: {count: 2, names: {list: [a, a]}}
          → give every room a name of its own
    "#]],
    );
    check(
        &rooms("rooms: {count: 3, names: {list: [a, b]}}"),
        &expect![[r#"
        bad.yaml:2:27: 2 names are too few for 3 rooms
            rooms: {count: 3, names: {list: [a, b]}}
          → list more names, or write `plain`
    "#]],
    );
    check(
        &rooms("rooms: {size: {uniform: {min: 2, max: 9}}, names: {list: [a, b]}}"),
        &expect![[r#"
            scenario `unnamed`: 2 names are too few for the 58 rooms drawn
              → list more names, or write `plain`
        "#]],
    );
    check(
        &rooms("rooms: {count: 2, size: {uniform: {min: 2, max: 99}}, per_user: 2}")
            .replace("users: 300\n", ""),
        &expect![[r#"
            scenario `unnamed`: the largest room drew 27 members, but 42 seats with 2 rooms each are only 21 users
              → ask for more rooms, smaller ones, or fewer per user
        "#]],
    );
    check(
        &phase("hold: {rate: 200/s, for: 0 s}"),
        &expect![[r#"
        bad.yaml:5:32: the phase has no length
                - hold: {rate: 200/s, for: 0 s}
          → write a length such as `15 s`, or leave the phase out
    "#]],
    );
    check(
        &phase("step: {from: 1/s, to: 2/s, steps: 1, for: 1 s}"),
        &expect![[r#"
        bad.yaml:5:34: `steps` is 1
                - step: {from: 1/s, to: 2/s, steps: 1, for: 1 s}
          → write a number of steps from 2 to 1000, or use `hold`
    "#]],
    );
    check(
        &phase("spike: {base: 1/s, peak: 2/s, for: 5 s, at: 4 s, lasting: 2 s}"),
        &expect![[r#"
        bad.yaml:5:65: the spike ends after its phase: 4s + 2s > 5s
                - spike: {base: 1/s, peak: 2/s, for: 5 s, at: 4 s, lasting: 2 s}
          → let `at` plus `lasting` be at most `for`
    "#]],
    );
    check(
        &phase("hold: {rate: 100000000/s, for: 30 days}"),
        &expect![[r#"
        scenario `unnamed`: each speaker would send 864000000000 messages
          → lower the rates, shorten the phases, or let more users speak
    "#]],
    );
    check(
        &with("").replace("  phases", "  connect_rate: 0/s\n  phases"),
        &expect![[r#"
        bad.yaml:4:3: at a `connect_rate` of 0 nobody ever connects
              connect_rate: 0/s
          → write a rate such as `500/s`
    "#]],
    );
    check(
        "users: 3\nrooms: {count: 1}\nload: {phases: []}",
        &expect![[r#"
        bad.yaml:3:8: there are 0 phases
            load: {phases: []}
          → write 1 to 1000 phases, such as `- hold: {rate: 200/s, for: 15 s}`
    "#]],
    );
    check(
        &with("message: {size: 20 B}"),
        &expect![[r#"
        bad.yaml:6:17: a text cannot have 20 B
            message: {size: 20 B}
          → write a size from 35 B, which the stamp that tells messages apart needs, to 15 MiB
    "#]],
    );
    check(
        &with("message: {size: {uniform: {min: 64 B, max: 48 B}}}"),
        &expect![[r#"
        bad.yaml:6:39: `max` is below `min`: 48 B < 64 B
            message: {size: {uniform: {min: 64 B, max: 48 B}}}
          → let `max` be at least `min`
    "#]],
    );
    check(
        &with("message: {size: {log_normal: {median: 64 B, sigma: 9, max: 1 kB}}}"),
        &expect![[r#"
            bad.yaml:6:45: `sigma` is 9
                message: {size: {log_normal: {median: 64 B, sigma: 9, max: 1 kB}}}
              → write a number from 0 to 5, such as 0.8
        "#]],
    );
    check(
        &with("timeouts: {join: 0 s}"),
        &expect![[r#"
        bad.yaml:6:18: nothing happens in no time
            timeouts: {join: 0 s}
          → write a length of time such as `10 s`
    "#]],
    );
    check(
        &with("limits: {in_flight_messages_max: 0}"),
        &expect![[r#"
        bad.yaml:6:10: with a `in_flight_messages_max` of 0 nothing can happen
            limits: {in_flight_messages_max: 0}
          → write a higher limit, or leave it out
    "#]],
    );
}

#[test]
fn what_cannot_be_connected_to() {
    check(
        &with("target: localhost:3000"),
        &expect![[r#"
        bad.yaml:6:9: `localhost:3000` is no URL: it has no scheme
            target: localhost:3000
          → write `reference`, or a URL such as `http://localhost:3000`
    "#]],
    );
    check(
        &with("target: ''"),
        &expect![[r#"
        bad.yaml:6:9: `` is no URL: it has no scheme
            target: ''
          → write `reference`, or a URL such as `http://localhost:3000`
    "#]],
    );
    check(
        &with("target: ftp://localhost"),
        &expect![[r#"
        bad.yaml:6:9: `ftp` is not a scheme of chat servers
            target: ftp://localhost
          → write `reference`, or a URL such as `http://localhost:3000`
    "#]],
    );
    check(
        &with("target: http://user:secret@localhost"),
        &expect![[r#"
        bad.yaml:6:9: the user name and password in a URL are not sent
            target: http://user:secret@localhost
          → put them into `headers` or `auth`
    "#]],
    );
    check(
        &with("target: [http://a, 'http://b:99999']"),
        &expect![[r#"
        bad.yaml:6:20: `http://b:99999` is no URL: invalid port number
            target: [http://a, 'http://b:99999']
          → write `reference`, or a URL such as `http://localhost:3000`
    "#]],
    );
    check(
        &with("target: []"),
        &expect![[r#"
        bad.yaml:6:1: the list of targets is empty
            target: []
          → write `reference`, or a URL such as `http://localhost:3000`
    "#]],
    );
    check(
        &with("path: socket.io"),
        &expect![[r#"
        bad.yaml:6:7: `socket.io` is not the path of an endpoint
            path: socket.io
          → write a path such as `/socket.io/`
    "#]],
    );
    check(
        &with("namespace: chat"),
        &expect![[r#"
        bad.yaml:6:12: `chat` is not a namespace
            namespace: chat
          → write `/`, or a name such as `/admin`, without commas and question marks
    "#]],
    );
    check(
        &with("headers: {Host: example.org}"),
        &expect![[r#"
        bad.yaml:6:11: the handshake sets `Host` itself
            headers: {Host: example.org}
          → leave this header out
    "#]],
    );
    check(
        &with("headers: {Sec-WebSocket-Key: abc}"),
        &expect![[r#"
        bad.yaml:6:11: the handshake sets `Sec-WebSocket-Key` itself
            headers: {Sec-WebSocket-Key: abc}
          → leave this header out
    "#]],
    );
    check(
        &with("headers: {'X Tenant': blue}"),
        &expect![[r#"
        bad.yaml:6:11: `X Tenant` is not a header's name
            headers: {'X Tenant': blue}
          → write letters, digits and dashes, such as `X-Tenant`
    "#]],
    );
    check(
        &with("headers: {X-Tenant: \"a\\r\\nb\"}"),
        &expect![[r#"
        bad.yaml:6:11: the value of `X-Tenant` has line breaks or spaces at its ends
            headers: {X-Tenant: "a\r\nb"}
          → write one line of visible characters
    "#]],
    );
}

#[test]
fn what_is_no_dialect() {
    let dialect = |join: &str, send: &str, receive: &str| {
        with(&format!("dialect:\n  join: {join}\n  send: {send}\n  receive: {receive}\n"))
    };
    let (join, send, receive) =
        ("{event: j, payload: '${room}'}", "{event: s, payload: '${text}'}", "{event: r}");
    check(
        &dialect(join, "{event: s, payload: '[${rom}] ${text}'}", receive),
        &expect![[r#"
        bad.yaml:8:29: unknown placeholder `${rom}` at character 2
              send: {event: s, payload: '[${rom}] ${text}'}
          → there are `${room}`, `${author}`, `${text}` and, where something is received, `${any}`; `$${` is a plain `${`
    "#]],
    );
    check(
        &dialect(join, "{event: s, payload: 'é ${text'}", receive),
        &expect![[r#"
        bad.yaml:8:29: the placeholder at character 3 is not closed
              send: {event: s, payload: 'é ${text'}
          → write `${room}`, `${author}` or `${text}`, or `$${` for a plain `${`
    "#]],
    );
    check(
        &dialect(join, "{event: s, payload: '${room}'}", receive),
        &expect![[r#"
        bad.yaml:8:29: `${text}`, the message's text, does not stand in it
              send: {event: s, payload: '${room}'}
          → write `"${text}"` in exactly one place
    "#]],
    );
    check(
        &dialect(join, "{event: s}", receive),
        &expect![[r#"
        bad.yaml:8:3: `${text}`, the message's text, does not stand in it
              send: {event: s}
          → write `"${text}"` in exactly one place
    "#]],
    );
    check(
        &dialect(join, "{event: s, payload: ['${text}', '${text}']}", receive),
        &expect![[r#"
        bad.yaml:8:20: `${text}` stands in it 2 times
              send: {event: s, payload: ['${text}', '${text}']}
          → write `"${text}"` in exactly one place
    "#]],
    );
    check(
        &dialect(join, "{event: s, payload: ['${text}', '${any}']}", receive),
        &expect![[r#"
        bad.yaml:8:41: `${any}` cannot be sent
              send: {event: s, payload: ['${text}', '${any}']}
          → write a value, or `${room}`, `${author}` or `${text}`
    "#]],
    );
    check(
        &dialect(join, "{event: s, payload: 1, arguments: []}", receive),
        &expect![[r#"
        bad.yaml:8:32: both `payload` and `arguments` are given
              send: {event: s, payload: 1, arguments: []}
          → keep `payload` for one argument, `arguments` for a list of them
    "#]],
    );
    check(
        &dialect(join, send, "{event: r, payload: 'at ${any}: ${text}'}"),
        &expect![[r#"
        bad.yaml:9:32: `${any}` at character 4 stands inside a longer string
              receive: {event: r, payload: 'at ${any}: ${text}'}
          → let `"${any}"` be the whole value
    "#]],
    );
    check(
        &dialect(join, send, "{event: r, payload: {'${room}': '${text}'}}"),
        &expect![[r#"
        bad.yaml:9:33: the key `${room}` has a placeholder in it
              receive: {event: r, payload: {'${room}': '${text}'}}
          → put placeholders into values only
    "#]],
    );
    check(
        &dialect(join, send, "{event: 'r-${room}'}"),
        &expect![[r#"
        bad.yaml:9:20: the event's name `r-${room}` has a placeholder in it
              receive: {event: 'r-${room}'}
          → put placeholders into the payload
    "#]],
    );
    check(
        &dialect(join, send, "{event: disconnect}"),
        &expect![[r#"
        bad.yaml:9:20: Socket.IO keeps the event `disconnect` for itself
              receive: {event: disconnect}
          → write the event that the server listens to
    "#]],
    );
    check(
        &dialect("{event: j, payload: '${text}'}", send, receive),
        &expect![[r#"
        bad.yaml:7:29: `${text}` at character 1: there is no message here
              join: {event: j, payload: '${text}'}
          → write `${room}` or `${author}`
    "#]],
    );
    check(
        &dialect("{event: j, confirm: hope}", send, receive),
        &expect![[r#"
        bad.yaml:7:29: `hope` is no way to confirm a join
              join: {event: j, confirm: hope}
          → write `probe`, `{ack: {}}`, `{event: {name: joined}}` or `{settle: 200 ms}`
    "#]],
    );
    check(
        &dialect("{event: j, confirm: {settle: 200}}", send, receive),
        &expect![[r#"
        bad.yaml:7:38: `200` has no unit
              join: {event: j, confirm: {settle: 200}}
          → write a length of time with its unit, such as `250 ms`, `1.5 s`, `2 min` or `1h 30min`
    "#]],
    );
    check(
        &dialect("{event: j, confirm: {event: {nam: x}}}", send, receive),
        &expect![[r#"
        bad.yaml:7:38: unknown key `nam`
              join: {event: j, confirm: {event: {nam: x}}}
          → did you mean `name`?
    "#]],
    );
    check(
        &dialect("{payload: j}", send, receive),
        &expect![[r#"
        bad.yaml:7:3: `event` is missing
              join: {payload: j}
          → add `event: …` here
    "#]],
    );
}

#[test]
fn what_a_flag_says_is_blamed_on_the_flag() {
    check_with(
        &with(""),
        &set(&["load.connect_rate=fast"]),
        &expect![[r#"
        --set load.connect_rate=fast: `fast` is not a rate
          → write a rate with its unit, such as `200/s`, `0.5/s`, `90/min` or `10/h`
    "#]],
    );
    check_with(
        &with(""),
        &set(&["load.conect_rate=5/s"]),
        &expect![[r#"
        --set load.conect_rate=5/s: unknown key `conect_rate`
          → did you mean `connect_rate`?
    "#]],
    );
    check_with(
        &with(""),
        &set(&["load.phases.3.hold.rate=5/s"]),
        &expect![[r#"
        --set load.phases.3.hold.rate=5/s: `load.phases` has 1 of them, counted from 0
          → write `load.phases.0`, or set the whole list
    "#]],
    );
    check_with(
        &with(""),
        &set(&["load.phases.first=5/s"]),
        &expect![[r#"
        --set load.phases.first=5/s: `load.phases` is a list and has no key `first`
          → write a position, such as `load.phases.0`
    "#]],
    );
    check_with(
        &with(""),
        &set(&["users.count=5"]),
        &expect![[r#"
        --set users.count=5: `users` is 300, which has nothing in it
          → set `users` as a whole
    "#]],
    );
    check_with(
        &with(""),
        &set(&["rooms.count=40", "rooms.count=160"]),
        &expect![[r#"
        --set rooms.count=160: 300 users × 1 rooms each = 300 members, too few for 160 rooms of at least 2
          → ask for fewer rooms, or more users
    "#]],
    );
    let clients = Overrides { clients: Some(0), ..Overrides::default() };
    check_with(
        &with(""),
        &clients,
        &expect![[r#"
        --clients 0: `users` is 0
          → write a number from 1 to 1000000
    "#]],
    );
    let duration = "0 s".parse().ok();
    let overrides = Overrides { duration, ..Overrides::default() };
    check_with(
        &with(""),
        &overrides,
        &expect![[r#"
        --duration 0s: the load would have no length
          → give a length of time such as `15 s`
    "#]],
    );
    let target = Overrides { target: vec!["nowhere".into()], ..Overrides::default() };
    check_with(
        &with(""),
        &target,
        &expect![[r#"
        --target nowhere: `nowhere` is no URL: it has no scheme
          → write `reference`, or a URL such as `http://localhost:3000`
    "#]],
    );
    // A mistake that the file made is still the file's.
    check_with(
        &with("order: never"),
        &set(&["seed=5"]),
        &expect![[r#"
        bad.yaml:6:8: unknown word `never`
            order: never
          → write one of `fail`, `warn`, `off`
    "#]],
    );
}

#[test]
fn what_is_no_assignment() {
    let expected = expect![[r#"
        seed: `seed` has no `=`
        =5: `=5` has no path before its `=`
        seed=[: did not find expected node content, while parsing a flow node
        a=b=c: ok
    "#]];
    let lines: Vec<_> = ["seed", "=5", "seed=[", "a=b=c"]
        .iter()
        .map(|text| match text.parse::<Assignment>() {
            Ok(_) => format!("{text}: ok\n"),
            Err(error) => format!("{text}: {}\n", error.what),
        })
        .collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn a_file_that_cannot_be_read() {
    let read = |path: &std::path::Path| {
        Scenario::read(path, &Overrides::default()).expect_err("an error").what().to_owned()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("latin-1.yaml");
    std::fs::write(&file, b"name: caf\xe9").expect("written");
    expect!["not UTF-8 from byte 9 on"].assert_eq(&read(&file));
    expect!["cannot read the scenario: No such file or directory (os error 2)"]
        .assert_eq(&read(&folder.path().join("missing.yaml")));
    expect!["cannot read the scenario: Is a directory (os error 21)"]
        .assert_eq(&read(folder.path()));
    // Endless, as far as a reader can tell: read up to the limit and no further.
    expect!["larger than 1 MiB, which no scenario is"]
        .assert_eq(&read(std::path::Path::new("/dev/zero")));
}

#[test]
fn an_error_shows_its_line() {
    let text = with("thresholds:\n  delivery_latncy: {p99: 250 ms}");
    let error = Scenario::parse("bad.yaml", &text, &Overrides::default()).expect_err("an error");
    let mut rendered = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .render_report(&mut rendered, &error)
        .expect("rendered");
    expect![[r#"
          × bad.yaml:7:3: unknown key `delivery_latncy`
           ╭─[bad.yaml:7:3]
         6 │ thresholds:
         7 │   delivery_latncy: {p99: 250 ms}
           ·   ───────┬───────
           ·          ╰── here
           ╰────
          help: did you mean `delivery_latency`?
    "#]]
    .assert_eq(&rendered);
}
