//! chatbench loads, measures and proves Socket.IO chat servers, message by message.
//!
//! The map of the house, in reading order: each room imports only from the floors below it.

pub mod chat;
pub mod clock;
pub mod history;
pub mod scenario;
pub mod time;
