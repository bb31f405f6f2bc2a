//! Browsers may call from the allowed origins, with GET and POST.

use reference_server::Options;

use crate::support::{header, honest, request, start};

const OPEN: &str = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1";

fn allowed_origin(server: &reference_server::Background, origin: &str) -> Option<String> {
    let answer = request(server.address(), &format!("{OPEN}\r\nOrigin: {origin}"), "");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    header(&answer, "access-control-allow-origin").map(ToOwned::to_owned)
}

#[test]
fn only_the_allowed_origin_is_answered() {
    let server = honest();
    let allowed = "http://localhost:5173";
    assert_eq!(allowed_origin(&server, allowed).as_deref(), Some(allowed));
    for origin in ["http://localhost:5174", "https://localhost:5173", "http://evil.example"] {
        assert_eq!(allowed_origin(&server, origin), None, "{origin}");
    }
}

#[test]
fn other_origins_may_be_allowed_instead() {
    let cors_origins = ["http://a.example", "http://b.example"];
    let cors_origins = cors_origins.map(|origin| origin.parse().expect("an origin")).to_vec();
    let server = start(Options { cors_origins, ..Options::default() });
    for origin in ["http://a.example", "http://b.example"] {
        assert_eq!(allowed_origin(&server, origin).as_deref(), Some(origin));
    }
    assert_eq!(allowed_origin(&server, "http://localhost:5173"), None);
}

#[test]
fn a_preflight_allows_get_and_post_of_any_content_and_nothing_else() {
    let server = honest();
    let head = "OPTIONS /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n\
        Origin: http://localhost:5173\r\nAccess-Control-Request-Method: POST";
    let answer = request(server.address(), head, "");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(header(&answer, "access-control-allow-origin"), Some("http://localhost:5173"));
    assert_eq!(header(&answer, "access-control-allow-methods"), Some("GET,POST"));
    assert_eq!(header(&answer, "access-control-allow-headers"), Some("content-type"));
}
