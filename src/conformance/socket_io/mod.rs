//! Socket.IO: namespaces, events, acknowledgements and attachments.

pub(super) mod connect;
pub(super) mod disconnect;
pub(super) mod events;
pub(super) mod errors;
pub(super) mod acks;
pub(super) mod binary;
