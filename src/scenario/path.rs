//! Path: the way from the root of a scenario to one of its fields.

use std::fmt;

/// The keys and positions that lead to a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path(pub(super) Vec<Key>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Name(String),
    Index(usize),
}

impl Path {
    /// Reads `load.phases.0.hold`; also `load.phases[0].hold`, as it is printed.
    pub(super) fn parse(dotted: &str) -> Path {
        let flat = dotted.replace('[', ".").replace(']', "");
        let mut keys: Vec<Key> = Vec::new();
        for key in flat.split('.').filter(|key| !key.is_empty()) {
            match (key.parse(), keys.last_mut()) {
                // A percentile such as `p99.9` has a dot of its own.
                (Ok::<usize, _>(_), Some(Key::Name(name))) if is_percentile(name) => {
                    name.push('.');
                    name.push_str(key);
                }
                (Ok(index), _) => keys.push(Key::Index(index)),
                (Err(_), _) => keys.push(Key::Name(key.into())),
            }
        }
        Path(keys)
    }

    /// This path and one more key.
    pub(super) fn name(&self, name: &str) -> Path {
        let mut keys = self.0.clone();
        keys.push(Key::Name(name.into()));
        Path(keys)
    }

    /// This path and one more position in a list.
    pub(super) fn index(&self, index: usize) -> Path {
        let mut keys = self.0.clone();
        keys.push(Key::Index(index));
        Path(keys)
    }

    pub(super) fn starts_with(&self, head: &Path) -> bool {
        self.0.starts_with(&head.0)
    }
}

fn is_percentile(name: &str) -> bool {
    let digits = name.strip_prefix('p').unwrap_or("");
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

impl From<&serde_path_to_error::Path> for Path {
    fn from(path: &serde_path_to_error::Path) -> Path {
        use serde_path_to_error::Segment;
        let key = |segment: &Segment| match segment {
            Segment::Seq { index } => Some(Key::Index(*index)),
            Segment::Map { key } => Some(Key::Name(key.clone())),
            Segment::Enum { variant } => Some(Key::Name(variant.clone())),
            Segment::Unknown => None,
        };
        Path(path.iter().map_while(key).collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, key) in self.0.iter().enumerate() {
            match key {
                Key::Name(name) if at == 0 => f.write_str(name)?,
                Key::Name(name) => write!(f, ".{name}")?,
                Key::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
