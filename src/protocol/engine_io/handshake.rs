//! Handshake: what a server says of itself in its open packet.

use std::time::Duration;

use serde::Deserialize;

/// The longest time a handshake can ask for; a longer one means this.
const DURATION_MAX: Duration = Duration::from_hours(24);

/// The handshake, as the server sent it (Engine.IO v4, *Handshake*).
///
/// Only the session's id is insisted on. What else is missing, or no amount at all (below
/// zero), is `None`: servers of the 3.x line have no `maxPayload`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The id of the Engine.IO session, which requests by HTTP have to repeat.
    pub sid: Box<str>,
    /// The transports that the session can be upgraded to.
    pub upgrades: Box<[Box<str>]>,
    /// How often the server means to ping; milliseconds on the wire, fractions included.
    pub ping_interval: Option<Duration>,
    /// How long after that silence is death; milliseconds on the wire, fractions included.
    pub ping_timeout: Option<Duration>,
    /// The longest payload, in bytes, that the server takes.
    pub payload_bytes_max: Option<u64>,
}

/// Why an open packet holds no handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// It is not JSON, or a field has a type it must not have.
    #[error("the handshake is not the JSON it should be, at line {line}, column {column}")]
    Json {
        /// The line, counted from 1.
        line: usize,
        /// The column, in bytes.
        column: usize,
    },
}

impl Handshake {
    /// Reads the data of an open packet.
    ///
    /// # Errors
    /// When it is no JSON object, has no `sid`, or has a field of a wrong type.
    pub fn decode(data: &str) -> Result<Handshake, HandshakeError> {
        let typed: Typed = serde_json::from_str(data)
            .map_err(|error| HandshakeError::Json { line: error.line(), column: error.column() })?;
        Ok(Handshake {
            sid: typed.sid,
            upgrades: typed.upgrades.unwrap_or_default(),
            ping_interval: typed.ping_interval.and_then(duration),
            ping_timeout: typed.ping_timeout.and_then(duration),
            payload_bytes_max: typed.max_payload.filter(|&bytes| bytes >= 0.0).map(|b| b as u64),
        })
    }
}

fn duration(millis: f64) -> Option<Duration> {
    let seconds = millis / 1e3;
    (seconds >= 0.0)
        .then(|| Duration::try_from_secs_f64(seconds).unwrap_or(DURATION_MAX).min(DURATION_MAX))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typed {
    sid: Box<str>,
    upgrades: Option<Box<[Box<str>]>>,
    ping_interval: Option<f64>,
    ping_timeout: Option<f64>,
    max_payload: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        let data = r#"{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"#.to_owned()
            + r#""pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
        let expected = Handshake {
            sid: "lv_VI97HAXpY6yYWAAAC".into(),
            upgrades: ["websocket".into()].into(),
            ping_interval: Some(Duration::from_secs(25)),
            ping_timeout: Some(Duration::from_secs(20)),
            payload_bytes_max: Some(1_000_000),
        };
        assert_eq!(Handshake::decode(&data), Ok(expected));
    }

    #[test]
    fn a_handshake_may_be_bare_and_may_say_more() {
        let bare = Handshake {
            sid: "a".into(),
            upgrades: [].into(),
            ping_interval: None,
            ping_timeout: None,
            payload_bytes_max: None,
        };
        for data in [
            r#"{"sid":"a"}"#,
            r#"{"sid":"a","upgrades":null,"pingInterval":null,"maxPayload":null}"#,
            r#"{"extra":{"deep":[1]},"sid":"a","pingInterval":-1,"maxPayload":-5}"#,
        ] {
            assert_eq!(Handshake::decode(data).as_ref(), Ok(&bare), "{data}");
        }
    }

    #[test]
    fn times_may_be_zero_fractions_and_beyond_reason() {
        for (millis, expected) in [
            ("0", Duration::ZERO),
            ("0.5", Duration::from_micros(500)),
            ("25000.0", Duration::from_secs(25)),
            ("1e300", DURATION_MAX),
            ("18446744073709551616", DURATION_MAX),
        ] {
            let data = format!(r#"{{"sid":"a","pingInterval":{millis},"pingTimeout":{millis}}}"#);
            let handshake = Handshake::decode(&data).unwrap();
            assert_eq!(handshake.ping_interval, Some(expected), "{millis}");
            assert_eq!(handshake.ping_timeout, Some(expected), "{millis}");
        }
    }

    #[test]
    fn what_is_no_handshake_is_refused_where_it_breaks() {
        for (data, column) in [
            ("", 0),
            ("{", 1),
            ("{}", 2),
            ("[]", 2),
            (r#"{"sid":7}"#, 8),
            (r#"{"sid":"a","pingInterval":"25"}"#, 30),
            (r#"{"sid":"a"}x"#, 12),
        ] {
            let expected = Err(HandshakeError::Json { line: 1, column });
            assert_eq!(Handshake::decode(data), expected, "{data}");
        }
    }
}
