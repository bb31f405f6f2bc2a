//! The rooms as typed: how many, how large, how many per user, and what they are called.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::shorthand::{Shorthand, deserialize_by_shorthand};
use crate::scenario::units::UnitError;

/// The rooms and how users sit in them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomsFile {
    /// How many rooms there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How many members a room has: a number, or a distribution that each room draws from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<RoomSizeFile>,
    /// How many rooms each user is a member of. Default: 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub per_user: u32,
    /// What the rooms are called: `plain` (`room-17`), `provoking` (names that servers tend to
    /// mix up), or a `list` of names. Default: `plain`.
    #[serde(default)]
    pub names: NamesFile,
}

impl Default for RoomsFile {
    fn default() -> RoomsFile {
        RoomsFile { count: None, size: None, per_user: one(), names: NamesFile::Plain }
    }
}

fn one() -> u32 {
    1
}

/// A number of members, or a distribution of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RoomSizeFile {
    /// Every room has this many.
    Fixed(#[schemars(range(min = 2))] u32),
    /// Each room draws its own.
    Drawn(DrawnCount),
}

/// How a room draws its number of members.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DrawnCount {
    /// Every number between the bounds is as likely as another.
    Uniform(UniformCount),
    /// Many small rooms and a few large: size `n` is as likely as `n` to the power of
    /// `-exponent`.
    Zipf(ZipfCount),
}

/// Any number between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UniformCount {
    /// The fewest members.
    #[schemars(range(min = 2))]
    pub min: u32,
    /// The most members.
    pub max: u32,
}

/// Many small, few large.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZipfCount {
    /// The fewest members.
    #[schemars(range(min = 2))]
    pub min: u32,
    /// The most members.
    pub max: u32,
    /// How much rarer large rooms are; 0 is uniform. Default: 1.
    #[serde(default = "harmonic")]
    pub exponent: f64,
}

fn harmonic() -> f64 {
    1.0
}

impl<'de> Shorthand<'de> for RoomSizeFile {
    const EXPECTED: &'static str = "a number of members, or a mapping `uniform` or `zipf`";

    fn from_text(text: &str) -> Result<RoomSizeFile, UnitError> {
        text.parse().map(RoomSizeFile::Fixed).map_err(|_| UnitError {
            what: format!("`{text}` is not a number of members"),
            remedy: "write a whole number such as `10`, `{uniform: {min: 2, max: 20}}` or \
                     `{zipf: {min: 2, max: 200, exponent: 1.1}}`"
                .into(),
        })
    }

    fn from_map<D: Deserializer<'de>>(map: D) -> Result<RoomSizeFile, D::Error> {
        DrawnCount::deserialize(map).map(RoomSizeFile::Drawn)
    }
}

deserialize_by_shorthand!(RoomSizeFile);

/// What the rooms are called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NamesFile {
    /// `room-0`, `room-1` and so on.
    #[default]
    Plain,
    /// Names that servers tend to mix up: prefixes of each other, case, spaces, escapes, Unicode.
    Provoking,
    /// These names, in this order; at least as many as there are rooms, none of them twice.
    List(Vec<String>),
}
