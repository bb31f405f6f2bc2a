//! Lies: which of them fails which checks, exactly.

mod engine_io;

use crate::liar::{Lie, Setup};

/// What a lie does to the checks of the groups that it fails anything of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) lie: Lie,
    /// The checks that fail.
    pub(crate) fails: &'static [&'static str],
    /// The checks of which nothing can be said, for what has to work beforehand does not.
    pub(crate) unknown: &'static [&'static str],
}

const fn row(lie: Lie, fails: &'static [&'static str]) -> Row {
    Row { lie, fails, unknown: &[] }
}

impl Row {
    const fn unknown(mut self, unknown: &'static [&'static str]) -> Row {
        self.unknown = unknown;
        self
    }

    /// How the server is configured for it.
    pub(crate) fn setup(&self) -> Setup {
        let recovery = self.fails.iter().any(|id| id.starts_with("CSR"));
        Setup { recovery, ..Setup::default() }
    }
}

/// All of them.
pub(crate) const ALL: &[&[Row]] = &[engine_io::LIES];

/// Checks that no lie fails, and why.
pub(crate) const UNTOLD: &[(&str, &str)] = &[];
