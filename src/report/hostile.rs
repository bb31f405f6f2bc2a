//! Hostile: reports that somebody has changed, in every format.

use serde_json::Value;

use super::text::Style;
use super::{Report, csv, html, junit, markdown, sample, text};

/// Each number of `value`, at any depth.
fn change(value: &mut Value, how: &dyn Fn(&serde_json::Number) -> Value) {
    match value {
        Value::Number(number) => *value = how(number),
        Value::Array(all) => all.iter_mut().for_each(|it| change(it, how)),
        Value::Object(all) => all.values_mut().for_each(|it| change(it, how)),
        _ => {}
    }
}

fn all_formats(report: &Report) -> Vec<u8> {
    let mut out = Vec::new();
    html::write(report, &mut out).expect("room");
    markdown::write(report, &mut out).expect("room");
    junit::write(report, &mut out).expect("room");
    csv::write(report, &mut out).expect("room");
    for width in [0, 50, 100] {
        text::write(report, &Style { color: false, width }, &mut out).expect("room");
    }
    out
}

#[test]
fn numbers_that_no_run_has_cost_no_more_than_others() {
    let [passed, failed, nothing] = [sample::passed(), sample::failed(), sample::nothing()]
        .map(|outcome| sample::report(&outcome));
    for report in [passed, failed, nothing, sample::troubled_report()] {
        let data = serde_json::to_value(&report).expect("JSON");
        let mut read = 0;
        for whole in [0, 1, u64::MAX] {
            for part in [0.0, -1.0, 5e-324, f64::MIN_POSITIVE, 1e300, f64::MAX] {
                let mut hostile = data.clone();
                change(&mut hostile, &|number| match number.is_f64() {
                    true => part.into(),
                    // What is no count of this width stays what it was.
                    false => whole.into(),
                });
                for narrow in ["/version", "/exit/code"] {
                    *hostile.pointer_mut(narrow).expect("it is there") =
                        data.pointer(narrow).expect("it is there").clone();
                }
                let Ok(report) = serde_json::from_value::<Report>(hostile) else { continue };
                read += 1;
                let size = all_formats(&report).len();
                assert!(size < 1_000_000, "{whole} and {part}: {size} bytes");
            }
        }
        assert!(read >= 12, "only {read} of them are reports");
    }
}
