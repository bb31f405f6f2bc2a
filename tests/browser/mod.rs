//! Browser: pages as people see them.

mod chat;
mod looking;
mod report;
