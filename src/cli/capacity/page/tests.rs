//! Tests: what stands on the page of a search, and that predictions stay apart.

use serde_json::{Value, json};

use super::*;
use crate::capacity::search::Failure;
use crate::capacity::{Measured, StepResult};

/// A study with steps at these loads, each with its throughput and its verdict.
fn study(steps: &[(u64, f64, Value)]) -> Study {
    let steps: Vec<Value> = steps
        .iter()
        .map(|(load, rate, verdict)| {
            json!({
                "purpose": "grow",
                "result": {"load": load, "verdict": verdict},
                "measured": {
                    "deliveries_per_s": rate, "delivery_p50_ms": 1.0,
                    "delivery_p99_ms": 2.5, "send_delay_p99_ms": 0.1,
                },
            })
        })
        .collect();
    let shown = |load: u64, held: u32| {
        json!({"load": load, "held": held, "failed": 3 - held, "unsteady": 0,
               "chance": {"low": 0.2, "high": 1.0}, "why": []})
    };
    let study = json!({
        "version": 1, "chatbench": "0.1.0", "started": "2026-01-02T03:04:05.678Z",
        "command": "chatbench capacity sample.yaml --seed 7", "seed": 7,
        "scenario": "name: <script>", "name": "<script>]]>\"onload=\u{0}",
        "targets": ["http://a/<i>"],
        "vary": "users", "step_s": 8.0,
        "limits": {"from": 1, "to": 64, "floor": 1, "growth": 2.0, "precision": 0.05,
                   "confirmations": 3, "unsteady_repeats_max": 2, "contradictions_max": 3,
                   "beyond_steps_max": 1, "steps_max": 50},
        "steps": steps,
        "answer": {"conclusion": {"kind": "found"}, "holds": shown(32, 3), "fails": shown(33, 0),
                   "remarks": [], "steps": 9},
    });
    serde_json::from_value(study).expect("a study")
}

fn holds() -> Value {
    json!({"kind": "holds"})
}

#[test]
fn the_answer_comes_first_and_every_figure_is_the_study_s() {
    let slow =
        json!({"kind": "fails", "why": [{"kind": "backlog_grows", "deliveries_per_s": 9.0}]});
    let unknown = json!({"kind": "unknown", "why": {"kind": "interrupted"}});
    let study = study(&[(16, 900.0, holds()), (64, 1_500.0, slow), (70, 5.0, unknown)]);
    let page = page(&study);
    let body = page.split_once("<main>").expect("a body").1;
    assert!(body.starts_with("<div class=\"verdict good\">"), "{body}");
    assert!(body.contains("between 32 and 33 users"), "{body}");
    let data = serde_json::to_value(&study).expect("JSON");
    let mut figures = 0;
    for rest in page.split("data-figure=\"").skip(1) {
        let (path, rest) = rest.split_once("\" data-value=\"").expect("both");
        let value = rest.split_once('"').expect("its end").0;
        let wanted = data.pointer(&format!("/{}", path.replace('.', "/"))).and_then(Value::as_f64);
        assert_eq!(value.parse().ok(), wanted, "{path}");
        figures += 1;
    }
    assert!(figures > 15, "{figures}");
    for live in ["<script", "<i>", "\"onload", "\0"] {
        assert!(!page.contains(live), "{live:?}");
    }
    for shape in ["mark disc good", "mark cross bad", "mark diamond unsure"] {
        assert!(page.contains(shape), "{shape}");
    }
}

#[test]
fn what_is_predicted_stands_apart_with_the_reasons_against_it() {
    let steps = [1, 2, 4, 8, 16, 32, 64].map(|load| (load, 10.0 * load as f64, holds()));
    let mut study = study(&steps);
    let prediction = json!({"carried": false, "reasons": ["the steps do not bend"]});
    study.usl = Some(serde_json::from_value(prediction).expect("a prediction"));
    let page = page(&study);
    let (measured, predicted) = page.split_once("predicted-box\">").expect("a box of its own");
    assert!(!measured.rsplit_once("<main>").expect("a body").1.contains("Scalability"));
    assert!(predicted.contains("<li>the steps do not bend</li>"), "{predicted}");
}

