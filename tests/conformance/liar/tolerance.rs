//! Tolerance: which lie it would be to stand what is no packet.

use super::packet::{Kind, Packet};
use super::{Lie, json};

/// Of a text that is no packet.
pub(super) fn of_text(text: &str, has_entered: bool) -> Lie {
    match text.as_bytes().first() {
        _ if !has_entered => Lie::IgnoresGarbage,
        Some(b'5' | b'6') => Lie::IgnoresBadCounts,
        _ => Lie::IgnoresUnknownTypes,
    }
}

/// Of a packet that cannot be obeyed; nothing when no lie is about that.
pub(super) fn of_packet(packet: &Packet, has_entered: bool) -> Option<Lie> {
    match packet.kind {
        Kind::Event if !has_entered => Some(Lie::IgnoresEventsBeforeConnect),
        Kind::Event => Some(of_event(packet)),
        Kind::Ack => Some(of_ack(packet)),
        Kind::Connect => None,
        Kind::Disconnect | Kind::ConnectError => None,
    }
}

fn of_event(packet: &Packet) -> Lie {
    let data = packet.data.as_str();
    if let Some(elements) = json::elements(data) {
        return match elements.first() {
            None => Lie::IgnoresEventsWithoutArray,
            Some(name) if name.starts_with(|it: char| it.is_ascii_digit()) => {
                Lie::IgnoresNumbersForNames
            }
            // The array is sound: it was for another namespace.
            Some(name) if name.starts_with('"') => Lie::IgnoresEventsElsewhere,
            Some(_) => Lie::IgnoresOddNames,
        };
    }
    match data.chars().next() {
        None => Lie::IgnoresEventsWithoutPayload,
        Some(' ') => Lie::IgnoresBlanksBeforeArrays,
        Some('-' | '.') => Lie::IgnoresOddIds,
        Some('a'..='z') if !json::is_valid(data) => Lie::IgnoresLettersForIds,
        Some('[') if data.contains(']') && !data.ends_with(']') => Lie::IgnoresWhatFollowsArrays,
        Some(_) => Lie::IgnoresEventsWithoutArray,
    }
}

fn of_ack(packet: &Packet) -> Lie {
    match packet.data.chars().next() {
        Some('a'..='z') => Lie::IgnoresOddIds,
        _ if packet.id.is_empty() => Lie::IgnoresAcksWithoutId,
        None => Lie::IgnoresAcksWithoutPayload,
        Some(_) => Lie::IgnoresAcksWithoutArray,
    }
}
