//! Engine.IO, 4th revision: packets, the handshake, the heartbeat and the upgrade.
//!
//! Specification: `docs/engine.io-protocol/v4-current.md` of `socketio/socket.io`.

mod handshake;
mod heartbeat;
mod packet;
pub mod payload;
mod upgrade;

pub use handshake::{Handshake, HandshakeError};
pub use heartbeat::Heartbeat;
pub use packet::{Packet, PacketError};
pub use upgrade::{Upgrade, UpgradeError, UpgradeInput, UpgradeStep};
