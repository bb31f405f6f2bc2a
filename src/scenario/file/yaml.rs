//! YAML: a text into a JSON value, bounded, each key once; the only code that knows serde_yaml.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// What is wrong with a text as YAML, before any key has a meaning.
#[derive(Debug)]
pub(in crate::scenario) struct YamlMistake {
    pub(in crate::scenario) what: String,
    /// Byte offset into the text, where the parser knew one.
    pub(in crate::scenario) offset: Option<usize>,
}

/// Values, keys included, that one text may stand for once its aliases are expanded: serde_yaml
/// bounds how often it follows an alias, but not what that comes to.
const VALUES_MAX: usize = 200_000;

/// The value that `text`, one YAML document, stands for.
pub(in crate::scenario) fn read_yaml(text: &str) -> Result<Value, YamlMistake> {
    let budget = Budget { left: Cell::new(VALUES_MAX) };
    (&budget).deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|error| {
        let mut what = error.to_string();
        let offset = error.location().map(|location| {
            let place = format!(" at line {} column {}", location.line(), location.column());
            if let Some(start) = what.rfind(&place) {
                what.replace_range(start..start + place.len(), "");
            }
            location.index()
        });
        YamlMistake { what, offset }
    })
}

/// The YAML text of a value. Mappings keep the order of their keys.
pub(in crate::scenario) fn write_yaml(value: &Value) -> String {
    serde_yaml::to_string(value).expect("a JSON value is a YAML value")
}

struct Budget {
    left: Cell<usize>,
}

impl Budget {
    fn spend<E: de::Error>(&self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| {
            E::custom(format_args!("more than {VALUES_MAX} values, with aliases expanded"))
        })?;
        self.left.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &Budget {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.spend()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Budget {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a plain value, a list or a mapping")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom(format_args!("`{value}` is not a finite number")))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Value, A::Error> {
        let (tag, _) = tagged.variant::<String>()?;
        Err(de::Error::custom(format_args!("the tag `!{tag}` has no meaning here")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Value, A::Error> {
        let mut entries = Map::new();
        while let Some(key) = mapping.next_key_seed(self)? {
            let Value::String(key) = key else {
                return Err(de::Error::custom(format_args!("the key {key} is not a text")));
            };
            if entries.contains_key(&key) {
                return Err(de::Error::custom(format_args!("the key `{key}` is given twice")));
            }
            entries.insert(key, mapping.next_value_seed(self)?);
        }
        Ok(Value::Object(entries))
    }
}
