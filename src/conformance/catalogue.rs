//! Catalogue: every check there is, group by group.

use super::check::Check;
use super::{chat, cluster, cors, engine_io, recovery, resources, robustness, socket_io};

/// Checks of one subject.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// What they are about.
    pub title: &'static str,
    /// The checks.
    pub checks: &'static [Check],
}

const fn group(title: &'static str, checks: &'static [Check]) -> Group {
    Group { title, checks }
}

/// Every check there is, in the order of the protocols' layers.
pub const CATALOGUE: &[Group] = &[
    group("Engine.IO handshake", engine_io::handshake::CHECKS),
    group("Engine.IO refusals", engine_io::refusal::CHECKS),
    group("HTTP long-polling", engine_io::polling::CHECKS),
    group("HTTP posts", engine_io::posting::CHECKS),
    group("HTTP misuse", engine_io::misuse::CHECKS),
    group("HTTP payload sizes", engine_io::size::CHECKS),
    group("CORS", cors::CHECKS),
    group("WebSocket", engine_io::websocket::CHECKS),
    group("WebSocket frames", engine_io::frames::CHECKS),
    group("WebSocket agreement", engine_io::agreement::CHECKS),
    group("Heartbeat", engine_io::heartbeat::CHECKS),
    group("Signs of life", engine_io::liveness::CHECKS),
    group("Close", engine_io::close::CHECKS),
    group("Upgrade", engine_io::upgrade::CHECKS),
    group("Upgrades gone wrong", engine_io::detour::CHECKS),
    group("Socket.IO connect", socket_io::connect::CHECKS),
    group("Socket.IO before CONNECT", socket_io::opening::CHECKS),
    group("Socket.IO disconnect", socket_io::disconnect::CHECKS),
    group("Socket.IO hooks", socket_io::hooks::CHECKS),
    group("Socket.IO events", socket_io::events::CHECKS),
    group("Socket.IO errors", socket_io::errors::CHECKS),
    group("Socket.IO acknowledgements", socket_io::acks::CHECKS),
    group("Socket.IO acknowledgement ids", socket_io::ids::CHECKS),
    group("Socket.IO binary", socket_io::binary::CHECKS),
    group("Socket.IO attachments", socket_io::attachments::CHECKS),
    group("Socket.IO in MessagePack", socket_io::msgpack::CHECKS),
    group("Chat delivery", chat::delivery::CHECKS),
    group("Chat exclusion", chat::exclusion::CHECKS),
    group("Chat isolation", chat::isolation::CHECKS),
    group("Chat membership", chat::membership::CHECKS),
    group("Chat departure", chat::departure::CHECKS),
    group("Chat order", chat::order::CHECKS),
    group("Chat payload", chat::payload::CHECKS),
    group("Chat reconnection", chat::reconnection::CHECKS),
    group("Chat rooms", chat::rooms::CHECKS),
    group("Chat barriers", chat::barrier::CHECKS),
    group("Chat robustness", chat::robustness::CHECKS),
    group("Connection state recovery", recovery::CHECKS),
    group("Cluster", cluster::CHECKS),
    group("Robustness", robustness::CHECKS),
    group("Resources", resources::CHECKS),
];

/// Every check, without its group.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    CATALOGUE.iter().flat_map(|group| group.checks)
}

/// The check called `id`.
pub fn find(id: &str) -> Option<&'static Check> {
    checks().find(|check| check.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check::Need;

    #[test]
    fn no_two_checks_have_one_name_and_all_say_what_they_are() {
        let mut ids = std::collections::HashSet::new();
        for check in checks() {
            let id = check.id;
            assert!(ids.insert(id), "{id} is there twice");
            for text in [check.title, check.requirement, check.wire, check.why] {
                assert!(text.len() > 3, "{id} leaves something unsaid");
            }
            assert!(check.title.len() <= 80, "{id}: a title is a few words");
        }
    }

    /// Where the order of messages does not matter, none of these is failed for it.
    #[test]
    fn what_asks_for_order_says_so() {
        let asks = |check: &&Check| check.needs.contains(&Need::Order);
        let ids: Vec<&str> = checks().filter(asks).map(|check| check.id).collect();
        let wanted = [
            "EIO-HTTP-02b",
            "EIO-UPG-05b",
            "CHAT-ORD-01",
            "CHAT-ORD-02",
            "CHAT-ORD-03",
            "CHAT-ORD-03b",
            "CLU-01c",
        ];
        assert_eq!(ids, wanted);
        // Order is not all that these ask for: attachments of one event, what recovery brings.
        let exempt = ["SIO-BIN-01", "CSR-02"];
        for check in checks().filter(|check| check.title.contains("order")) {
            let id = check.id;
            assert!(asks(&check) || exempt.contains(&id), "{id} asks for order");
        }
    }
}
