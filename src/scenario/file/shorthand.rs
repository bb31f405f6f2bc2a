//! Shorthand: a value that may be typed as a word, or at length as a mapping or a list.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, Visitor};

use crate::scenario::units::UnitError;

/// A type with more than one spelling. Serde's untagged enums would lose both the place and the
/// reason of an error.
pub(super) trait Shorthand<'de>: Sized {
    /// All spellings, as the end of "expected …".
    const EXPECTED: &'static str;

    /// What a bare word or number means.
    fn from_text(text: &str) -> Result<Self, UnitError>;

    /// What a mapping means.
    fn from_map<D: Deserializer<'de>>(map: D) -> Result<Self, D::Error> {
        let _ = map;
        Err(de::Error::invalid_type(de::Unexpected::Map, &Self::EXPECTED))
    }

    /// What a list means.
    fn from_list<D: Deserializer<'de>>(list: D) -> Result<Self, D::Error> {
        let _ = list;
        Err(de::Error::invalid_type(de::Unexpected::Seq, &Self::EXPECTED))
    }

    /// Reads any of the spellings.
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShorthandVisitor(PhantomData))
    }
}

struct ShorthandVisitor<T>(PhantomData<T>);

impl<'de, T: Shorthand<'de>> Visitor<'de> for ShorthandVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text).map_err(E::custom)
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

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::from_map(MapAccessDeserializer::new(map))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::from_list(SeqAccessDeserializer::new(list))
    }
}

/// Implements `Deserialize` through [`Shorthand`].
macro_rules! deserialize_by_shorthand {
    ($type:ty) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$type as $crate::scenario::file::shorthand::Shorthand>::read(deserializer)
            }
        }
    };
}

pub(super) use deserialize_by_shorthand;
