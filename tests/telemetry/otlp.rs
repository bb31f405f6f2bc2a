//! Otlp: what a run pushes to a collector, and to one that is not there.

use std::net::TcpListener;

use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;

use super::scraper::PATIENCE;
use super::short;
use super::sink::Sink;
use crate::support::binary::{CommandLine, Ended};
use crate::support::left::Left;

const UNTAKEN: &str = "does not take the metrics: ";

fn complaints(ended: &Ended) -> usize {
    ended.stderr.lines().filter(|line| line.contains(UNTAKEN)).count()
}

/// The sum, or the count of the histogram, of this `name`.
fn count(metrics: &[Metric], name: &str) -> u64 {
    let metric = metrics.iter().find(|metric| metric.name == name);
    match metric.and_then(|metric| metric.data.as_ref()) {
        Some(Data::Sum(sum)) => match sum.data_points[0].value {
            Some(Value::AsInt(value)) => value.try_into().expect("it is not below zero"),
            _ => panic!("{name} is no whole number"),
        },
        Some(Data::Histogram(histogram)) => histogram.data_points[0].count,
        _ => panic!("no {name} that counts"),
    }
}

#[test]
fn what_is_measured_is_pushed_while_it_goes_and_at_the_end() {
    let (sink, left) = (Sink::answering("200 OK"), Left::new());
    let line = short(2, &[&left.out()]).env("OTEL_EXPORTER_OTLP_ENDPOINT", &sink.url);
    let ended = line.run(PATIENCE);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let pushes = sink.pushes();
    assert!(pushes.len() > 2, "{} pushes", pushes.len());
    for push in &pushes {
        assert!(push.head.starts_with("post /v1/metrics http/1.1\r\n"), "{}", push.head);
        assert!(push.head.contains("content-type: application/x-protobuf\r\n"), "{}", push.head);
    }
    let deliveries = pushes.iter().map(|it| count(&it.metrics, "chatbench_deliveries_total"));
    assert!(deliveries.is_sorted());
    let (report, last) = (left.report(), &pushes.last().expect("a push").metrics);
    for name in ["deliveries", "messages_sent", "connects"] {
        let pushed = count(last, &format!("chatbench_{name}_total"));
        assert_eq!(report["counters"][name], pushed, "{name}");
    }
    let latency = count(last, "chatbench_delivery_latency_seconds");
    assert_eq!(report["latencies"]["delivery_latency"]["count"], latency);
}

/// Of the environment: its name and its value.
type Variable = (&'static str, &'static str);

const ALL: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const OF_METRICS: &str = "OTEL_EXPORTER_OTLP_METRICS_HEADERS";

#[test]
fn a_collector_is_told_the_headers_that_the_environment_says() {
    let cases: &[(&[Variable], &[&str])] = &[
        (&[(ALL, "x-team=chat,authorization=Basic%20aA%3D%3D")], &["x-team: chat", "basic aa=="]),
        (&[(OF_METRICS, "x-team=metrics")], &["x-team: metrics"]),
        (&[(ALL, "x-team=chat"), (OF_METRICS, "x-team=metrics")], &["x-team: metrics"]),
        (&[(ALL, "x-team=chat"), (OF_METRICS, "")], &["x-team: chat"]),
        // What it is stays ours to say.
        (&[(ALL, "content-type=text/plain,x-team=chat")], &["x-team: chat"]),
        (&[], &[]),
    ];
    for (variables, wanted) in cases {
        let sink = Sink::answering("200 OK");
        let line = short(1, &["--otlp", &sink.url]);
        let set = |line: CommandLine, (name, value): &Variable| line.env(name, value);
        let ended = variables.iter().fold(line, set).run(PATIENCE);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{variables:?}");
        let pushes = sink.pushes();
        assert!(!pushes.is_empty(), "{variables:?}");
        for push in &pushes {
            for header in *wanted {
                assert!(push.head.contains(&format!("{header}\r\n")), "{header}: {}", push.head);
            }
            let told = push.head.matches("x-team: ").count();
            assert_eq!(told, usize::from(!wanted.is_empty()), "{}", push.head);
            assert!(push.head.contains("content-type: application/x-protobuf\r\n"));
            assert!(!push.head.contains("text/plain"), "{}", push.head);
        }
    }
}

#[test]
fn headers_that_make_no_sense_are_refused_and_not_shown() {
    for name in [ALL, OF_METRICS] {
        for wrong in ["hunter2", "a=1,b c=hunter2", "a=hunter2%0A"] {
            let line = short(1, &["--otlp=http://localhost:1"]).env(name, wrong);
            let ended = line.run(PATIENCE);
            assert_eq!(ended.code, Some(2), "{ended:#?}");
            assert!(ended.stderr.contains(name), "{ended:#?}");
            let said = format!("{}{}", ended.stdout, ended.stderr);
            assert!(said.contains("write `key1=value1"), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
    // Where nothing is pushed, nobody minds.
    assert_eq!(short(1, &[]).env(ALL, "hunter2").run(PATIENCE).code, Some(0));
}

#[test]
fn a_collector_that_takes_nothing_is_told_of_once_and_stops_nothing() {
    let refusing = Sink::answering("503 Service Unavailable");
    // It is listened at, and nobody takes what comes.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_url = format!("http://{}", silent.local_addr().expect("it is bound"));
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port");
    let gone_url = format!("http://{}", gone.local_addr().expect("it is bound"));
    drop(gone);
    let cases = [
        (refusing.url.as_str(), "it answers 503"),
        (silent_url.as_str(), "no answer within 2s"),
        (gone_url.as_str(), "refused"),
    ];
    for (url, why) in cases {
        let ended = short(2, &["--otlp", url]).run(PATIENCE);
        assert_eq!(ended.code, Some(0), "{ended:#?}");
        assert_eq!(complaints(&ended), 1, "{ended:#?}");
        assert!(ended.stderr.contains(why), "{ended:#?}");
    }
}

#[test]
fn what_is_no_url_of_a_collector_is_refused() {
    let ended = short(1, &["--otlp=localhost:4318"]).run(PATIENCE);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.stderr.contains("such as `http://localhost:4318`"), "{ended:#?}");
    let line = short(1, &[]).env("OTEL_EXPORTER_OTLP_ENDPOINT", "collector");
    let ended = line.run(PATIENCE);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(ended.stderr.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{ended:#?}");
    let line = short(1, &[]).env("OTEL_EXPORTER_OTLP_ENDPOINT", "");
    assert_eq!(line.run(PATIENCE).code, Some(0));
}
