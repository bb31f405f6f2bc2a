//! A Socket.IO chat server that keeps the chat contract exactly, or breaks it on purpose.
//!
//! It is what chatbench is proved against: without a fault it must pass every check, and with a
//! fault it must fail exactly the one that the fault is about. It stands on socketioxide and shares
//! no protocol code with chatbench, since a codec used at both ends would hide its own mistakes.
//!
//! | direction | event | payload | what happens |
//! | --- | --- | --- | --- |
//! | client → server | `join-room` | the room's name | the sender joins; nothing is answered |
//! | client → server | `send-msg` | `{room, author, message}` | the room but the sender hears it |
//! | server → client | `onreceive-msg` | the same object | |
//!
//! Beside these three, which are the contract, there is `leave-room`, with the room's name: its
//! sender leaves, and nothing is answered. Whoever sends `watch-status` is told once a second, by
//! `status`, what goes on: `{connections, rooms, messages, deliveries}`.
//!
//! The rooms of the house, in reading order:
//!
//! - [`options`]: what a server is told; [`args`]: the same, as typed on a command line
//! - [`server`]: [`run`], from the listener to the last closed socket; its threads are `worker`s,
//!   and connections that are closed are `lingering`
//! - `chat`: the contract; `in_order`: why it keeps one sender's order; `payload`: what it relays,
//!   with `attachments` and `fields` for the rare case that it must look inside
//! - `http`: what is answered beside Socket.IO: the chat's page, built from `web`, and metrics;
//!   `stats`: what is counted for them; `process`: what the system tells; `status`: the same over
//!   a socket
//! - `hooks`: events beside the contract, off unless asked for, by which a server can be checked;
//!   `arguments`: what they send again
//! - [`fault`]: everything that may be wrong on purpose
//! - [`background`]: a server on threads of its own, for tests; [`cli`]: a server as a command

pub mod args;
mod arguments;
mod attachments;
pub mod background;
mod chat;
pub mod cli;
pub mod fault;
mod fields;
mod hooks;
mod http;
mod in_order;
mod lingering;
pub mod options;
mod payload;
mod process;
pub mod server;
mod stats;
mod status;
mod worker;

pub use args::ServeArgs;
pub use background::Background;
pub use fault::Fault;
pub use options::Options;
pub use server::{Error, run};
