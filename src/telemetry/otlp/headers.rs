//! Headers: what is told to a collector beside the metrics, such as who we are.

use std::str::FromStr;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

/// Headers of each push. Their values are secrets: nothing shows them, not even what is wrong
/// with one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CollectorHeaders(HeaderMap);

impl FromStr for CollectorHeaders {
    type Err = String;

    /// From `key1=value1,key2=value2`, values percent-encoded (OpenTelemetry Protocol Exporter,
    /// "Specifying headers via environment variables", and W3C Baggage, without properties).
    fn from_str(text: &str) -> Result<CollectorHeaders, String> {
        let mut headers = HeaderMap::new();
        for (at, pair) in (1..).zip(text.split(',')) {
            let (name, value) = header(pair).map_err(|why| {
                format!(
                    "header {at} {why}; write `key1=value1,key2=value2`, values percent-encoded"
                )
            })?;
            headers.append(name, value);
        }
        Ok(CollectorHeaders(headers))
    }
}

impl From<CollectorHeaders> for HeaderMap {
    fn from(CollectorHeaders(headers): CollectorHeaders) -> HeaderMap {
        headers
    }
}

fn header(pair: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
    // A value may have more of them: Base64 ends so.
    let (name, value) = pair.split_once('=').ok_or("has no `=`")?;
    let name = name.trim().parse().map_err(|_| "has no name that a header may have")?;
    if value.contains(';') {
        return Err("has a `;`, which is `%3B` in a value");
    }
    let value: Vec<u8> = percent_decode_str(value.trim()).collect();
    let mut value =
        HeaderValue::from_bytes(&value).map_err(|_| "has a value that a header may not have")?;
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_headers() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("api-key=abc", &[("api-key", "abc")]),
            ("a=1,b=2", &[("a", "1"), ("b", "2")]),
            (" a = 1 ,\tb = 2 ", &[("a", "1"), ("b", "2")]),
            ("a=1,a=2", &[("a", "1"), ("a", "2")]),
            ("Authorization=Basic%20dTpw", &[("authorization", "Basic dTpw")]),
            // Not quite as it should be, and what it means is clear.
            ("authorization=Basic dTpwcA==", &[("authorization", "Basic dTpwcA==")]),
            ("a=x%2Cy%3Bz%3D%25", &[("a", "x,y;z=%")]),
            ("a=+", &[("a", "+")]),
            ("a=", &[("a", "")]),
            ("a=100%", &[("a", "100%")]),
        ];
        for (text, wanted) in cases {
            let CollectorHeaders(headers) = text.parse().expect(text);
            let pairs = headers.iter().map(|(name, value)| {
                assert!(value.is_sensitive(), "{text}");
                (name.as_str(), value.to_str().expect("ASCII"))
            });
            assert_eq!(pairs.collect::<Vec<_>>(), *wanted, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_and_no_value_is_shown() {
        for (wrong, why) in [
            ("hunter2", "header 1 has no `=`"),
            ("a=1,hunter2", "header 2 has no `=`"),
            ("a=1,", "header 2 has no `=`"),
            ("=hunter2", "header 1 has no name"),
            ("a b=hunter2", "header 1 has no name"),
            ("\u{e9}=hunter2", "header 1 has no name"),
            ("a=hunter2;b=c", "header 1 has a `;`"),
            ("a=hunter2%0D%0Ab: c", "header 1 has a value"),
            ("a=hunter2%00", "header 1 has a value"),
        ] {
            let error = wrong.parse::<CollectorHeaders>().expect_err(wrong);
            assert!(error.starts_with(why), "{wrong:?}: {error}");
            assert!(error.contains("write `key1=value1") && !error.contains("hunter2"), "{error}");
        }
        let headers: CollectorHeaders = "a=hunter2".parse().expect("one header");
        assert!(!format!("{headers:?}").contains("hunter2"));
    }
}
