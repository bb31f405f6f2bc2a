//! Support: the servers that chatbench is tested against.

pub(crate) mod node;
pub(crate) mod scripted;
