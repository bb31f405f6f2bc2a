//! chatbench loads, measures and proves Socket.IO chat servers, message by message.
//!
//! The map of the house, in reading order: each room imports only from the floors below it.

pub mod time;
pub mod visible;
pub mod clock;
pub mod doctor;
pub mod chat;
pub mod protocol;
pub mod scenario;
pub mod history;
pub mod transport;
pub mod observe;
pub mod metrics;
pub mod oracle;
pub mod client;
pub mod conformance;
pub mod load;
pub mod run;
pub mod capacity;
pub mod page;
pub mod report;
pub mod telemetry;
pub mod cli;
