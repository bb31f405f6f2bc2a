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
    check("users: [1, 2\nrooms: 3", &expect![[""]]);
    check("users: 3\n\trooms: 3", &expect![[""]]);
    check("users: 3\nusers: 4", &expect![[""]]);
    check("3: users", &expect![[""]]);
    check("users: !many 3", &expect![[""]]);
    check("users: .inf", &expect![[""]]);
    check("", &expect![[""]]);
    check("# only a comment", &expect![[""]]);
    check("- users", &expect![[""]]);
    check("users: 3\n---\nusers: 4", &expect![[""]]);
    check("users: *nobody", &expect![[""]]);
    check(&format!("a: &a [{}]\nb: [{}]", "1,".repeat(2000), "*a,".repeat(500)), &expect![[""]]);
    check(&"#".repeat(1 << 21), &expect![[""]]);
    let deep = format!("auth: {}{}", "[".repeat(500), "]".repeat(500));
    check(&deep, &expect![[""]]);
}

#[test]
fn aliases_cannot_multiply_without_end() {
    let mut bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n".to_owned();
    for level in 1..10 {
        let aliases = format!("*a{},", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    let error = Scenario::parse("bomb.yaml", &bomb, &Overrides::default()).expect_err("an error");
    assert!(error.what().contains("aliases") || error.what().contains("repetition"), "{error}");
}

#[test]
fn what_has_an_unknown_name() {
    check(&with("conect_rate: 5/s"), &expect![[""]]);
    check(&with("thresholds: {delivery_latncy: {p99: 1 s}}"), &expect![[""]]);
    check(&with("thresholds:\n  delivery_latency:\n    p100: 1 s"), &expect![[""]]);
    check(&with("order: never"), &expect![[""]]);
    check(&with("client: rust-socketio"), &expect![[""]]);
    check(&with("transport: polling"), &expect![[""]]);
    check(&with("dialect: slack"), &expect![[""]]);
    check(&phase("hod: {rate: 200/s, for: 15 s}"), &expect![[""]]);
    check(&rooms("rooms: {count: 3, size: {normal: {}}}"), &expect![[""]]);
    check(&with("message: {alphabet: latin}"), &expect![[""]]);
}

#[test]
fn what_has_the_wrong_unit_or_type() {
    check(&phase("hold: {rate: 200, for: 15 s}"), &expect![[""]]);
    check(&phase("hold: {rate: 200/s, for: 15}"), &expect![[""]]);
    check(&phase("hold: {rate: fast, for: 15 s}"), &expect![[""]]);
    check(&phase("hold: {rate: 200 ms, for: 15 s}"), &expect![[""]]);
    check(&phase("hold: {rate: true, for: 15 s}"), &expect![[""]]);
    check(&phase("hold: {rate: 200/s}"), &expect![[""]]);
    check(&phase("hold"), &expect![[""]]);
    check(&phase("{hold: {rate: 1/s, for: 1 s}, ramp: {}}"), &expect![[""]]);
    check(&with("message: {size: 64}"), &expect![[""]]);
    check(&with("message: {size: [64 B]}"), &expect![[""]]);
    check(&with("thresholds: {disconnects: few}"), &expect![[""]]);
    check(&with("thresholds: {disconnects: -1}"), &expect![[""]]);
    check(&with("seed: -1"), &expect![[""]]);
    check(&with("auth: secret"), &expect![[""]]);
    check(&rooms("rooms: 30"), &expect![[""]]);
    check(&rooms("rooms: {count: thirty}"), &expect![[""]]);
    check("users: 3\nrooms: {count: 1}", &expect![[""]]);
    check("users: 3\nload: {phases: 3}", &expect![[""]]);
    check("load:", &expect![[""]]);
}

#[test]
fn what_contradicts_itself() {
    check(&rooms("rooms: {}"), &expect![[""]]);
    check(&rooms("rooms: {count: 30, size: 11}"), &expect![[""]]);
    check(&rooms("rooms: {count: 30, size: {uniform: {min: 2, max: 9}}}"), &expect![[""]]);
    check(&rooms("rooms: {size: 7}"), &expect![[""]]);
    check(&rooms("rooms: {size: 301}"), &expect![[""]]);
    check(&rooms("rooms: {count: 151}"), &expect![[""]]);
    check(&rooms("rooms: {count: 30, per_user: 31}"), &expect![[""]]);
    check(&rooms("rooms: {count: 30, per_user: 0}"), &expect![[""]]);
    check(&rooms("rooms: {size: 1}"), &expect![[""]]);
    check(&rooms("rooms: {size: {uniform: {min: 9, max: 2}}}"), &expect![[""]]);
    check(&rooms("rooms: {size: {zipf: {min: 2, max: 9, exponent: -1}}}"), &expect![[""]]);
    check(&rooms("rooms: {count: 2, names: {list: [a, a]}}"), &expect![[""]]);
    check(&rooms("rooms: {count: 3, names: {list: [a, b]}}"), &expect![[""]]);
    check(
        &rooms("rooms: {size: {uniform: {min: 2, max: 9}}, names: {list: [a, b]}}"),
        &expect![[""]],
    );
    check(
        &rooms("rooms: {size: {uniform: {min: 2, max: 300}}, per_user: 2}")
            .replace("300\n", "300\n"),
        &expect![[""]],
    );
    check(&phase("hold: {rate: 200/s, for: 0 s}"), &expect![[""]]);
    check(&phase("step: {from: 1/s, to: 2/s, steps: 1, for: 1 s}"), &expect![[""]]);
    check(&phase("spike: {base: 1/s, peak: 2/s, for: 5 s, at: 4 s, lasting: 2 s}"), &expect![[""]]);
    check(&phase("hold: {rate: 100000000/s, for: 30 days}"), &expect![[""]]);
    check(&with("").replace("  phases", "  connect_rate: 0/s\n  phases"), &expect![[""]]);
    check("users: 3\nrooms: {count: 1}\nload: {phases: []}", &expect![[""]]);
    check(&with("message: {size: 20 B}"), &expect![[""]]);
    check(&with("message: {size: {uniform: {min: 64 B, max: 48 B}}}"), &expect![[""]]);
    check(
        &with("message: {size: {log_normal: {median: 64 B, sigma: 9, max: 1 kB}}}"),
        &expect![[""]],
    );
    check(&with("timeouts: {join: 0 s}"), &expect![[""]]);
    check(&with("limits: {in_flight_messages_max: 0}"), &expect![[""]]);
}

#[test]
fn what_cannot_be_connected_to() {
    check(&with("target: localhost:3000"), &expect![[""]]);
    check(&with("target: ftp://localhost"), &expect![[""]]);
    check(&with("target: http://user:secret@localhost"), &expect![[""]]);
    check(&with("target: [http://a, 'http://b:99999']"), &expect![[""]]);
    check(&with("target: []"), &expect![[""]]);
    check(&with("path: socket.io"), &expect![[""]]);
    check(&with("namespace: chat"), &expect![[""]]);
    check(&with("headers: {Host: example.org}"), &expect![[""]]);
    check(&with("headers: {Sec-WebSocket-Key: abc}"), &expect![[""]]);
    check(&with("headers: {'X Tenant': blue}"), &expect![[""]]);
    check(&with("headers: {X-Tenant: \"a\\r\\nb\"}"), &expect![[""]]);
}

#[test]
fn what_is_no_dialect() {
    let dialect = |join: &str, send: &str, receive: &str| {
        with(&format!("dialect:\n  join: {join}\n  send: {send}\n  receive: {receive}\n"))
    };
    let (join, send, receive) =
        ("{event: j, payload: '${room}'}", "{event: s, payload: '${text}'}", "{event: r}");
    check(&dialect(join, "{event: s, payload: '[${rom}] ${text}'}", receive), &expect![[""]]);
    check(&dialect(join, "{event: s, payload: 'é ${text'}", receive), &expect![[""]]);
    check(&dialect(join, "{event: s, payload: '${room}'}", receive), &expect![[""]]);
    check(&dialect(join, "{event: s}", receive), &expect![[""]]);
    check(&dialect(join, "{event: s, payload: ['${text}', '${text}']}", receive), &expect![[""]]);
    check(&dialect(join, "{event: s, payload: ['${text}', '${any}']}", receive), &expect![[""]]);
    check(&dialect(join, "{event: s, payload: 1, arguments: []}", receive), &expect![[""]]);
    check(&dialect(join, send, "{event: r, payload: 'at ${any}: ${text}'}"), &expect![[""]]);
    check(&dialect(join, send, "{event: r, payload: {'${room}': '${text}'}}"), &expect![[""]]);
    check(&dialect(join, send, "{event: 'r-${room}'}"), &expect![[""]]);
    check(&dialect(join, send, "{event: disconnect}"), &expect![[""]]);
    check(&dialect("{event: j, payload: '${text}'}", send, receive), &expect![[""]]);
    check(&dialect("{event: j, confirm: hope}", send, receive), &expect![[""]]);
    check(&dialect("{event: j, confirm: {settle: 200}}", send, receive), &expect![[""]]);
    check(&dialect("{event: j, confirm: {event: {nam: x}}}", send, receive), &expect![[""]]);
    check(&dialect("{payload: j}", send, receive), &expect![[""]]);
}

#[test]
fn what_a_flag_says_is_blamed_on_the_flag() {
    check_with(&with(""), &set(&["load.connect_rate=fast"]), &expect![[""]]);
    check_with(&with(""), &set(&["load.conect_rate=5/s"]), &expect![[""]]);
    check_with(&with(""), &set(&["load.phases.3.hold.rate=5/s"]), &expect![[""]]);
    check_with(&with(""), &set(&["load.phases.first=5/s"]), &expect![[""]]);
    check_with(&with(""), &set(&["users.count=5"]), &expect![[""]]);
    check_with(&with(""), &set(&["rooms.count=40", "rooms.count=160"]), &expect![[""]]);
    let clients = Overrides { clients: Some(0), ..Overrides::default() };
    check_with(&with(""), &clients, &expect![[""]]);
    let target = Overrides { target: vec!["nowhere".into()], ..Overrides::default() };
    check_with(&with(""), &target, &expect![[""]]);
    // A mistake that the file made is still the file's.
    check_with(&with("order: never"), &set(&["seed=5"]), &expect![[""]]);
}

#[test]
fn what_is_no_assignment() {
    let expected = expect![[""]];
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
    expect![[""]].assert_eq(&read(&file));
    expect![[""]].assert_eq(&read(&folder.path().join("missing.yaml")));
    expect![[""]].assert_eq(&read(folder.path()));
    // Endless, as far as a reader can tell: read up to the limit and no further.
    expect![[""]].assert_eq(&read(std::path::Path::new("/dev/zero")));
}

#[test]
fn an_error_shows_its_line() {
    let text = with("thresholds:\n  delivery_latncy: {p99: 250 ms}");
    let error = Scenario::parse("bad.yaml", &text, &Overrides::default()).expect_err("an error");
    let mut rendered = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .render_report(&mut rendered, &error)
        .expect("rendered");
    expect![[""]].assert_eq(&rendered);
}
