//! Lies: which of them fails which checks, exactly.

mod chat;
mod engine_io;
mod rest;
mod socket_io;

use std::time::Duration;

use crate::liar::{Lie, Setup};

/// What a lie does to the checks of the groups that it fails anything of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) lie: Lie,
    /// The checks that fail.
    pub(crate) fails: &'static [&'static str],
    /// The checks of which nothing can be said, for what has to work beforehand does not.
    pub(crate) unknown: &'static [&'static str],
    /// Only those of `fails` are tried: the lie takes the server down, or what it does to others
    /// depends on when they are tried.
    pub(crate) is_alone: bool,
    /// The server is a process of its own, whose memory and files are its own.
    pub(crate) is_apart: bool,
}

const fn row(lie: Lie, fails: &'static [&'static str]) -> Row {
    Row { lie, fails, unknown: &[], is_alone: false, is_apart: false }
}

impl Row {
    const fn unknown(mut self, unknown: &'static [&'static str]) -> Row {
        self.unknown = unknown;
        self
    }

    const fn alone(mut self) -> Row {
        self.is_alone = true;
        self
    }

    const fn apart(mut self) -> Row {
        self.is_alone = true;
        self.is_apart = true;
        self
    }

    /// How the server is configured for it.
    pub(crate) fn setup(&self) -> Setup {
        setup_for(self.fails)
    }
}

/// How a server is configured that checks called so are tried on.
pub(crate) fn setup_for(ids: &[&str]) -> Setup {
    let any = |prefix| ids.iter().any(|id| id.starts_with(prefix));
    let mut setup = Setup {
        recovery: any("CSR"),
        msgpack: any("MSGP"),
        echoed: any("CHAT-EXC-01b"),
        ..Setup::default()
    };
    if any("ROB") || any("EIO-HTTP") || any("CHAT-DLV") {
        // Under load nobody answers a ping at once.
        setup.ping_timeout = Duration::from_secs(3);
    }
    setup
}

/// All of them.
pub(crate) const ALL: &[&[Row]] = &[engine_io::LIES, socket_io::LIES, chat::LIES, rest::LIES];

/// Checks that no lie fails, and why.
pub(crate) const UNTOLD: &[(&str, &str)] = &[];
