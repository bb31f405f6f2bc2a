//! Validate: what a run would come to, without running it.

use expect_test::expect;

use super::PATIENCE;
use super::redacted::redacted;
use crate::support::binary::{CommandLine, Ended};

/// On a machine with so many file descriptors.
fn validate(arguments: &[&str]) -> Ended {
    let base = ["validate", "scenarios/quickstart.yaml", "--seed=7", "--shards=2"];
    let line = CommandLine::new(base.iter().chain(arguments));
    line.with_descriptors_max(4096).run(PATIENCE)
}

/// What this machine gives out is no concern of a snapshot.
fn without_ports(text: &str) -> String {
    let lines = text.lines().map(|line| match line.trim_start().starts_with("ports ") {
        true => redacted(line),
        false => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_fits() {
    let ended = validate(&[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    expect![[r#"
        quickstart is valid: seed 7
          connections   300
          rooms         30 of 10 to 10 members (median 10), 300 memberships in 30 cells
          threads       2
          messages      3,000 expected, 200/s at the peak, by 300 speakers
          deliveries    27,000 expected, 1,800/s at the peak
          on the wire   166 B a message, 167 B a delivery; 33.1 kB/s sent, 300 kB/s received at the peak
          time          1.5 s to connect, 15.0 s of load, 16.5 s in all, 61.5 s at most
          descriptors   372 needed of 4,096 allowed: enough
        ports # needed of # to one address: enough
        exit 0 pass"#]].assert_eq(&without_ports(&ended.stdout));
}

#[test]
fn what_does_not() {
    let ended = validate(&["--clients=9000"]);
    assert_eq!(ended.code, Some(3));
    expect![[r#"
        quickstart is valid: seed 7
          connections   9,000
          rooms         30 of 300 to 300 members (median 300), 9,000 memberships in 30 cells
          threads       2
          messages      3,000 expected, 200/s at the peak, by 9,000 speakers
          deliveries    897,000 expected, 59,800/s at the peak
          on the wire   173 B a message, 174 B a delivery; 34.6 kB/s sent, 10.4 MB/s received at the peak
          time          45.0 s to connect, 15.0 s of load, 60.0 s in all, 105.0 s at most
          descriptors   9,072 needed of 4,096 allowed: NOT ENOUGH
        ports # needed of # to one address: enough"#]].assert_eq(&without_ports(&ended.stdout));
    expect![[r#"
        Error: 9072 file descriptors are needed, and this process may have 4096
          help: raise the limit (`ulimit -Hn 9072` as root, or `LimitNOFILE=` of the service), or use fewer --clients
        exit 3 impossible
    "#]].assert_eq(&ended.stderr);
}
