//! Estimate: what a plan will come to, before anything is sent.

use serde::Serialize;

use super::dialect::Dialect;
use super::file::SenderPolicy;
use super::model::Scenario;
use super::plan::{Plan, Room};
use super::template::{Fields, Template};
use crate::chat::{Message, MessageId, RoomId, RunTag, Texts};
use crate::time::Timestamp;

/// What a run of a plan will come to. Rates are per second and at their highest; messages and
/// deliveries are expected numbers, which a Poisson load scatters about.
///
/// Bytes are those of chat messages: WebSocket headers (masked on the way to the server), the
/// Engine.IO and Socket.IO prefix and the JSON, averaged over messages of this very plan. Not
/// counted: joins, heartbeats, TLS, TCP and IP.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Connections held at once: one for each user.
    pub connections: u32,
    /// Rooms.
    pub rooms: u32,
    /// Members of the smallest room.
    pub room_members_min: u32,
    /// Members of the room in the middle.
    pub room_members_median: u32,
    /// Members of the largest room.
    pub room_members_max: u32,
    /// Members of all rooms together.
    pub memberships: u64,
    /// Members who speak, of all rooms together.
    pub speakers: u64,
    /// Groups of rooms and users that have nobody in common.
    pub cells: u32,
    /// The most shards that the plan can be divided into; 1 means one core does it all.
    pub shards_max: u32,
    /// Messages sent.
    pub messages: f64,
    /// Messages sent per second, at the peak.
    pub messages_per_second_max: f64,
    /// Deliveries: each message once for each of its receivers.
    pub deliveries: f64,
    /// Deliveries per second, at the peak.
    pub deliveries_per_second_max: f64,
    /// Bytes of one message on its way to the server.
    pub bytes_per_message: f64,
    /// Bytes of one message on its way to one receiver.
    pub bytes_per_delivery: f64,
    /// Bytes sent to the server per second, at the peak.
    pub sent_bytes_per_second_max: f64,
    /// Bytes received from the server per second, at the peak.
    pub received_bytes_per_second_max: f64,
    /// How long users take to begin connecting, in seconds.
    pub connect_secs: f64,
    /// How long the load lasts, in seconds.
    pub load_secs: f64,
    /// How long the run lasts, in seconds, on a server that takes no time.
    pub run_secs_min: f64,
    /// How long the run lasts at most, in seconds, when every timeout runs out.
    pub run_secs_max: f64,
}

impl Estimate {
    /// What a run of `plan`, which was made of `scenario`, will come to.
    pub fn new(scenario: &Scenario, plan: &Plan) -> Estimate {
        let mut members: Vec<u32> = plan.rooms.iter().map(|room| room.residents).collect();
        members.sort_unstable();
        let wire = Wire::of(scenario, plan);
        let profile = &scenario.load.profile;
        let connect_secs = plan.users.last().map_or(0.0, |user| user.connect_after.as_secs_f64());
        let load_secs = profile.duration().as_secs_f64();
        let timeouts = scenario.timeouts;
        // A join has half of its time for itself, and a whole one to be shown.
        let join = timeouts.join * 3 / 2;
        let patience = timeouts.connect + join + timeouts.delivery + join;
        let deliveries_each = receivers_per_message(plan, &scenario.dialect);
        Estimate {
            connections: plan.users.len() as u32,
            rooms: plan.rooms.len() as u32,
            room_members_min: members.first().copied().unwrap_or(0),
            room_members_median: members.get(members.len() / 2).copied().unwrap_or(0),
            room_members_max: members.last().copied().unwrap_or(0),
            memberships: members.iter().copied().map(u64::from).sum(),
            speakers: plan.speakers.into(),
            cells: plan.cells,
            shards_max: plan.cells,
            messages: profile.total(),
            messages_per_second_max: profile.peak(),
            deliveries: profile.total() * deliveries_each,
            deliveries_per_second_max: profile.peak() * deliveries_each,
            bytes_per_message: wire.sent,
            bytes_per_delivery: wire.received,
            sent_bytes_per_second_max: profile.peak() * wire.sent,
            received_bytes_per_second_max: profile.peak() * deliveries_each * wire.received,
            connect_secs,
            load_secs,
            run_secs_min: connect_secs + load_secs,
            run_secs_max: connect_secs + load_secs + patience.as_secs_f64(),
        }
    }
}

fn receivers(room: &Room, dialect: &Dialect) -> u64 {
    match dialect.sender {
        SenderPolicy::Excluded => u64::from(room.residents) - 1,
        SenderPolicy::Echoed => room.residents.into(),
    }
}

/// On average over those who speak, who all speak equally much.
fn receivers_per_message(plan: &Plan, dialect: &Dialect) -> f64 {
    let heard = |room: &Room| u64::from(room.speakers) * receivers(room, dialect);
    plan.rooms.iter().map(heard).sum::<u64>() as f64 / f64::from(plan.speakers)
}

/// Average bytes on the wire.
struct Wire {
    sent: f64,
    received: f64,
}

/// Messages that the averages are taken over.
const EXAMPLES: usize = 256;

impl Wire {
    fn of(scenario: &Scenario, plan: &Plan) -> Wire {
        let texts = Texts::new(RunTag::new(0), scenario.message.alphabet, plan.seed);
        let (mut sent, mut received, mut heard) = (0.0, 0.0, 0.0);
        for example in 0..EXAMPLES {
            let room = example * plan.rooms.len() / EXAMPLES;
            let message = example_message(scenario, plan, room, example as u32);
            let room = &plan.rooms[room];
            let bytes = |template: &Template| {
                json_bytes(template, room, plan, &texts, &message) + prefix_bytes(scenario)
            };
            let weight = receivers(room, &scenario.dialect) as f64;
            sent += frame_bytes(bytes(&scenario.dialect.send), MASK_BYTES);
            received += weight * frame_bytes(bytes(&scenario.dialect.receive), 0);
            heard += weight;
        }
        Wire { sent: sent / EXAMPLES as f64, received: received / heard }
    }
}

fn example_message(scenario: &Scenario, plan: &Plan, room: usize, sequence: u32) -> Message {
    let id = MessageId { room: RoomId(room as u32), sender: plan.rooms[room].members[0], sequence };
    let text_bytes = scenario.message.sizes.message_bytes(plan.seed, id);
    Message { id, intended: Timestamp::ZERO, text_bytes }
}

fn json_bytes(
    template: &Template,
    room: &Room,
    plan: &Plan,
    texts: &Texts,
    message: &Message,
) -> usize {
    let author = &plan.users[message.id.sender.index()].author;
    let fields = Fields { room: &room.name, room_json: &room.name_json, author };
    let mut json = Vec::new();
    template.write(&fields, &mut |out| texts.write_json(message, out), &mut json);
    json.len()
}

/// Engine.IO's `4`, Socket.IO's `2` and, but for the main one, the namespace and its comma.
fn prefix_bytes(scenario: &Scenario) -> usize {
    match scenario.namespace.as_str() {
        "/" => 2,
        other => 2 + other.len() + 1,
    }
}

/// The masking key of frames to the server (RFC 6455, section 5.3).
const MASK_BYTES: usize = 4;

/// The bytes of a WebSocket frame of so many bytes of payload (RFC 6455, section 5.2).
fn frame_bytes(payload: usize, mask: usize) -> f64 {
    let header = match payload {
        0..126 => 2,
        126..65_536 => 4,
        _ => 10,
    };
    (header + mask + payload) as f64
}
