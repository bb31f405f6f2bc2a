//! Exposition: Prometheus' text format, version 0.0.4, read as far as a few metrics need it.
//!
//! Follows <https://prometheus.io/docs/instrumenting/exposition_formats/>. Lines that are none are
//! passed over: an exposition has hundreds of metrics, and one that is odd says nothing of others.

use std::collections::BTreeMap;

/// One line of an exposition: a metric with its labels, and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
}

/// More than this with one name are no single process's.
const SERIES_MAX: usize = 1_000;

/// All that `text` has of the metrics called `name`, and that bear these `labels` among theirs.
pub(super) fn find(text: &str, name: &str, labels: &BTreeMap<String, String>) -> Vec<Series> {
    let begins = |line: &&str| line.starts_with(name);
    let lines = text.lines().map(str::trim_start).filter(begins);
    let series = lines.filter_map(series).filter(|series| series.name == name);
    let bears = |series: &Series| labels.iter().all(|(label, value)| series.has(label, value));
    series.filter(bears).take(SERIES_MAX).collect()
}

/// The names of all metrics in `text`.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| split_name(line.trim()).map(|(name, _)| name))
}

impl Series {
    fn has(&self, label: &str, value: &str) -> bool {
        // A label that is empty is as good as none.
        self.labels.get(label).map_or("", String::as_str) == value
    }

    /// The labels as they may be shown.
    pub(super) fn told(&self) -> String {
        let told = self.labels.iter().map(|(label, value)| {
            let value: String = value.chars().take(60).collect();
            format!("{label}: {value:?}")
        });
        format!("{{{}}}", told.collect::<Vec<_>>().join(", "))
    }
}

/// Reads `name{label="value",…} value timestamp`; nothing if that is not what the line is.
fn series(line: &str) -> Option<Series> {
    let (name, rest) = split_name(line.trim())?;
    let rest = rest.trim_start();
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (BTreeMap::new(), rest),
    };
    let mut words = rest.split_ascii_whitespace();
    let value = number(words.next()?)?;
    let timestamp = words.next().is_none_or(|word| word.parse::<i64>().is_ok());
    (timestamp && words.next().is_none()).then(|| Series { name: name.into(), labels, value })
}

fn split_name(line: &str) -> Option<(&str, &str)> {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let end = line.find(|c| !legal(c)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let begins = name.starts_with(|c: char| !c.is_ascii_digit());
    (begins && rest.starts_with([' ', '\t', '{'])).then_some((name, rest))
}

/// The labels up to the closing brace, and what comes after it.
fn labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (label, quoted) = rest.split_once('=')?;
        let (value, after) = value(quoted.trim_start().strip_prefix('"')?)?;
        labels.insert(label.trim().to_owned(), value);
        rest = after.trim_start();
        if !rest.starts_with('}') {
            // The last of them may be followed by a comma as well.
            rest = rest.strip_prefix(',')?;
        }
    }
}

/// A label's value up to its quote, and what comes after that.
fn value(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                letter @ ('\\' | '"') => value.push(letter),
                // Not an escape of the format: it stands for itself.
                letter => value.extend(['\\', letter]),
            },
            letter => value.push(letter),
        }
    }
    None
}

/// A float as Go reads it, which knows `+Inf` and `NaN`.
fn number(word: &str) -> Option<f64> {
    word.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the format's specification, its odd lines included.
    const EXAMPLE: &str = r#"
# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
"#;

    fn values(text: &str, name: &str, labels: &[(&str, &str)]) -> Vec<f64> {
        let labels = labels.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        find(text, name, &labels).into_iter().map(|series| series.value).collect()
    }

    #[test]
    fn the_example_of_the_format_is_read() {
        assert_eq!(values(EXAMPLE, "http_requests_total", &[]), [1027.0, 3.0]);
        assert_eq!(values(EXAMPLE, "http_requests_total", &[("code", "400")]), [3.0]);
        assert_eq!(values(EXAMPLE, "metric_without_timestamp_and_labels", &[]), [12.47]);
        assert_eq!(values(EXAMPLE, "something_weird", &[]), [f64::INFINITY]);
        // A name that begins like another is another.
        assert_eq!(values(EXAMPLE, "http_request_duration_seconds", &[]), [0.0; 0]);
        let odd = &find(EXAMPLE, "msdos_file_access_time_seconds", &BTreeMap::new())[0];
        assert_eq!(odd.labels["path"], r"C:\DIR\FILE.TXT");
        assert_eq!(odd.labels["error"], "Cannot find file:\n\"FILE.TXT\"");
        assert_eq!(
            odd.told(),
            r#"{error: "Cannot find file:\n\"FILE.TXT\"", path: "C:\\DIR\\FILE.TXT"}"#
        );
        assert_eq!(names(EXAMPLE).count(), 7, "comments are none");
    }

    #[test]
    fn spaces_commas_and_exponents_are_as_free_as_the_format_lets_them_be() {
        for line in [
            "m 5",
            "  m\t5",
            "m 5.0e0 17",
            "m{} 5",
            "m { } 5",
            r#"m{a="b",} 5"#,
            r#"m { a = "b" , c="}" } 5 -17"#,
            "m{a=\"\"} 5\r",
        ] {
            assert_eq!(values(line, "m", &[]), [5.0], "{line:?}");
            assert_eq!(values(line, "m", &[("none", "")]), [5.0], "{line:?}");
        }
        assert!(values("m NaN", "m", &[])[0].is_nan());
        assert_eq!(values("m -Inf", "m", &[]), [f64::NEG_INFINITY]);
    }

    #[test]
    fn what_is_no_line_is_passed_over() {
        for line in [
            "m",
            "m ",
            "m five",
            "m 5 17 29",
            "m 5 soon",
            "#m 5",
            "m{ 5",
            r#"m{a="b} 5"#,
            r#"m{a="b" c="d"} 5"#,
            r#"m{a=b} 5"#,
            r#"m{a="b\"#,
            r#"m{a="b"}"#,
            "m{,} 5",
            "mé 5",
        ] {
            assert_eq!(values(line, "m", &[]), [0.0; 0], "{line:?}");
            let both = format!("{line}\nm 6");
            assert_eq!(values(&both, "m", &[]), [6.0], "{line:?}");
        }
        let many = "m 1\n".repeat(5_000);
        assert_eq!(values(&many, "m", &[]).len(), SERIES_MAX);
    }

    proptest::proptest! {
        #[test]
        fn noise_does_no_harm(text in "\\PC{0,40}|(m|\\{|\\}|\"|\\\\|=|,| |a|5|\\n){0,40}") {
            find(&text, "m", &BTreeMap::new());
            names(&text).count();
        }
    }
}
