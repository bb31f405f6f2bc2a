//! Output: what is shown on standard output, and how it looks there.

use std::io::{self, IsTerminal as _, StdoutLock, Write as _};

use super::failure::Failure;
use crate::report::text::Style;

/// Shows what `write` writes.
pub(super) fn show(
    write: impl FnOnce(&mut StdoutLock<'static>) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match write(&mut out).and_then(|()| out.flush()) {
        // A reader that has seen enough is no failure of ours.
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        shown => shown.map_err(|why| {
            let what = format!("cannot write to standard output: {why}");
            Failure::impossible(what, "make room where it is led to")
        }),
    }
}

/// How text on standard output looks.
pub(super) fn style() -> Style {
    let color = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    Style { color, ..Style::default() }
}
