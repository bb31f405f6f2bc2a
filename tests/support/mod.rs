//! Support: the servers that chatbench is tested against, an ear that notes what is heard, a
//! browser that looks at pages, and chatbench itself as its users see it.

pub(crate) mod bench;
pub(crate) mod binary;
pub(crate) mod browser;
pub(crate) mod cutter;
pub(crate) mod ear;
pub(crate) mod foreign;
pub(crate) mod left;
pub(crate) mod minute;
pub(crate) mod redis;
pub(crate) mod scripted;
pub(crate) mod served;
pub(crate) mod unobserved;
