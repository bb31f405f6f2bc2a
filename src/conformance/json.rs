//! JSON: whether two values say the same, however they are written.

use serde_json::Value;

/// Whether two values say the same: keys in any order, and numbers as JavaScript has them, for that
/// is what they mean.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => all_same(one, other),
        (Value::Object(one), Value::Object(other)) => {
            let is_in_other = |(key, value)| other.get(key).is_some_and(|it| same(value, it));
            one.len() == other.len() && one.iter().all(is_in_other)
        }
        (one, other) => one == other,
    }
}

/// Whether the values of two lists do, each in its place.
pub(super) fn all_same(one: &[Value], other: &[Value]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_however_they_are_written_and_keys_in_any_order() {
        let read = |text: &str| serde_json::from_str::<Value>(text).expect(text);
        for (one, other, wanted) in [
            ("1.0", "1", true),
            (r#"{"a":1,"b":[2]}"#, r#"{"b":[2.0],"a":1}"#, true),
            (r#"{"a":1,"b":[1e2,null]}"#, r#"{"b":[100.0,null],"a":1.0}"#, true),
            (r#"{"a":1,"b":[1e2,null]}"#, r#"{"b":[100.0],"a":1.0}"#, false),
            (r#"{"a":null}"#, "{}", false),
            ("[1,2]", "[2,1]", false),
            (r#""1""#, "1", false),
        ] {
            assert_eq!(same(&read(one), &read(other)), wanted, "{one} {other}");
        }
    }
}
