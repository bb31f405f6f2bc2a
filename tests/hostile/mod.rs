//! Hostile: servers that keep the contract until everybody is in, and then try to exhaust, mislead
//! or hold up their load generator.

mod conform;
mod host;
mod row;
mod rows;
