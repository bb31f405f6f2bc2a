//! One sender's messages arrive in the order they were sent.

use std::collections::BTreeSet;

use reference_server::{Fault, Options, fault::FaultKind};

use crate::support::{Client, payload, start, threaded};

const MESSAGES: usize = 5_000;

/// Pipelines [`MESSAGES`] messages and answers how often each receiver heard an earlier one after
/// a later one. All must arrive, once.
fn inversions(options: Options) -> Vec<usize> {
    let server = start(options);
    let mut ann = Client::connect(server.address());
    // On two threads: one receiver beside the sender, one on the other thread.
    let mut receivers = [(); 2].map(|()| Client::member(server.address(), "r"));
    ann.pipeline((0..MESSAGES).map(|n| payload("r", &n.to_string())));
    receivers.iter_mut().map(|receiver| count_inversions(&numbers_heard(receiver))).collect()
}

fn numbers_heard(receiver: &mut Client) -> Vec<usize> {
    let numbers: Vec<usize> = (0..MESSAGES).map(|_| number(&receiver.hear())).collect();
    let distinct: BTreeSet<_> = numbers.iter().copied().collect();
    assert!(distinct.into_iter().eq(0..MESSAGES), "lost or duplicated");
    numbers
}

fn number(payload: &str) -> usize {
    let payload: serde_json::Value = serde_json::from_str(payload).expect("JSON");
    payload["message"].as_str().expect("a text").parse().expect("a number")
}

fn count_inversions(numbers: &[usize]) -> usize {
    numbers.windows(2).filter(|pair| pair[0] > pair[1]).count()
}

#[test]
fn on_one_thread_nothing_is_overtaken() {
    assert_eq!(inversions(threaded(1)), [0, 0]);
}

#[test]
fn on_two_threads_nothing_is_overtaken() {
    assert_eq!(inversions(threaded(2)), [0, 0]);
}

#[test]
fn with_the_fault_every_second_message_is_overtaken() {
    let faults = vec![Fault::always(FaultKind::Reorder)];
    assert_eq!(inversions(Options { faults, ..threaded(2) }), [MESSAGES / 2, MESSAGES / 2]);
}
