//! Traps: what real servers do that must not look like a fault, and what a hostile one does in
//! vain. Each is a row: a server's script, and all that a client comes to know of it.

mod departures;
mod endings;
mod hostile;
mod polling;
mod recovery;
mod refusals;
mod tolerance;
mod trial;
