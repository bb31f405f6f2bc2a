//! Tests: what stands on the page, and that nothing a server says becomes more than a text.

use serde_json::Value;

use super::*;
use crate::report::model::Reason;
use crate::report::sample;

fn page_of(report: &Report) -> String {
    let mut page = Vec::new();
    write(report, &mut page).expect("a vector takes everything");
    String::from_utf8(page).expect("UTF-8")
}

fn samples() -> [Report; 4] {
    let [passed, failed, nothing] = [sample::passed(), sample::failed(), sample::nothing()]
        .map(|outcome| sample::report(&outcome));
    [passed, failed, nothing, sample::troubled_report()]
}

/// The values of two attributes that stand together.
fn figures(page: &str) -> Vec<(&str, &str)> {
    let figures = page.split("data-figure=\"").skip(1).filter_map(|rest| {
        let (path, rest) = rest.split_once("\" data-value=\"")?;
        Some((path, rest.split_once('"')?.0))
    });
    figures.collect()
}

#[test]
fn the_verdict_comes_first_in_the_words_of_the_text() {
    for report in samples() {
        let page = page_of(&report);
        let body = page.split_once("<main>").expect("it has a body").1;
        assert!(body.starts_with("<div class=\"verdict "), "{}", &body[..200]);
        assert!(body.contains(verdict::word(report.verdict)), "{body}");
        assert_eq!(page.matches("<h1>").count(), 1);
    }
}

#[test]
fn each_figure_is_the_report_s() {
    for report in samples() {
        let page = page_of(&report);
        let data = serde_json::to_value(&report).expect("JSON");
        let figures = figures(&page);
        assert!(figures.len() > 10, "{figures:?}");
        for (path, value) in figures {
            let pointer = format!("/{}", path.replace('.', "/"));
            let wanted = data.pointer(&pointer).and_then(Value::as_f64);
            assert_eq!(value.parse().ok(), wanted, "{path}");
        }
    }
}

/// A run that failed, in which everything that may come from elsewhere is `said`.
fn told_everywhere(said: &str) -> Report {
    let mut report = sample::report(&sample::failed());
    report.scenario.name = said.into();
    report.scenario.yaml = said.into();
    report.scenario.targets = vec![said.into()];
    report.command = said.into();
    report.thresholds[0].name = said.into();
    report.phases[0].name = said.into();
    report.environment.cpu_model = Some(said.into());
    let why = report.connection_reasons.iter_mut();
    why.for_each(|reason| *reason = Reason { why: said.into(), ..reason.clone() });
    for story in &mut report.violations.kept {
        story.receiver = said.into();
        story.room = Some(said.into());
        story.detail = story.detail.as_ref().map(|_| said.into());
    }
    report
}

#[test]
fn nothing_that_a_server_says_is_more_than_a_text() {
    for hostile in [
        "<script>alert(1)</script>",
        "]]><img src=x onerror=alert(1)>",
        "\"onload=\"alert(1)",
        "</pre></details></main><script>",
        "\0\u{1b}[2J\u{202e}",
    ] {
        let page = page_of(&told_everywhere(hostile));
        let harmless = page_of(&told_everywhere(&"x".repeat(hostile.chars().count())));
        assert_eq!(page.matches('<').count(), harmless.matches('<').count(), "{hostile}");
        for live in ["<script", "<img", "\"onload=", "\0", "\u{1b}", "\u{202e}"] {
            assert!(!page.contains(live), "{live:?} of {hostile:?}");
        }
    }
}

#[test]
fn a_run_of_many_seconds_is_no_larger_a_page() {
    let mut report = sample::report(&sample::passed());
    let row = report.timeline[0].clone();
    report.timeline =
        (1..100_000).map(|at| crate::metrics::Row { at_s: f64::from(at), ..row.clone() }).collect();
    let mut server = sample::troubled_report().server.expect("it was seen");
    let moment = server.samples[0].clone();
    let moment = |at: u32| crate::observe::Moment { at_s: f64::from(at), ..moment.clone() };
    server.samples = (0..100_000).map(moment).collect();
    report.server = Some(server);
    let page = page_of(&report);
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
    assert!(page.contains("Each point is the mean of 417 s."));
    assert!(page.contains("Memory"), "it was drawn");
}
