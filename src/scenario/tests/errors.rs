//! Bad files, each with the exact error that it gets.

use expect_test::expect;
use miette::{GraphicalReportHandler, GraphicalTheme};

use super::bad::{check, phase, rooms, told, with};
use super::*;

#[test]
fn what_is_no_yaml() {
    check(
        &[
            "users: [1, 2\nrooms: 3",
            "users: 3\n\trooms: 3",
            "users: 3\nusers: 4",
            "3: users",
            "users: !many 3",
            "users: .inf",
            "",
            "nested:\n  - {a: 1, b: 2, a: 3}",
            "# only a comment",
            "- users",
            "users: 3\n---\nusers: 4",
            "users: *nobody",
            &"#".repeat(1 << 21),
        ],
        &expect![[r#"
            bad.yaml:2:6: did not find expected ',' or ']', while parsing a flow sequence at line 1 column 8
                rooms: 3
              → write YAML: `key: value` lines, indented by spaces
            bad.yaml:2:1: found a tab character that violates indentation, while scanning a plain scalar at line 1 column 8
                	rooms: 3
              → write YAML: `key: value` lines, indented by spaces
            bad.yaml:2:1: the key `users` is given twice
                users: 4
              → keep one of the two
            bad.yaml:1:1: the key 3 is not a text
                3: users
              → write YAML: `key: value` lines, indented by spaces
            bad.yaml:1:8: users: the tag `!many` has no meaning here
                users: !many 3
              → write YAML: `key: value` lines, indented by spaces
            bad.yaml:1:8: users: `inf` is not a finite number
                users: .inf
              → write YAML: `key: value` lines, indented by spaces
            bad.yaml: the scenario is empty
              → begin with `rooms:` and `load:`, or copy `scenarios/quickstart.yaml`
            bad.yaml:2:18: nested[0]: the key `a` is given twice
                  - {a: 1, b: 2, a: 3}
              → keep one of the two
            bad.yaml: the scenario is empty
              → begin with `rooms:` and `load:`, or copy `scenarios/quickstart.yaml`
            bad.yaml:1:1: a scenario is a mapping, not a list or a single value
                - users
              → write `key: value` lines at the top level
            bad.yaml: deserializing from YAML containing more than one document is not supported
              → write YAML: `key: value` lines, indented by spaces
            bad.yaml:1:8: unknown anchor
                users: *nobody
              → write YAML: `key: value` lines, indented by spaces
            bad.yaml: larger than 1 MiB, which no scenario is
              → give a scenario file
        "#]],
    );
    let nested = Scenario::parse("", &"[".repeat(1 << 16), &Overrides::default());
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
        &[
            &with("conect_rate: 5/s"),
            &with("thresholds: {delivery_latncy: {p99: 1 s}}"),
            &with("thresholds:\n  delivery_latency:\n    p100: 1 s"),
            &with("order: never"),
            &with("client: rust-socketio"),
            &with("transport: pigeon"),
            &with("dialect: slack"),
            &phase("hod: {rate: 200/s, for: 15 s}"),
            &rooms("rooms: {count: 3, size: {normal: {}}}"),
            &with("message: {alphabet: latin}"),
        ],
        &expect![[r#"
            bad.yaml:6:1: unknown key `conect_rate`
                conect_rate: 5/s
              → write one of `name`, `description`, `target`, `path`, `namespace`, `auth`, `headers`, `transport`, `client`, `dialect`, `users`, `rooms`, `load`, `message`, `timeouts`, `order`, `strangers`, `thresholds`, `limits`, `observe`, `capacity`, `seed`
            bad.yaml:6:14: unknown key `delivery_latncy`
                thresholds: {delivery_latncy: {p99: 1 s}}
              → did you mean `delivery_latency`?
            bad.yaml:8:5: `p100` is not a statistic
                    p100: 1 s
              → write a percentile such as `p50`, `p99` or `p99.9`, `max` or `mean`
            bad.yaml:6:8: unknown word `never`
                order: never
              → write one of `fail`, `warn`, `off`
            bad.yaml:6:9: unknown word `rust-socketio`
                client: rust-socketio
              → did you mean `rust_socketio`?
            bad.yaml:6:12: `pigeon` is not a transport
                transport: pigeon
              → write `websocket`, `polling` or `upgrade`
            bad.yaml:6:10: there is no dialect called `slack`
                dialect: slack
              → write `chat`, or a mapping with `join`, `send` and `receive`
            bad.yaml:5:7: unknown word `hod`
                    - hod: {rate: 200/s, for: 15 s}
              → did you mean `hold`?
            bad.yaml:2:26: unknown word `normal`
                rooms: {count: 3, size: {normal: {}}}
              → write one of `uniform`, `zipf`
            bad.yaml:6:21: unknown word `latin`
                message: {alphabet: latin}
              → write one of `ascii`, `unicode`, `mixed`
        "#]],
    );
}

#[test]
fn what_has_the_wrong_unit_or_type() {
    check(
        &[
            &phase("hold: {rate: 200, for: 15 s}"),
            &phase("hold: {rate: 200/s, for: 15}"),
            &phase("hold: {rate: fast, for: 15 s}"),
            &phase("hold: {rate: 200 ms, for: 15 s}"),
            &phase("hold: {rate: true, for: 15 s}"),
            &phase("hold: {rate: 200/s}"),
            &phase("hold"),
            &phase("{hold: {rate: 1/s, for: 1 s}, ramp: {}}"),
            &with("message: {size: 64}"),
            &with("message: {size: [64 B]}"),
            &with("thresholds: {disconnects: few}"),
            &with("thresholds: {disconnects: -1}"),
            &with("seed: -1"),
            &with("auth: secret"),
            &rooms("rooms: 30"),
            &rooms("rooms: {count: thirty}"),
            "users: 3\nrooms: {count: 1}",
            "users: 3\nload: {phases: 3}",
            &with("users:"),
            "load:",
        ],
        &expect![[r#"
            bad.yaml:5:20: `200` has no unit
                    - hold: {rate: 200, for: 15 s}
              → write a rate with its unit, such as `200/s`, `0.5/s`, `90/min` or `10/h`
            bad.yaml:5:32: `15` has no unit
                    - hold: {rate: 200/s, for: 15}
              → write a length of time with its unit, such as `250 ms`, `1.5 s`, `2 min` or `1h 30min`
            bad.yaml:5:20: `fast` is not a rate
                    - hold: {rate: fast, for: 15 s}
              → write a rate with its unit, such as `200/s`, `0.5/s`, `90/min` or `10/h`
            bad.yaml:5:20: `ms` is not a unit of a rate
                    - hold: {rate: 200 ms, for: 15 s}
              → write a rate with its unit, such as `200/s`, `0.5/s`, `90/min` or `10/h`
            bad.yaml:5:20: boolean `true` does not belong here
                    - hold: {rate: true, for: 15 s}
              → write a rate such as `200/s`
            bad.yaml:5:7: `for` is missing
                    - hold: {rate: 200/s}
              → add `for: …` here
            bad.yaml:5:7: a bare word does not belong here
                    - hold
              → write a mapping: `{key: value}`, or indented `key: value` lines
            bad.yaml:5:7: this is to have one key, the name of its kind
                    - {hold: {rate: 1/s, for: 1 s}, ramp: {}}
              → begin a new entry for each, or remove all but one
            bad.yaml:6:17: `64` has no unit
                message: {size: 64}
              → write a size with its unit, such as `64 B`, `2 kB` (2,000 B) or `1 KiB` (1,024 B)
            bad.yaml:6:11: a list does not belong here
                message: {size: [64 B]}
              → write a size such as `64 B`, or a mapping `uniform` or `log_normal`
            bad.yaml:6:27: `few` is not a count
                thresholds: {disconnects: few}
              → write a whole number such as `0`, or `unlimited`
            bad.yaml:6:27: `-1` is not a count
                thresholds: {disconnects: -1}
              → write a whole number such as `0`, or `unlimited`
            bad.yaml:6:7: integer `-1` does not belong here
                seed: -1
              → write a whole number, such as `10`
            bad.yaml:6:7: string "secret" does not belong here
                auth: secret
              → write a mapping: `{key: value}`, or indented `key: value` lines
            bad.yaml:2:8: integer `30` does not belong here
                rooms: 30
              → write a mapping: `{key: value}`, or indented `key: value` lines
            bad.yaml:2:16: string "thirty" does not belong here
                rooms: {count: thirty}
              → write a whole number, such as `10`
            bad.yaml:1:1: `load` is missing
                users: 3
              → add `load: …` here
            bad.yaml:2:16: integer `3` does not belong here
                load: {phases: 3}
              → write a list: `[a, b]`, or lines that begin with `- `
            bad.yaml:6:1: the key `users` is given twice
                users:
              → keep one of the two
            bad.yaml:1:5: nothing is given here
                load:
              → write a mapping: `{key: value}`, or indented `key: value` lines
        "#]],
    );
}

#[test]
fn what_a_flag_says_is_blamed_on_the_flag() {
    let set = |assignments: &[&str]| {
        let set = assignments.iter().map(|text| text.parse().expect("path=value")).collect();
        Overrides { set, ..Overrides::default() }
    };
    let duration = "0 s".parse().ok();
    let overridden: Vec<_> = [
        set(&["load.connect_rate=fast"]),
        set(&["load.conect_rate=5/s"]),
        set(&["load.phases.3.hold.rate=5/s"]),
        set(&["load.phases.first=5/s"]),
        set(&["users.count=5"]),
        set(&["rooms.count=40", "rooms.count=160"]),
        set(&["seed.first=1"]),
        Overrides { clients: Some(0), ..Overrides::default() },
        Overrides { duration, ..Overrides::default() },
        Overrides { target: vec!["nowhere".into()], ..Overrides::default() },
    ]
    .iter()
    .map(|overrides| told(&with(""), overrides))
    .collect();
    expect![[r#"
        --set load.connect_rate=fast: `fast` is not a rate
          → write a rate with its unit, such as `200/s`, `0.5/s`, `90/min` or `10/h`
        --set load.conect_rate=5/s: unknown key `conect_rate`
          → did you mean `connect_rate`?
        --set load.phases.3.hold.rate=5/s: `load.phases` has 1 of them, counted from 0
          → write `load.phases.0`, or set the whole list
        --set load.phases.first=5/s: `load.phases` is a list and has no key `first`
          → write a position, such as `load.phases.0`
        --set users.count=5: `users` is 300, which has nothing in it
          → set `users` as a whole
        --set rooms.count=160: 300 users × 1 room each = 300 members, too few for 160 rooms of at least 2
          → ask for fewer rooms, or more users
        --set seed.first=1: a mapping does not belong here
          → write a whole number, such as `10`
        --clients 0: `users` is 0
          → write a number from 1 to 1000000
        --duration 0s: the load would have no length
          → give a length of time such as `15 s`
        --target nowhere: `nowhere` is no URL: it has no scheme
          → write `reference`, or a URL such as `http://localhost:3000`
    "#]].assert_eq(&overridden.concat());
    // A mistake that the file made is still the file's.
    expect![[r#"
        bad.yaml:6:8: unknown word `never`
            order: never
          → write one of `fail`, `warn`, `off`
    "#]]
    .assert_eq(&told(&with("order: never"), &set(&["seed=5"])));
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
        told:
          × bad.yaml:7:3: unknown key `delivery_latncy`
           ╭─[bad.yaml:7:3]
         6 │ thresholds:
         7 │   delivery_latncy: {p99: 250 ms}
           ·   ───────┬───────
           ·          ╰── here
           ╰────
          help: did you mean `delivery_latency`?
    "#]]
    .assert_eq(&format!("told:\n{rendered}"));
}
