//! Live: chatbench against servers, ours and those of others, over real sockets.
//!
//! One program, since most of these tests wait for most of their time: they wait side by side.

mod browser;
mod cli;
mod drivers;
mod hostile;
mod input;
mod interop;
mod interrupt;
mod lateness;
mod loss;
mod observe;
mod oracle;
mod outages;
mod record;
mod scenarios;
mod support;
mod telemetry;
mod tls;
mod told;
mod transports;
mod traps;
