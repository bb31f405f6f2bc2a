//! Payloads reach the receivers byte for byte.

use crate::support::{Client, honest};

/// Payloads that some server is known to change.
const PAYLOADS: [&str; 18] = [
    // What chatbench sends: an object of strings.
    r#"{"room":"r","author":"Ann","message":"hello"}"#,
    r#"{"room":"r","author":"Jürgen 😀","message":"日本語 ￿ \" \\ \n"}"#,
    r#"{"room":"r","author":"","message":""}"#,
    // Key order, keys that mean something elsewhere, keys twice.
    r#"{"z":1,"room":"r","a":2,"message":"m","author":"x","0":3}"#,
    r#"{"room":"r","__proto__":{"x":1},"constructor":null,"":0}"#,
    r#"{"room":"r","twice":1,"twice":2}"#,
    // Numbers beyond and below what a double holds, and how they are written.
    r#"{"room":"r","n":[9007199254740993,1.0,1e2,1E+2,-0,-0.0,0.10]}"#,
    r#"{"room":"r","n":123456789012345678901234567890}"#,
    r#"{"room":"r","n":[1e400,-1e400,1e-400,0.1234567890123456789]}"#,
    // Escapes, needed or not, and a surrogate without its other half.
    r#"{"room":"r","message":"\u00e9\u0041\/\u2028\u0000\b\f"}"#,
    r#"{"room":"r","message":"\ud83d\ude00 \ud800"}"#,
    r#"{"\u0072oom":"\u0072","message":"an escaped key"}"#,
    // White space, and characters that some treat as it.
    "{ \"room\" : \"r\" ,\t\"message\" :\n\"m\" }",
    "{\"room\":\"r\",\"message\":\"\u{2028}\u{2029}\u{feff}\u{7f}\"}",
    // Nesting, nothing, and what looks like an attachment.
    r#"{"room":"r","message":{"a":[{"b":[[],{}]}]}}"#,
    r#"{"room":"r","a":null,"b":true,"c":false}"#,
    r#"{"room":"r","message":{"_placeholder":true,"num":0}}"#,
    r#"{"room":"r","message":"<b>&amp;</b> 42[\"x\"] 1-2/ns,"}"#,
];

#[test]
fn payloads_arrive_byte_for_byte() {
    let server = honest();
    let mut ann = Client::connect(server.address());
    let mut bob = Client::member(server.address(), "r");
    for payload in PAYLOADS {
        ann.send(payload);
        assert_eq!(bob.hear(), payload);
    }
}

#[test]
fn large_and_deep_payloads_arrive_byte_for_byte() {
    let server = honest();
    let mut ann = Client::connect(server.address());
    let mut bob = Client::member(server.address(), "r");
    let deep = format!("{}{}", "[".repeat(40_000), "]".repeat(40_000));
    for message in [format!("\"{}\"", "日x".repeat(200_000)), deep] {
        let payload = format!(r#"{{"room":"r","message":{message}}}"#);
        ann.send(&payload);
        assert!(bob.hear() == payload, "changed: {} bytes", payload.len());
    }
}

#[test]
fn attachments_arrive_byte_for_byte() {
    let server = honest();
    let mut ann = Client::connect(server.address());
    let mut bob = Client::member(server.address(), "r");
    let message = r#"[{"_placeholder":true,"num":0},{"z":1.0,"a":{"_placeholder":true,"num":1}}]"#;
    let json = format!(r#"{{"room":"r","n":1e2,"message":{message}}}"#);
    ann.write(&format!(r#"452-["send-msg",{json}]"#));
    ann.write_binary(&[1, 2, 3]);
    ann.write_binary(&[]);
    assert_eq!(bob.frame(), format!(r#"452-["onreceive-msg",{json}]"#));
    assert_eq!(bob.binary(), [1, 2, 3]);
    assert_eq!(bob.binary(), [0u8; 0]);
    assert_eq!(ann.drain(), [""; 0]);
}
