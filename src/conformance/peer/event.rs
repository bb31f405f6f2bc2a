//! Event: what a packet says to an application, or acknowledges.

use serde_json::Value;

use super::polling::Packet;
use crate::protocol::socket_io;

/// An event of more values is none that anybody asked for.
const VALUES_MAX: usize = 100_000;

/// An event or an acknowledgement, with its JSON read.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::conformance) struct Event {
    pub(in crate::conformance) namespace: String,
    pub(in crate::conformance) is_ack: bool,
    pub(in crate::conformance) id: Option<u64>,
    /// How many attachments follow.
    pub(in crate::conformance) attachments: usize,
    /// The array: of an event, its name first.
    pub(in crate::conformance) data: Vec<Value>,
}

impl Event {
    /// Reads it; nothing when `packet` is another one, or no JSON.
    pub(in crate::conformance) fn read(packet: &Packet) -> Option<Event> {
        use socket_io::Body;
        let Packet::Text(text) = packet else { return None };
        let decoded = socket_io::Packet::decode(text.strip_prefix('4')?).ok()?;
        let (is_ack, id, attachments, data) = match decoded.body {
            Body::Event { id, data } => (false, id, 0, data),
            Body::BinaryEvent { attachments, id, data } => (false, id, attachments, data),
            Body::Ack { id, data } => (true, Some(id), 0, data),
            Body::BinaryAck { attachments, id, data } => (true, Some(id), attachments, data),
            Body::Connect { .. } | Body::Disconnect | Body::ConnectError { .. } => return None,
        };
        if data.matches(',').count() > VALUES_MAX {
            return None;
        }
        let data = serde_json::from_str(data).ok()?;
        Some(Event { namespace: decoded.namespace.into(), is_ack, id, attachments, data })
    }

    /// The event's name; nothing for an acknowledgement.
    pub(in crate::conformance) fn name(&self) -> Option<&str> {
        if self.is_ack { None } else { self.data.first()?.as_str() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_too_many_values_is_none() {
        let of = |values| Event::read(&Packet::Text(format!("42[\"e\"{}]", ",1".repeat(values))));
        assert_eq!(of(3).map(|event| event.data.len()), Some(4));
        assert_eq!(of(VALUES_MAX + 1), None);
    }
}
