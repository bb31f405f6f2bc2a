//! What is answered beside Socket.IO: the page, the metrics, and who watches them.

use reference_server::Background;

use crate::support::{Client, faulty, get, header, honest, metric, request, start, threaded};

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").expect("a head and a body").1
}

#[test]
fn the_page_comes_with_what_it_may_do() {
    let server = honest();
    let answer = get(server.address(), "/");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(header(&answer, "content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(header(&answer, "cache-control"), Some("no-cache"));
    assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    let policy = header(&answer, "content-security-policy").expect("a policy");
    for rule in ["default-src 'none'", "script-src 'sha256-", "connect-src 'self'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(body(&answer).starts_with("<!doctype html>"));
    assert!(!body(&answer).contains(" src="), "one file, which needs no other");
}

#[test]
fn nothing_but_get_and_head_is_answered_and_nothing_else_is_there() {
    let server = honest();
    let length = body(&get(server.address(), "/")).len().to_string();
    let head = request(server.address(), "HEAD / HTTP/1.1", "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(header(&head, "content-length"), Some(&*length));
    assert_eq!(body(&head), "");
    for path in ["/", "/healthz", "/metrics", "/licences.md"] {
        assert!(get(server.address(), path).starts_with("HTTP/1.1 200"), "{path}");
        for method in ["POST", "PUT", "DELETE"] {
            let answer = request(server.address(), &format!("{method} {path} HTTP/1.1"), "x");
            assert!(answer.starts_with("HTTP/1.1 405"), "{method} {path}: {answer}");
        }
    }
    for path in ["/index.html", "/favicon.ico", "//", "/socket.txt", "/../Cargo.toml"] {
        assert!(get(server.address(), path).starts_with("HTTP/1.1 404"), "{path}");
    }
    assert_eq!(body(&get(server.address(), "/healthz")), "ok\n");
}

fn chat_metrics(server: &Background) -> [u64; 4] {
    ["chat_connections", "chat_rooms", "chat_messages_total", "chat_deliveries_total"]
        .map(|name| metric(server.address(), name))
}

#[test]
fn what_goes_on_is_counted() {
    for threads in [1, 3] {
        let server = start(threaded(threads));
        assert_eq!(chat_metrics(&server), [0, 0, 0, 0]);
        let content_type = "text/plain; version=0.0.4; charset=utf-8";
        let answer = get(server.address(), "/metrics");
        assert_eq!(header(&answer, "content-type"), Some(content_type));
        let mut ann = Client::member(server.address(), "tea");
        let mut bob = Client::member(server.address(), "tea");
        let mut cem = Client::member(server.address(), "tea");
        cem.join("tea");
        cem.join("cake");
        assert_eq!(chat_metrics(&server), [3, 2, 0, 0]);
        ann.say("tea", "to two");
        ann.say("cake", "to one, from outside");
        cem.say("cake", "to nobody");
        ann.say("nowhere", "to nobody");
        ann.write(r#"42["send-msg","no message at all"]"#);
        for client in [&mut ann, &mut bob, &mut cem] {
            client.drain();
        }
        assert_eq!(chat_metrics(&server), [3, 2, 4, 3]);
        cem.write(r#"42["leave-room","cake"]"#);
        cem.drain();
        assert_eq!(chat_metrics(&server), [3, 1, 4, 3]);
        bob.write("41");
        bob.enter_namespace();
        assert_eq!(chat_metrics(&server), [3, 1, 4, 3], "back, and in no room");
        ann.say("tea", "to one");
        ann.drain();
        assert_eq!(metric(server.address(), "chat_deliveries_total"), 4);
    }
}

#[test]
fn what_a_fault_adds_or_keeps_back_is_counted_as_it_is() {
    for (fault, deliveries) in [("echo", 2), ("duplicate", 2), ("drop", 0), ("echo=0", 1)] {
        let server = faulty(&[fault], 1);
        let mut ann = Client::member(server.address(), "tea");
        let _bob = Client::member(server.address(), "tea");
        ann.say("tea", "hello");
        ann.frames_before_barrier();
        assert_eq!(chat_metrics(&server), [2, 1, 1, deliveries], "{fault}");
    }
}

#[test]
fn whoever_asks_is_told_what_goes_on_and_nobody_else() {
    let server = honest();
    let mut ann = Client::member(server.address(), "tea");
    let mut bob = Client::member(server.address(), "tea");
    bob.write(r#"42["watch-status"]"#);
    let told = r#"42["status",{"connections":2,"rooms":1,"messages":0,"deliveries":0}]"#;
    assert_eq!(bob.frame(), told);
    bob.write(r#"42["watch-status"]"#);
    assert_eq!(bob.frame(), told, "again by and by");
    ann.say("tea", "hello");
    let (mut heard, mut later) = (false, bob.frame());
    while !later.contains(r#""messages":1,"deliveries":1"#) {
        heard |= later.contains("onreceive-msg");
        later = bob.frame();
    }
    assert!(heard, "before the status that counts it");
    assert_eq!(ann.frames_before_barrier(), [""; 0]);
}
