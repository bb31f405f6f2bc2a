//! Browser: pages as people see them.

mod chat;
mod looking;
pub(crate) mod report;
