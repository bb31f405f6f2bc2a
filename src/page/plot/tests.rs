//! Tests: what is drawn, and what is not.

use super::*;
use crate::page::Document;

fn axis(scale: Scale) -> Axis {
    Axis { label: "along".into(), scale, unit: Unit::Count }
}

fn plot(points: Vec<(f64, f64)>) -> Plot {
    let series =
        |look, tone| Series { label: "a & <b>".into(), tone, look, points: points.clone() };
    Plot {
        title: "A \"plot\"".into(),
        note: "<script>".into(),
        x: axis(Scale::Linear { from: 0.0, to: 10.0 }),
        y: axis(Scale::Log { from: 1.0, to: 100.0 }),
        spans: vec![Span { from: 2.0, to: 3.0, label: "<i>".into(), tone: Tone::Bad }],
        ribbons: Vec::new(),
        rules: vec![Rule { at: 50.0, label: "limit".into() }],
        series: vec![
            series(Look::Line, Tone::First),
            series(Look::Marks(Shape::Cross), Tone::Second),
        ],
    }
}

fn html_of(plot: &Plot) -> String {
    plot.to_markup().into_string()
}

#[test]
fn a_line_is_broken_where_a_number_has_no_place() {
    let html = html_of(&plot(vec![(0.0, 1.0), (5.0, 10.0), (6.0, 0.0), (10.0, 100.0)]));
    // From the lower left to the middle; and a point of its own at the upper right.
    assert!(html.contains(r#"d="M58 264h0L257 147M456 30h0""#), "{html}");
    assert_eq!(html.matches("<path class=\"mark cross t2\"").count(), 6, "{html}");
    assert!(html.contains("<td>–</td>") || html.contains("<td>0</td>"), "{html}");
}

#[test]
fn nothing_infinite_reaches_the_drawing() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e300];
    let points = odd.iter().flat_map(|x| odd.iter().map(move |y| (*x, *y))).collect();
    let html = html_of(&plot(points));
    assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
    assert!(html_of(&plot(Vec::new())).contains("<svg"));
}

#[test]
fn texts_are_texts_and_everything_has_a_name() {
    let html = html_of(&plot(vec![(0.0, 1.0), (1.0, 2.0)]));
    for wanted in [
        "role=\"img\"",
        "aria-label=\"A &quot;plot&quot;\"",
        "<desc>&lt;script&gt;</desc>",
        ">a &amp; &lt;b&gt;</text>",
        "<title>&lt;i&gt;</title>",
        "<summary>The numbers</summary>",
    ] {
        assert!(html.contains(wanted), "{wanted} is not in {html}");
    }
    assert!(!html.contains("style="), "colours are the style sheet's");
}

#[test]
fn a_long_line_stays_a_small_page() {
    let many = |count: usize| (0..count).map(|at| (at as f64 / 1e3, 2.0)).collect();
    let body = plot(many(10_000)).to_markup();
    let page = Document { title: String::new(), maker: String::new(), body }.into_html();
    assert!(page.matches("<rect class=\"hit\"").count() <= 480);
    assert!(page.matches("<tr>").count() <= 245, "{}", page.matches("<tr>").count());
}

#[test]
fn each_peak_of_a_plot_over_time_can_be_read() {
    for peak in 0..240 {
        let number = |at: u32| if at == peak { 77.0 } else { 2.0 };
        let html = html_of(&plot((0..240).map(|at| (f64::from(at) / 24.0, number(at))).collect()));
        assert_eq!(html.matches("<td>77</td>").count(), 2, "{peak}: a column for each series");
        assert!(html.contains("a &amp; &lt;b&gt;: 77"), "{peak}");
    }
}