#[test]
fn that_the_server_is_not_looked_at_any_more_is_told_once() {
    let mut study = study(&[(16, 900.0, holds()), (32, 900.0, holds()), (33, 900.0, holds())]);
    let why = "no process 7";
    assert!(!page(&study).contains("could not be looked at"));
    for step in &mut study.steps[1..] {
        step.measured.as_mut().expect("it is there").unobserved = Some(why.into());
    }
    let mut told = Vec::new();
    (1..=3).for_each(|step| text::write_step(step, &study, &mut told).expect("a vector"));
    let told = String::from_utf8(told).expect("text");
    let lines: Vec<usize> =
        told.lines().enumerate().filter(|(_, line)| line.contains(why)).map(|it| it.0).collect();
    assert_eq!(lines, [2], "{told}");
    assert_eq!(page(&study).matches(why).count(), 1);
}

#[test]
fn a_name_steers_no_terminal() {
    let mut study = study(&[]);
    study.name = "a\u{1b}[2Jb".into();
    let mut told = Vec::new();
    text::write_head(&study, &[], &mut told).expect("a vector");
    assert!(String::from_utf8(told).expect("text").contains("a\\u{1b}[2Jb"));
}

#[test]
fn only_what_is_drawn_is_spoken_of() {
    let shaded = "what is shaded";
    let mut found = study(&[(16, 900.0, holds()), (33, 1_500.0, holds())]);
    assert!(page(&found).contains(shaded));
    found.answer.as_mut().expect("an answer").fails = None;
    assert!(!page(&found).contains(shaded));
    // Where the peak lies, and whether anything of that is on a plot that ends at 192 users.
    for (low, high, drawn) in [
        (40.0, Some(90.0), true),
        (40.0, None, true),
        (250.0, Some(900.0), false),
        (250.0, None, false),
    ] {
        let mut searched = searched();
        let prediction = searched.usl.as_mut().expect("it has ended");
        let intervals = prediction.intervals.as_mut().expect("they are told");
        let fit = prediction.fit.as_mut().expect("a curve");
        fit.points.iter_mut().for_each(|point| point.load /= 20.0);
        fit.peak.as_mut().expect("a peak").load = 50.0;
        (intervals.peak_load.low, intervals.peak_load.high) = (Some(low), high);
        let page = page(&searched);
        let span = page.contains("rect class=\"span predicted\"");
        assert_eq!(span, drawn, "{low} to {high:?}");
        assert_eq!(page.contains("is beyond what is drawn"), !drawn, "{low} to {high:?}");
    }
}

/// Where the browser's tests find a whole search.
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/capacity.json");

/// A search on a server of which the law is true, but for some noise, with its peak at 1,000 users.
fn searched() -> Study {
    let mut study = study(&[]);
    study.name = "quickstart".into();
    study.scenario = "name: quickstart\n".into();
    study.targets = vec!["http://chat.example".into()];
    study.limits = crate::capacity::Limits::between(20, 2_000);
    let mut search = crate::capacity::Search::new(study.limits).expect("limits are sound");
    while let crate::capacity::Next::Try { load, .. } = search.next() {
        let each = load as f64;
        let noise = 1.0 + 0.008 * (each * 7.0).sin();
        let rate = noise * 30.0 * each / (1.0 + 2e-4 * (each - 1.0) + 1e-6 * each * (each - 1.0));
        let verdict = match load {
            _ if load < 640 => StepVerdict::Holds,
            _ => StepVerdict::Fails {
                why: vec![Failure::BacklogGrows { deliveries_per_s: 30.0 * each - rate }],
            },
        };
        let p99 = (2.0 + each / 100.0) * if load < 640 { 1.0 } else { 150.0 };
        let measured = Measured {
            deliveries_per_s: (rate * 10.0).round() / 10.0,
            delivery_p50_ms: (p99 * 30.0).round() / 100.0,
            delivery_p99_ms: (p99 * 100.0).round() / 100.0,
            send_delay_p99_ms: 0.4,
            server: None,
            unobserved: None,
        };
        search.record(StepResult { load, verdict }).expect("it was asked for");
        study.note(&search, Some(measured));
    }
    study
}

#[test]
fn the_sample_is_of_today() {
    let study = searched();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let text = serde_json::to_string_pretty(&study).expect("JSON") + "\n";
        std::fs::write(SAMPLE, text).expect("it can be written");
    }
    let kept = std::fs::read_to_string(SAMPLE).expect("it is there");
    let kept: Study = serde_json::from_str(&kept).expect("a study");
    assert_eq!((&kept.steps, &kept.answer), (&study.steps, &study.answer));
    // Its last digits are the machine's.
    let told = |study: &Study| {
        let prediction = study.usl.as_ref().expect("it has ended");
        (prediction.carried, text::predicted(prediction, "users").0)
    };
    assert_eq!(told(&kept), told(&study));
    assert!(told(&study).0, "{:?}", study.usl);
}
