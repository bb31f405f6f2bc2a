//! Units: rates, sizes, periods and shares as a person writes them, with their unit.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A text that is no such quantity: what is wrong with it, and on a second line what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}\n{remedy}")]
pub struct UnitError {
    /// What is wrong, in one line.
    pub what: String,
    /// The forms that are understood, in one line.
    pub remedy: String,
}

/// So many per second, minute or hour; kept as written, so that it is printed as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    count: f64,
    per: Per,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Per {
    Second,
    Minute,
    Hour,
}

impl Rate {
    const FORMS: &str = "write a rate with its unit, such as `200/s`, `0.5/s`, `90/min` or `10/h`";
    /// The highest rate that is understood, per second.
    pub const PER_SECOND_MAX: f64 = 1e8;

    /// `count` per second; it must be finite and not negative.
    pub fn of_seconds(count: f64) -> Rate {
        assert!(count.is_finite() && count >= 0.0, "a rate of {count}/s");
        Rate { count, per: Per::Second }
    }

    /// How many per second.
    pub fn per_second(self) -> f64 {
        match self.per {
            Per::Second => self.count,
            Per::Minute => self.count / 60.0,
            Per::Hour => self.count / 3600.0,
        }
    }

    /// This rate, `factor` times as fast.
    pub fn times(self, factor: f64) -> Rate {
        Rate { count: self.count * factor, per: self.per }
    }
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Rate, UnitError> {
        let wrong = |what: String| UnitError { what, remedy: Rate::FORMS.into() };
        let (count, unit) =
            split_number(text).ok_or_else(|| wrong(format!("`{text}` is not a rate")))?;
        let per = match unit {
            "/s" | "/sec" | "/second" => Per::Second,
            "/min" | "/minute" => Per::Minute,
            "/h" | "/hour" => Per::Hour,
            "" => return Err(wrong(format!("`{text}` has no unit"))),
            _ => return Err(wrong(format!("`{unit}` is not a unit of a rate"))),
        };
        let rate = Rate { count, per };
        if rate.per_second() > Rate::PER_SECOND_MAX {
            return Err(wrong(format!("`{text}` is more than {}/s", Rate::PER_SECOND_MAX)));
        }
        Ok(rate)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = match self.per {
            Per::Second => "s",
            Per::Minute => "min",
            Per::Hour => "h",
        };
        write!(f, "{}/{per}", self.count)
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u32);

const SIZE_UNITS: [(&str, u32); 7] = [
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1000),
    ("B", 1),
];

impl Size {
    const FORMS: &str =
        "write a size with its unit, such as `64 B`, `2 kB` (2,000 B) or `1 KiB` (1,024 B)";

    /// This many bytes.
    pub const fn of_bytes(bytes: u32) -> Size {
        Size(bytes)
    }

    /// How many bytes.
    pub const fn bytes(self) -> u32 {
        self.0
    }
}

impl FromStr for Size {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Size, UnitError> {
        let wrong = |what: String| UnitError { what, remedy: Size::FORMS.into() };
        let (count, unit) =
            split_number(text).ok_or_else(|| wrong(format!("`{text}` is not a size")))?;
        if unit.is_empty() {
            return Err(wrong(format!("`{text}` has no unit")));
        }
        let (_, scale) = SIZE_UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| wrong(format!("`{unit}` is not a unit of size")))?;
        let bytes = count * f64::from(*scale);
        if bytes.fract() != 0.0 || bytes > f64::from(u32::MAX) {
            return Err(wrong(format!("`{text}` is no whole number of bytes below 4 GiB")));
        }
        Ok(Size(bytes as u32))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, scale) = SIZE_UNITS
            .iter()
            .find(|(_, scale)| self.0 >= *scale && self.0.is_multiple_of(*scale))
            .unwrap_or(&("B", 1));
        write!(f, "{} {unit}", self.0 / scale)
    }
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(Duration);

