//! Receivers who do not read: they hold up nobody, and what they lose is told.

use reference_server::Options;
use rustix::process::Signal;

use crate::running::Running;
use crate::support::{Client, Poller, metric, payload, start, threaded};

/// More than the buffers of both kernels hold, with [`LONG`].
const MESSAGES: usize = 40;
const LONG: usize = 500_000;

fn long(number: usize) -> String {
    format!("{number} {}", "x".repeat(LONG))
}

/// The number of a long message that came.
fn number(heard: &str) -> usize {
    let (_, text) = heard.split_once(r#""message":""#).expect("a message");
    text.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn they_hold_up_nobody_and_miss_nothing_that_can_wait() {
    let server = start(threaded(1));
    let mut deaf = Client::member(server.address(), "tea");
    let mut poller = Poller::member(server.address(), "tea");
    let mut bob = Client::member(server.address(), "tea");
    let mut ann = Client::connect(server.address());
    for at in 0..MESSAGES {
        ann.say("tea", &long(at));
        assert_eq!(number(&bob.hear()), at);
    }
    for at in 0..MESSAGES {
        assert_eq!(number(&deaf.hear()), at);
        assert_eq!(number(&poller.hear()), at);
    }
    assert_eq!(metric(server.address(), "chat_deliveries_refused_total"), 0);
}

#[test]
fn they_lose_what_is_too_much_to_wait_and_it_is_counted() {
    let server = start(Options { queue_len_max: 8, ..threaded(1) });
    let mut deaf = Client::member(server.address(), "tea");
    let mut bob = Client::member(server.address(), "tea");
    let mut ann = Client::connect(server.address());
    for at in 0..MESSAGES {
        ann.say("tea", &long(at));
        assert_eq!(number(&bob.hear()), at);
    }
    let refused = metric(server.address(), "chat_deliveries_refused_total") as usize;
    let delivered = metric(server.address(), "chat_deliveries_total") as usize;
    assert!(refused > 0, "all of it could wait");
    assert_eq!(refused + delivered, 2 * MESSAGES);
    let heard: Vec<usize> = (0..MESSAGES - refused).map(|_| number(&deaf.hear())).collect();
    assert!(heard.is_sorted_by(|one, next| one < next), "{heard:?}");
    assert_eq!(deaf.drain(), [""; 0], "more than was counted");
}

#[test]
fn they_are_named_at_the_end() {
    let server = Running::start(&["--quiet"]);
    let _deaf = Client::member(server.address, "tea");
    let _poller = Poller::member(server.address, "cake");
    let mut ann = Client::connect(server.address);
    for at in 0..MESSAGES {
        ann.say("tea", &long(at));
    }
    ann.say("cake", &payload("cake", "too late"));
    assert_eq!(ann.drain(), [""; 0]);
    server.signal(Signal::TERM);
    let log = String::from_utf8(server.wait().stderr).expect("text");
    for line in ["too slow to be told all", "on long polling, who miss"] {
        assert!(
            log.lines().any(|it| it.contains(" WARN ") && it.contains(line) && it.ends_with(": 1")),
            "{line}: {log}"
        );
    }
}
