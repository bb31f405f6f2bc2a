//! Estimates: what a plan will come to, against what is counted by hand.

use super::*;

fn estimate(text: &str) -> Estimate {
    let scenario = scenario(text);
    Estimate::new(&scenario, &Plan::new(&scenario, 1).expect("a plan"))
}

#[test]
fn what_is_estimated_can_be_counted() {
    let estimate = estimate(&SMALL.replace("load: {", "load: {connect_rate: 100/s, "));
    assert_eq!((estimate.connections, estimate.rooms, estimate.cells), (300, 30, 30));
    assert_eq!((estimate.room_members_min, estimate.room_members_max), (10, 10));
    assert_eq!((estimate.memberships, estimate.speakers), (300, 300));
    assert_eq!((estimate.messages, estimate.messages_per_second_max), (3000.0, 200.0));
    assert_eq!((estimate.deliveries, estimate.deliveries_per_second_max), (27_000.0, 1800.0));
    assert_eq!((estimate.connect_secs, estimate.load_secs), (2.99, 15.0));
    // The timeouts are 10 s to connect, 10 s to join and 5 s to deliver.
    assert!((estimate.run_secs_min - 17.99).abs() < 1e-9, "{} s", estimate.run_secs_min);
    assert!((estimate.run_secs_max - 62.99).abs() < 1e-9, "{} s", estimate.run_secs_max);
}

#[test]
fn bytes_are_those_of_frames() {
    let one_room = SMALL.replace("users: 300", "users: 9").replace("count: 30", "count: 1");
    let estimate = estimate(&format!("{one_room}\nmessage: {{size: 64 B}}"));
    let text = "x".repeat(64);
    let json = |event: &str| {
        format!(r#"42["{event}",{{"room":"room-0","author":"user-0","message":"{text}"}}]"#)
    };
    // Of 126 B and more, a header has 4 B; what a client sends has a mask of 4 B.
    assert_eq!(estimate.bytes_per_message, (json("send-msg").len() + 4 + 4) as f64);
    assert_eq!(estimate.bytes_per_delivery, (json("onreceive-msg").len() + 4) as f64);
    assert_eq!(estimate.received_bytes_per_second_max, estimate.bytes_per_delivery * 1600.0);
}

#[test]
fn a_sender_that_hears_itself_is_one_more_receiver() {
    let dialect = "dialect: {join: {event: j}, send: {event: s, payload: '${text}'}, \
                   receive: {event: r}, sender: echoed}";
    assert_eq!(estimate(&format!("{SMALL}\n{dialect}")).deliveries, 30_000.0);
}
