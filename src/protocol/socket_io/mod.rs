//! Socket.IO, 5th revision: packets, their attachments, acknowledgements and namespaces.
//!
//! Specification: `docs/socket.io-protocol/v5-current.md` of `socketio/socket.io`.

mod ack;
mod attachments;
mod namespace;
mod packet;
mod recovery;

use ack::PendingAcks;
pub use attachments::AttachmentError;
pub(in crate::protocol) use attachments::{Assembled, Assembly, Head, Limits, Purpose};
pub(in crate::protocol) use namespace::{ConnectReply, Namespaces, Place, Standing};
pub use namespace::{MAIN_NAMESPACE, is_namespace};
pub use packet::{Body, Packet, PacketError};
pub(in crate::protocol) use recovery::Memory;
pub use recovery::Recovery;
