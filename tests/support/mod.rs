//! Support: the servers that chatbench is tested against, and an ear that notes what is heard.

pub(crate) mod ear;
pub(crate) mod node;
pub(crate) mod scripted;
