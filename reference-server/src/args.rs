//! Arguments: a server's options as typed on a command line.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use axum::http::HeaderValue;
use clap::Args;

use crate::fault::{Fault, duration};
use crate::options::Options;

/// How to serve the chat, as typed.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// The address to listen on; 0.0.0.0 lets other machines in
    #[arg(long, default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,

    /// How many threads serve connections
    #[arg(long, default_value_t = NonZeroUsize::MIN)]
    pub threads: NonZeroUsize,

    /// What to do wrong, and how often: NAME or NAME=RATE, RATE from 0 to 1; may be repeated
    #[arg(long = "fault", value_name = "NAME[=RATE]", long_help = Fault::help())]
    pub faults: Vec<Fault>,

    /// What the faults' decisions are drawn from
    #[arg(long, default_value_t = 0)]
    pub seed: u64,

    /// How often a client is pinged: 25s, 300ms, 1m
    #[arg(long, value_parser = duration, default_value = "25s")]
    pub ping_interval: Duration,

    /// How long a client may take to answer a ping
    #[arg(long, value_parser = duration, default_value = "20s")]
    pub ping_timeout: Duration,

    /// An origin that browsers may call from; may be repeated
    #[arg(long = "cors-origin", value_name = "ORIGIN", default_value = Options::CORS_ORIGIN)]
    pub cors_origins: Vec<HeaderValue>,

    /// Have events beside the chat, by which a server can be checked: `message` comes back to its
    /// sender as `message-back`, `message-with-ack` is acknowledged with its arguments, and the
    /// namespace `/custom` has the chat and all of that again
    #[arg(long)]
    pub hooks: bool,

    /// Log warnings only
    #[arg(long)]
    pub quiet: bool,

    /// Shut down when standard input ends, so that a killed parent leaves no orphan
    #[arg(long)]
    pub until_stdin_closes: bool,
}

impl ServeArgs {
    /// What was meant.
    #[must_use]
    pub fn options(&self) -> Options {
        Options {
            threads: self.threads,
            ping_interval: self.ping_interval,
            ping_timeout: self.ping_timeout,
            cors_origins: self.cors_origins.clone(),
            hooks: self.hooks,
            faults: self.faults.clone(),
            seed: self.seed,
            ..Options::default()
        }
    }
}
