//! Locate: where in a YAML text the field at a path stands.

use std::ops::Range;

use saphyr::{LoadableYamlNode, MarkedYaml, Marker, YamlData};

use super::path::{Key, Path};

/// What about a field is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    Key,
    Value,
}

/// The bytes of `text` that an error about `path` should point at: the key, or the value if it is
/// a scalar; where there is no such field, the nearest one around it.
pub(super) fn locate(text: &str, path: &Path, aspect: Aspect) -> Option<Range<usize>> {
    let documents = MarkedYaml::load_from_str(text).ok()?;
    let mut node = documents.first()?;
    let mut range = None;
    for key in &path.0 {
        let Some((label, child)) = step(node, key) else { break };
        range = Some(label);
        node = child;
    }
    if aspect == Aspect::Value && matches!(node.data, YamlData::Value(_)) {
        range = Some(span_of(node));
    }
    range.map(|(start, end)| byte_range(text, start.index(), end.index()))
}

/// Where a key stands that its mapping already has.
pub(super) fn locate_repeated_key(text: &str) -> Option<usize> {
    let error = MarkedYaml::load_from_str(text).err()?;
    let repeated = error.info().contains("duplicated key");
    repeated.then(|| byte_range(text, error.marker().index(), error.marker().index()).start)
}

fn span_of(node: &MarkedYaml<'_>) -> (Marker, Marker) {
    (node.span.start, node.span.end)
}

/// The part of a node that `key` leads to, after the span that it is called by.
fn step<'n, 'i>(
    node: &'n MarkedYaml<'i>,
    key: &Key,
) -> Option<((Marker, Marker), &'n MarkedYaml<'i>)> {
    match (&node.data, key) {
        (YamlData::Mapping(entries), Key::Name(name)) => entries
            .iter()
            .find(|(key, _)| key.data.as_str() == Some(name))
            .map(|(key, value)| (span_of(key), value)),
        (YamlData::Sequence(elements), Key::Index(index)) => {
            elements.get(*index).map(|element| (span_of(element), element))
        }
        _ => None,
    }
}

/// Character positions as byte positions; what spans several lines is cut to its first.
fn byte_range(text: &str, start: usize, end: usize) -> Range<usize> {
    let byte = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    let (start, end) = (byte(start), byte(end));
    let line_end = text[start..].find('\n').map_or(text.len(), |length| start + length);
    start..end.min(line_end).max(start)
}
