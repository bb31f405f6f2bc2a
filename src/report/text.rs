//! Text: the summary that a person understands at once; its last line names the exit.

mod doubts;
mod histogram;
mod latencies;
pub(super) mod page;
mod summary;
mod story;
mod thresholds;
mod verdict;
mod violations;

pub use page::Style;

use std::io::{self, Write};

use super::Report;
use page::Page;

/// Writes the summary of `report`.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(report: &Report, style: &Style, out: &mut impl Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    summary::write(report, &mut page)?;
    latencies::write(report, &mut page)?;
    histogram::write(&report.latencies.delivery_latency, &mut page)?;
    violations::write(report, &mut page)?;
    thresholds::write(report, &mut page)?;
    doubts::write(report, &mut page)?;
    verdict::write(report, &mut page)
}

#[cfg(test)]
mod tests {
    use expect_test::{ExpectFile, expect_file};

    use super::*;
    use crate::report::sample;
    use crate::run::RunOutcome;

    fn check(outcome: &RunOutcome, wanted: &ExpectFile) {
        let mut text = Vec::new();
        let style = Style { color: false, width: 100 };
        write(&sample::report(outcome), &style, &mut text).expect("a vector takes everything");
        wanted.assert_eq(&String::from_utf8(text).expect("UTF-8"));
    }

    #[test]
    fn a_run_that_passed() {
        check(&sample::passed(), &expect_file!["text/samples/passed.txt"]);
    }

    #[test]
    fn a_run_that_failed_in_every_way() {
        check(&sample::failed(), &expect_file!["text/samples/failed.txt"]);
    }

    #[test]
    fn a_run_that_never_came_to_its_load() {
        check(&sample::nothing(), &expect_file!["text/samples/nothing.txt"]);
    }

    #[test]
    fn nothing_that_a_server_says_reaches_the_terminal_raw() {
        let mut text = Vec::new();
        let report = sample::report(&sample::failed());
        write(&report, &Style::default(), &mut text).expect("a vector takes everything");
        let text = String::from_utf8(text).expect("UTF-8");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
