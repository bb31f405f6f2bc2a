//! Socket.IO: namespaces, events, acknowledgements and attachments.

pub(super) mod acks;
pub(super) mod attachments;
pub(super) mod binary;
pub(super) mod connect;
mod data;
pub(super) mod disconnect;
pub(super) mod errors;
pub(super) mod events;
pub(super) mod hooks;
pub(super) mod ids;
mod message_pack;
pub(super) mod msgpack;
mod offence;
pub(super) mod opening;