impl Period {
    const FORMS: &str =
        "write a length of time with its unit, such as `250 ms`, `1.5 s`, `2 min` or `1h 30min`";
    /// The longest that is understood: 30 days.
    pub const MAX: Duration = Duration::from_secs(30 * 86_400);
    /// No number of a length of time that makes sense has more digits in a row.
    const DIGITS_MAX: usize = 15;

    /// This long.
    pub const fn new(duration: Duration) -> Period {
        Period(duration)
    }

    /// How long.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Period {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Period, UnitError> {
        let wrong = |what: String| UnitError { what, remedy: Period::FORMS.into() };
        let digits = text.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
        if digits.unwrap_or(0) > Period::DIGITS_MAX {
            return Err(wrong(format!("`{text}` is more than 30 days")));
        }
        match humantime::parse_duration(text) {
            Ok(duration) if duration <= Period::MAX => Ok(Period(duration)),
            Ok(_) => Err(wrong(format!("`{text}` is more than 30 days"))),
            Err(humantime::DurationError::UnknownUnit { unit, .. }) if unit.is_empty() => {
                Err(wrong(format!("`{text}` has no unit")))
            }
            Err(humantime::DurationError::UnknownUnit { unit, .. }) => {
                Err(wrong(format!("`{unit}` is not a unit of time")))
            }
            Err(_) => Err(wrong(format!("`{text}` is not a length of time"))),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

/// A part of a whole: more than none of it, at most all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    percent: f64,
}

impl Share {
    const FORMS: &str = "write `all`, or a share such as `20%`";
    /// The whole.
    pub const ALL: Share = Share { percent: 100.0 };
    /// Half of it.
    pub const HALF: Share = Share { percent: 50.0 };
    /// A twentieth of it.
    pub const FIVE_PERCENT: Share = Share { percent: 5.0 };
    /// Nearly a third of it.
    pub const THIRTY_PERCENT: Share = Share { percent: 30.0 };

    /// The part, above 0 and at most 1.
    pub fn fraction(self) -> f64 {
        self.percent / 100.0
    }
}

impl FromStr for Share {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Share, UnitError> {
        let wrong = |what: String| UnitError { what, remedy: Share::FORMS.into() };
        if text == "all" {
            return Ok(Share::ALL);
        }
        match split_number(text) {
            Some((percent, "%")) if percent > 0.0 && percent <= 100.0 => Ok(Share { percent }),
            Some((_, "%")) => Err(wrong(format!("`{text}` is not above 0% and at most 100%"))),
            Some((_, "")) => Err(wrong(format!("`{text}` has no unit"))),
            _ => Err(wrong(format!("`{text}` is not a share"))),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Share::ALL => f.write_str("all"),
            Share { percent } => write!(f, "{percent}%"),
        }
    }
}

/// The number that `text` begins with, and what follows it, without the space between them.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim_start()))
}

/// Reads a quantity from YAML: a text, or a bare number that is told it lacks its unit.
pub(super) struct QuantityVisitor<T> {
    pub(super) expected: &'static str,
    pub(super) parse: fn(&str) -> Result<T, UnitError>,
}

impl<T> de::Visitor<'_> for QuantityVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

macro_rules! quantity_in_yaml {
    ($type:ident, $expected:literal, $pattern:literal, $examples:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                let parse = $type::from_str;
                deserializer.deserialize_any(QuantityVisitor { expected: $expected, parse })
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": $expected,
                    "type": "string",
                    "pattern": $pattern,
                    "examples": $examples,
                })
            }
        }
    };
}

