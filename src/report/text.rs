//! Text: the summary that a person understands at once; its last line names the exit.

mod churn;
pub(super) mod doubts;
mod histogram;
mod latencies;
pub(super) mod outages;
pub(super) mod page;
mod server;
pub(super) mod summary;
pub(super) mod story;
pub(super) mod thresholds;
pub(super) mod verdict;
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
    outages::write(report, &mut page)?;
    server::write(report, &mut page)?;
    violations::write(report, &mut page)?;
    thresholds::write(report, &mut page)?;
    doubts::write(report, &mut page)?;
    verdict::write(report, &mut page)
}

#[cfg(test)]
mod tests {
    use expect_test::{ExpectFile, expect, expect_file};

    use super::*;
    use crate::report::sample;

    fn text_of(report: &Report, width: usize) -> String {
        let mut text = Vec::new();
        let style = Style { color: false, width };
        write(report, &style, &mut text).expect("a vector takes everything");
        String::from_utf8(text).expect("UTF-8")
    }

    fn check(report: &Report, wanted: &ExpectFile) {
        wanted.assert_eq(&text_of(report, 100));
    }

    #[test]
    fn a_run_that_passed() {
        check(&sample::report(&sample::passed()), &expect_file!["text/samples/passed.txt"]);
    }

    #[test]
    fn a_run_that_failed_in_every_way() {
        check(&sample::report(&sample::failed()), &expect_file!["text/samples/failed.txt"]);
    }

    #[test]
    fn a_run_with_churn_and_outages() {
        check(&sample::troubled_report(), &expect_file!["text/samples/troubled.txt"]);
    }

    #[test]
    fn no_line_but_the_last_passes_the_page() {
        for width in [50, 80, 100] {
            let text = text_of(&sample::troubled_report(), width);
            // Percentiles stand in columns of their own, whatever the page is like.
            let (_, outages) = text.split_once("  outages").expect("it has some");
            for line in outages.lines().filter(|line| !line.starts_with("  reproduce")) {
                assert!(line.chars().count() <= width, "{line:?} on {width} columns");
            }
        }
    }

    #[test]
    fn outages_on_a_narrow_page() {
        let text = text_of(&sample::troubled_report(), 80);
        let from = text.find("outages ").expect("it has some");
        let to = text.find("\n\n  server").expect("it was seen");
        expect![[r#"
            outages      every user was deaf, 22 times in all, for 1.90 s at the median,
                           2.45 s at most (user-19); one never heard anything again (user-4,
                           from 6.000 s on)
                      from         to   users      median    longest unsent
                   3.000 s    5.450 s      20      1.95 s     2.45 s     12  ·······███████·
                   6.000 s    the end       2     90.0 ms     250 ms      0  ··············█"#]]
        .assert_eq(&text[from..to]);
    }

    #[test]
    fn a_run_that_never_came_to_its_load() {
        check(&sample::report(&sample::nothing()), &expect_file!["text/samples/nothing.txt"]);
    }

    #[test]
    fn nothing_that_a_server_says_reaches_the_terminal_raw() {
        let text = text_of(&sample::report(&sample::failed()), 100);
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
