//! Accept: which format a scraper asks for (RFC 9110, section 12.5.1).

use super::exposition::Format;

/// The format that the values of `Accept` prefer; that of Prometheus where nothing is said, as
/// whatever looks without asking is a person.
pub(super) fn choose<'a>(accepted: impl IntoIterator<Item = &'a str>) -> Format {
    let ranges = accepted.into_iter().flat_map(|value| value.split(','));
    let (mut open_metrics, mut prometheus) = (0.0_f64, 0.0_f64);
    for range in ranges {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let kind = parts.next().unwrap_or_default();
        let parameters: Vec<_> = parts.collect();
        let of = |name: &str| {
            let values = parameters.iter().filter_map(|it| it.split_once('='));
            let mut values = values.filter(|(key, _)| key.trim() == name);
            values.next().map(|(_, value)| value.trim())
        };
        let quality = of("q").map_or(1.0, |q| q.parse::<f64>().unwrap_or(0.0).clamp(0.0, 1.0));
        match (kind.as_str(), of("version")) {
            ("application/openmetrics-text", None | Some("1.0.0")) => {
                open_metrics = open_metrics.max(quality);
            }
            ("text/plain", None | Some("0.0.4")) | ("text/*" | "*/*", _) => {
                prometheus = prometheus.max(quality);
            }
            _ => {}
        }
    }
    let prefers_open = open_metrics > 0.0 && open_metrics >= prometheus;
    if prefers_open { Format::OpenMetrics } else { Format::Prometheus }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_that_is_asked_for_is_given() {
        use Format::{OpenMetrics, Prometheus};
        let cases: [(&[&str], Format); 12] = [
            (&[], Prometheus),
            (&["*/*"], Prometheus),
            (&["text/html, */*;q=0.1"], Prometheus),
            (&["text/plain"], Prometheus),
            (&["application/openmetrics-text"], OpenMetrics),
            (&["Application/OpenMetrics-Text; Version=1.0.0"], OpenMetrics),
            // It asks for a version that is not spoken here.
            (&["application/openmetrics-text;version=0.0.1"], Prometheus),
            (&["application/openmetrics-text;q=0"], Prometheus),
            (&["application/openmetrics-text;q=0.3,text/plain;q=0.9"], Prometheus),
            (&["text/plain;version=0.0.4;q=0.3", "application/openmetrics-text"], OpenMetrics),
            (&["application/openmetrics-text;q=much,*/*;q=0.1"], Prometheus),
            // What Prometheus 3 sends.
            (
                &["application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                   application/openmetrics-text;version=0.0.1;q=0.5,\
                   text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                   text/plain;version=0.0.4;q=0.3,*/*;q=0.2"],
                OpenMetrics,
            ),
        ];
        for (accepted, wanted) in cases {
            assert_eq!(choose(accepted.iter().copied()), wanted, "{accepted:?}");
        }
    }
}
