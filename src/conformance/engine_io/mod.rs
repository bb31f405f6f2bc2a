//! Engine.IO: the handshake, both transports, the heartbeat, the close and the upgrade.

mod busy;
pub(super) mod handshake;
pub(super) mod refusal;
pub(super) mod polling;
pub(super) mod posting;
pub(super) mod misuse;
pub(super) mod size;
pub(super) mod websocket;
pub(super) mod frames;
pub(super) mod agreement;
pub(super) mod heartbeat;
pub(super) mod liveness;
pub(super) mod close;
pub(super) mod upgrade;
pub(super) mod detour;
mod passage;