quantity_in_yaml!(
    Rate,
    "a rate such as `200/s`",
    r"^[0-9]+(\.[0-9]+)? *\/ *(s|sec|second|min|minute|h|hour)$",
    ["200/s", "90/min"]
);
quantity_in_yaml!(
    Size,
    "a size such as `64 B`",
    r"^[0-9]+(\.[0-9]+)? *(B|kB|KiB|MB|MiB|GB|GiB)$",
    ["64 B", "1 KiB"]
);
quantity_in_yaml!(
    Period,
    "a length of time such as `15 s`",
    r"^([0-9]+(\.[0-9]+)? *[a-zµ]+ *)+$",
    ["250 ms", "15 s", "2 min"]
);
quantity_in_yaml!(
    Share,
    "a share such as `20%`, or `all`",
    r"^(all|[0-9]+(\.[0-9]+)? *%)$",
    ["all", "20%"]
);

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check<T: FromStr<Err = UnitError> + fmt::Display>(texts: &[&str], expected: &Expect) {
        let lines: Vec<_> = texts
            .iter()
            .map(|text| match text.parse::<T>() {
                Ok(quantity) => format!("{text} = {quantity}\n"),
                Err(error) => format!("{text} ! {}\n", error.what),
            })
            .collect();
        expected.assert_eq(&lines.concat());
    }

    #[test]
    fn quantities_are_read_with_their_unit() {
        check::<Rate>(
            &["200/s", " 1.5 /min", "10/h", "200", "fast", "5 ms", "-1/s", "1e3/s", "999999999/s"],
            &expect![[r#"
                200/s = 200/s
                 1.5 /min = 1.5/min
                10/h = 10/h
                200 ! `200` has no unit
                fast ! `fast` is not a rate
                5 ms ! `ms` is not a unit of a rate
                -1/s ! `-1/s` is not a rate
                1e3/s ! `e3/s` is not a unit of a rate
                999999999/s ! `999999999/s` is more than 100000000/s
            "#]],
        );
        check::<Size>(
            &["64 B", "1KiB", "1.5 kB", "2048 B", "0 B", "64", "0.5 B", "64 b", "9999 MiB"],
            &expect![[r#"
                64 B = 64 B
                1KiB = 1 KiB
                1.5 kB = 1500 B
                2048 B = 2 KiB
                0 B = 0 B
                64 ! `64` has no unit
                0.5 B ! `0.5 B` is no whole number of bytes below 4 GiB
                64 b ! `b` is not a unit of size
                9999 MiB ! `9999 MiB` is no whole number of bytes below 4 GiB
            "#]],
        );
        check::<Period>(
            &[
                "15 s",
                "1.5 s",
                "250ms",
                "1h 30min",
                "0 s",
                "15",
                "soon",
                "5 parsecs",
                "31 days",
                "18446744073709551615s 1000ms",
                "",
            ],
            &expect![[r#"
                15 s = 15s
                1.5 s = 1s 500ms
                250ms = 250ms
                1h 30min = 1h 30m
                0 s = 0s
                15 ! `15` has no unit
                soon ! `soon` is not a length of time
                5 parsecs ! `parsecs` is not a unit of time
                31 days ! `31 days` is more than 30 days
                18446744073709551615s 1000ms ! `18446744073709551615s 1000ms` is more than 30 days
                 ! `` is not a length of time
            "#]],
        );
        check::<Share>(
            &["all", "20%", "0.5 %", "0%", "101%", "20", "some"],
            &expect![[r#"
            all = all
            20% = 20%
            0.5 % = 0.5%
            0% ! `0%` is not above 0% and at most 100%
            101% ! `101%` is not above 0% and at most 100%
            20 ! `20` has no unit
            some ! `some` is not a share
        "#]],
        );
    }

    #[test]
    fn rates_are_compared_per_second() {
        assert_eq!("90/min".parse::<Rate>().unwrap().per_second(), 1.5);
        assert_eq!("3600/h".parse::<Rate>().unwrap().per_second(), 1.0);
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(nanos in 0..1_u64 << 50, bytes: u32, count in 0.0..1e8_f64) {
            let period = Period::new(Duration::from_nanos(nanos));
            prop_assert_eq!(period.to_string().parse(), Ok(period));
            let size = Size::of_bytes(bytes);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
            let rate = Rate::of_seconds(count);
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }
    }
}
