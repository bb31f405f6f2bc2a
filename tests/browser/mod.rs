//! Browser: pages as people see them.

mod looking;
mod report;
