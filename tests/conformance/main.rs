//! Conformance: every check of the catalogue fails on a server that lies where it looks, and only
//! there; and passes on one that does not lie.

mod alone;
mod apart;
mod idle;
mod innocent;
mod liar;
mod lies;
mod matrix;
mod tried;
