//! Statistic: which single number of a latency's distribution a threshold speaks of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::units::{QuantityVisitor, UnitError};

/// One number of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Statistic {
    /// A percentile, such as `p99.9`.
    Percentile(Percentile),
    /// The largest value: `max`.
    Max,
    /// The arithmetic mean: `mean`.
    Mean,
}

/// A percentage above 0 and below 100, to a thousandth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percentile {
    thousandths: u32,
}

impl Percentile {
    /// The percentage, such as 99.9.
    pub fn percent(self) -> f64 {
        f64::from(self.thousandths) / 1000.0
    }
}

impl FromStr for Statistic {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Statistic, UnitError> {
        match text {
            "max" => return Ok(Statistic::Max),
            "mean" => return Ok(Statistic::Mean),
            _ => {}
        }
        text.strip_prefix('p')
            .filter(|percent| percent.starts_with(|c: char| c.is_ascii_digit()))
            .and_then(|percent| percent.parse::<f64>().ok())
            .map(|percent| (percent * 1000.0).round() as u32)
            .filter(|thousandths| (1..100_000).contains(thousandths))
            .map(|thousandths| Statistic::Percentile(Percentile { thousandths }))
            .ok_or_else(|| UnitError {
                what: format!("`{text}` is not a statistic"),
                remedy: "write a percentile such as `p50`, `p99` or `p99.9`, `max` or `mean`"
                    .into(),
            })
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statistic::Percentile(percentile) => write!(f, "p{}", percentile.percent()),
            Statistic::Max => f.write_str("max"),
            Statistic::Mean => f.write_str("mean"),
        }
    }
}

impl<'de> Deserialize<'de> for Statistic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Statistic, D::Error> {
        let expected = "a statistic such as `p99`";
        deserializer.deserialize_str(QuantityVisitor { expected, parse: Statistic::from_str })
    }
}

impl Serialize for Statistic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Statistic {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Statistic".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "a percentile such as `p99`, `max` or `mean`",
            "type": "string",
            "pattern": r"^(p[0-9]+(\.[0-9]+)?|max|mean)$",
        })
    }
}
