//! Message: the sums as OpenTelemetry's protocol has them (OTLP 1.5, `metrics.proto`).

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value::StringValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value::AsInt;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::telemetry::buckets::Buckets;
use crate::telemetry::family::{Family, Unit, Value};
use crate::telemetry::live::Live;

const NANOS_PER_MS: u64 = 1_000_000;
const CUMULATIVE: i32 = AggregationTemporality::Cumulative as i32;

/// The sums of `live` at `now_unix_ms`, in milliseconds since 1970.
pub(super) fn of(live: &Live, now_unix_ms: u64) -> ExportMetricsServiceRequest {
    let began_unix_ms = live.about.began_unix_ms;
    let times = Times {
        start_unix_nano: began_unix_ms * NANOS_PER_MS,
        // A clock that was set back meanwhile has no say.
        unix_nano: now_unix_ms.max(began_unix_ms) * NANOS_PER_MS,
    };
    let version = env!("CARGO_PKG_VERSION");
    let scope = InstrumentationScope {
        name: "chatbench".into(),
        version: version.into(),
        ..InstrumentationScope::default()
    };
    // Sums of two processes under one name would take each other for themselves.
    let instance = format!("{began_unix_ms}-{}", std::process::id());
    let attributes = attributes(&[
        ("service.name", "chatbench"),
        ("service.version", version),
        ("service.instance.id", &instance),
    ]);
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource { attributes, ..Resource::default() }),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(scope),
                metrics: live.families().iter().map(|family| times.metric(family)).collect(),
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    }
}

/// Since when it was counted, and until when, in nanoseconds since 1970.
#[derive(Clone, Copy)]
struct Times {
    start_unix_nano: u64,
    unix_nano: u64,
}

impl Times {
    fn metric(self, family: &Family<'_>) -> Metric {
        let unit = match family.unit {
            Unit::None => "",
            Unit::Seconds => "s",
            Unit::Bytes => "By",
        };
        Metric {
            name: family.full_name(),
            description: family.help.into(),
            unit: unit.into(),
            data: Some(self.data(&family.value)),
            ..Metric::default()
        }
    }

    fn data(self, value: &Value<'_>) -> Data {
        let gauge = |data_points| Data::Gauge(Gauge { data_points });
        let sum = |data_points| {
            let (aggregation_temporality, is_monotonic) = (CUMULATIVE, true);
            Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic })
        };
        match value {
            Value::Counter(count) => sum(vec![self.point(*count, &[])]),
            Value::Counters { label, counts } => {
                let point = |(value, count): &(&str, u64)| self.point(*count, &[(*label, *value)]);
                sum(counts.iter().map(point).collect())
            }
            Value::Gauge(value) => gauge(vec![self.point(*value, &[])]),
            Value::State { label, states } => {
                let point =
                    |(state, is): &(&str, bool)| self.point(u64::from(*is), &[(*label, *state)]);
                gauge(states.iter().map(point).collect())
            }
            Value::Info(labels) => {
                let labels: Vec<_> = labels.iter().map(|(key, value)| (*key, &**value)).collect();
                gauge(vec![self.point(1, &labels)])
            }
            Value::Times(buckets) => Data::Histogram(Histogram {
                data_points: vec![self.histogram(buckets)],
                aggregation_temporality: CUMULATIVE,
            }),
        }
    }

    fn point(self, value: u64, labels: &[(&str, &str)]) -> NumberDataPoint {
        NumberDataPoint {
            attributes: attributes(labels),
            start_time_unix_nano: self.start_unix_nano,
            time_unix_nano: self.unix_nano,
            value: Some(AsInt(value.try_into().unwrap_or(i64::MAX))),
            ..NumberDataPoint::default()
        }
    }

    fn histogram(self, buckets: &Buckets) -> HistogramDataPoint {
        let (bounds, counts): (Vec<_>, Vec<_>) = buckets.each().unzip();
        HistogramDataPoint {
            start_time_unix_nano: self.start_unix_nano,
            time_unix_nano: self.unix_nano,
            count: buckets.count(),
            sum: Some(buckets.sum()),
            // The last bucket has none.
            explicit_bounds: bounds.into_iter().filter(|bound| bound.is_finite()).collect(),
            bucket_counts: counts,
            ..HistogramDataPoint::default()
        }
    }
}

fn attributes(labels: &[(&str, &str)]) -> Vec<KeyValue> {
    let attribute = |&(key, value): &(&str, &str)| KeyValue {
        key: key.into(),
        value: Some(AnyValue { value: Some(StringValue(value.into())) }),
        ..KeyValue::default()
    };
    labels.iter().map(attribute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::ViolationKind;
    use crate::telemetry::sample;

    fn metrics() -> Vec<Metric> {
        let live = sample::live();
        let mut request = of(&live, live.about.began_unix_ms + 2_000);
        request.resource_metrics.remove(0).scope_metrics.remove(0).metrics
    }

    fn named(name: &str) -> Data {
        let metrics = metrics();
        let metric = metrics.into_iter().find(|metric| metric.name == name);
        metric.and_then(|metric| metric.data).expect("it is pushed")
    }

    #[test]
    fn all_that_is_shown_is_pushed_under_the_same_name() {
        let live = sample::live();
        let wanted: Vec<_> = live.families().iter().map(Family::full_name).collect();
        let names: Vec<_> = metrics().into_iter().map(|metric| metric.name).collect();
        assert_eq!(names, wanted);
    }

    #[test]
    fn counters_add_up_since_the_beginning() {
        let Data::Sum(sum) = named("chatbench_deliveries_total") else { panic!("no sum") };
        assert!(sum.is_monotonic);
        assert_eq!(sum.aggregation_temporality, CUMULATIVE);
        let point = &sum.data_points[0];
        assert_eq!(point.value, Some(AsInt(4)));
        assert_eq!(point.time_unix_nano - point.start_time_unix_nano, 2_000_000_000);
    }

    #[test]
    fn violations_are_told_apart_by_kind() {
        let Data::Sum(sum) = named("chatbench_violations_total") else { panic!("no sum") };
        assert!(sum.is_monotonic);
        assert_eq!(sum.data_points.len(), ViolationKind::ALL.len());
        for (point, kind) in sum.data_points.iter().zip(ViolationKind::ALL) {
            let wanted = match kind {
                ViolationKind::Lost => 4,
                ViolationKind::Echoed => 2,
                _ => 0,
            };
            assert_eq!(point.attributes, attributes(&[("kind", kind.name())]));
            assert_eq!(point.value, Some(AsInt(wanted)), "{kind:?}");
        }
    }

    #[test]
    fn a_histogram_has_one_bucket_more_than_bounds() {
        let name = "chatbench_delivery_latency_seconds";
        let Data::Histogram(histogram) = named(name) else { panic!("no histogram") };
        let point = &histogram.data_points[0];
        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
        assert!(point.explicit_bounds.is_sorted());
        assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
        assert_eq!(point.count, 4);
        assert_eq!(point.bucket_counts.last(), Some(&1));
    }

    #[test]
    fn a_stage_is_one_of_several() {
        let Data::Gauge(gauge) = named("chatbench_stage") else { panic!("no gauge") };
        let on = gauge.data_points.iter().filter(|point| point.value == Some(AsInt(1)));
        let on: Vec<_> = on.map(|point| point.attributes.clone()).collect();
        assert_eq!(on, [attributes(&[("stage", "load")])]);
    }
}
