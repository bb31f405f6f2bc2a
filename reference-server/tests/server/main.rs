//! The server over real sockets: what its contract promises, and what its faults break.

mod beside;
mod command;
mod contract;
mod cors;
mod faults;
mod fidelity;
mod hooks;
mod hostile;
mod load;
mod membership;
mod order;
mod restart;
mod running;
mod shutdown;
mod slow;
mod support;
mod waiting;
