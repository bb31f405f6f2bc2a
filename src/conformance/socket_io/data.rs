//! Data: an event's arguments compared by value, with the attachments in their places.

use serde_json::{Value, json};

use crate::conformance::finding::Stop;
use crate::conformance::json::all_same;
use crate::conformance::peer::{Event, Missing, Packet, Peer, hex};
use crate::conformance::trial::Trial;

/// Where an attachment belongs.
pub(super) fn placeholder(number: usize) -> Value {
    json!({ "_placeholder": true, "num": number })
}

/// Whether `heard` are the arguments `sent`; one that recovers sessions may add an offset.
pub(super) fn same_arguments(trial: &Trial, sent: &[Value], heard: &[Value]) -> bool {
    if trial.survey().recovery
        && let Some((Value::String(_), rest)) = heard.split_last()
        && all_same(sent, rest)
    {
        return true;
    }
    all_same(sent, heard)
}

/// `value` with each placeholder filled with what it stands for; whatever its number is.
pub(super) fn filled(value: &Value, attachments: &[Vec<u8>]) -> Value {
    if value["_placeholder"] == true
        && let Some(number) = value["num"].as_u64()
        && let Some(bytes) = usize::try_from(number).ok().and_then(|it| attachments.get(it))
    {
        return json!({ "attachment": hex(bytes) });
    }
    match value {
        Value::Array(values) => values.iter().map(|value| filled(value, attachments)).collect(),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| (key.clone(), filled(value, attachments));
            Value::Object(entries.iter().map(entry).collect())
        }
        plain => plain.clone(),
    }
}

/// Wants the event or acknowledgement that `is_it`, with its attachments.
///
/// # Errors
/// Failed, with what came instead.
pub(super) async fn take(
    trial: &Trial,
    peer: &mut Peer,
    expected: &str,
    is_it: impl FnMut(&Event) -> bool,
) -> Result<(Event, Vec<Vec<u8>>), Stop> {
    let event = peer.expect_data(expected, is_it).await?;
    let mut attachments = Vec::new();
    while attachments.len() < event.attachments {
        let binary = |packet: &Packet| match packet {
            Packet::Binary(bytes) => Some(bytes.clone()),
            Packet::Text(_) => None,
        };
        let attachment = peer.wait_for(trial.patience().answer, binary).await;
        attachments.push(attachment.map_err(|missing: Missing| peer.instead(expected, &missing))?);
    }
    Ok((event, attachments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_are_compared_in_their_places() {
        let attachments = [vec![1], vec![2]];
        let value = json!([{ "a": placeholder(1) }, placeholder(0)]);
        let swapped = json!([{ "a": placeholder(0) }, placeholder(1)]);
        let turned = [vec![2], vec![1]];
        assert_eq!(filled(&value, &attachments), filled(&swapped, &turned));
        assert_ne!(filled(&value, &attachments), filled(&swapped, &attachments));
    }
}
