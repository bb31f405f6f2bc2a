//! Messages as typed: how long their texts are and what they are made of.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::shorthand::{Shorthand, deserialize_by_shorthand};
use crate::chat::Alphabet;
use crate::scenario::units::{Size, UnitError};

/// What messages look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageFile {
    /// How long a text is, in bytes of UTF-8: a size, or a distribution that each message draws
    /// from. At least 35 B, which the stamp that tells messages apart needs. Default: `64 B`.
    #[serde(default)]
    pub size: SizesFile,
    /// What texts are filled with: `ascii`, `unicode` (two to four bytes a character) or `mixed`
    /// (both, with quotes, backslashes, line breaks and HTML). Default: `ascii`.
    #[serde(default)]
    pub alphabet: Alphabet,
}

/// A size of texts, or a distribution of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum SizesFile {
    /// Every text has this many bytes.
    Fixed(Size),
    /// Each text draws its own.
    Drawn(DrawnSize),
}

impl Default for SizesFile {
    fn default() -> SizesFile {
        SizesFile::Fixed(Size::of_bytes(64))
    }
}

/// How a message draws the size of its text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DrawnSize {
    /// Every size between the bounds is as likely as another.
    Uniform(UniformSize),
    /// Mostly short and now and then long, as people write.
    LogNormal(LogNormalSize),
}

/// Any size between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UniformSize {
    /// The shortest.
    pub min: Size,
    /// The longest.
    pub max: Size,
}

/// Mostly short and now and then long.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogNormalSize {
    /// Half of the texts are shorter than this.
    pub median: Size,
    /// The standard deviation of the size's natural logarithm: 0.8 puts one text in six above
    /// 2.2 times the median.
    #[schemars(range(min = 0.0, max = 5.0))]
    pub sigma: f64,
    /// No text is longer; those that would be are cut to it. None is shorter than 35 B.
    pub max: Size,
}

impl<'de> Shorthand<'de> for SizesFile {
    const EXPECTED: &'static str = "a size such as `64 B`, or a mapping `uniform` or `log_normal`";

    fn from_text(text: &str) -> Result<SizesFile, UnitError> {
        text.parse().map(SizesFile::Fixed)
    }

    fn from_map<D: Deserializer<'de>>(map: D) -> Result<SizesFile, D::Error> {
        DrawnSize::deserialize(map).map(SizesFile::Drawn)
    }
}

deserialize_by_shorthand!(SizesFile);
