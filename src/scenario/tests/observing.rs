//! Observing: what is to be looked at, as it may be typed, and what cannot be meant.

use expect_test::expect;

use super::bad::{check, with};
use super::*;

fn observed(more: &str, overrides: &Overrides) -> Observe {
    let text = format!("{SMALL}{more}");
    Scenario::parse("test.yaml", &text, overrides).expect("a scenario").observe
}

fn typed(more: &str) -> Observe {
    observed(more, &Overrides::default())
}

fn flagged(more: &str, words: &[&str]) -> Observe {
    let observe = words.iter().map(|word| (*word).to_owned()).collect();
    observed(more, &Overrides { observe, ..Overrides::default() })
}

fn exposed(node: &ObservedNode) -> &Exposed {
    let ObservedNode::Prometheus(exposed) = node else { panic!("{node:?}") };
    exposed
}

#[test]
fn the_bundled_server_is_observed_unless_something_else_is_said() {
    const ELSEWHERE: &str = "target: http://localhost:3000\n";
    assert_eq!(typed(""), Observe::Reference);
    assert_eq!(typed("observe: reference"), Observe::Reference);
    assert_eq!(typed("observe: off"), Observe::Off);
    assert_eq!(typed(ELSEWHERE), Observe::Off);
    let process = Observe::Nodes(vec![ObservedNode::Process(4711)]);
    for said in ["observe: 4711", "observe: {process: 4711}", "observe: [{process: 4711}]"] {
        assert_eq!(typed(said), process, "{said}");
        assert_eq!(typed(&format!("{ELSEWHERE}{said}")), process, "{said}");
    }
    assert_eq!(flagged(ELSEWHERE, &["4711"]), process);
    assert_eq!(flagged("observe: 99", &["off"]), Observe::Off);
    let both = vec![ObservedNode::Process(1), ObservedNode::Process(2)];
    assert_eq!(flagged("", &["1", "2"]), Observe::Nodes(both));
}

#[test]
fn expositions_have_names_and_labels() {
    let Observe::Nodes(nodes) = typed(
        "observe:\n  - prometheus: https://a:3000/stats?x=1\n    metrics: {cpu: cpu}\n    \
         labels: {pid: '7'}\n  - {prometheus: 'http://b'}",
    ) else {
        panic!("they are nodes")
    };
    let [first, second] = [exposed(&nodes[0]), exposed(&nodes[1])];
    assert_eq!(first.url.to_string(), "https://a:3000/stats?x=1");
    assert_eq!((first.cpu.as_str(), first.labels["pid"].as_str()), ("cpu", "7"));
    assert_eq!(first.memory, "process_resident_memory_bytes");
    assert_eq!(second.url.to_string(), "http://b/metrics");
    let Observe::Nodes(of_flag) = flagged("", &["http://b"]) else { panic!("it is a node") };
    assert_eq!(of_flag, nodes[1..]);
}

#[test]
fn a_search_is_the_same_whatever_is_observed() {
    let of = |observe: &str| {
        let text = format!("{SMALL}observe: {observe}");
        scenario(&text).to_yaml_without_capacity(1)
    };
    assert_eq!(of("4711"), of("4712"));
    let whole = scenario(&format!("{SMALL}observe: {{process: 4711}}"));
    assert_eq!(scenario(&whole.to_yaml(1)).observe, whole.observe);
}

#[test]
fn what_cannot_be_observed() {
    check(
        &[
            &with("observe: refrence"),
            &with("observe: everything"),
            &with("observe: 0"),
            &with("observe: {proces: 4711}"),
            &with("observe: {process: many}"),
            &with("observe: {process: 4711, prometheus: 'http://a'}"),
            &with("observe: {process: 4711, labels: {a: b}}"),
            &with("observe: {}"),
            &with("observe: []"),
            &with("observe: [{process: 4711}, {process: 4711}]"),
            &with("observe:\n  - process: 4711\n  - prometheus: localhost"),
            &with("observe: {prometheus: 'ws://localhost'}"),
            &with("observe: {prometheus: 'http://a', metrics: {cpu: 'a b'}}"),
            &with("observe: {prometheus: 'http://a', metrics: {memry: a}}"),
            &with("target: http://localhost:3000\nobserve: reference"),
        ],
        &expect![[r#"
            bad.yaml:6:10: `refrence` is nothing that can be observed
                observe: refrence
              → did you mean `reference`?
            bad.yaml:6:10: `everything` is nothing that can be observed
                observe: everything
              → write `reference`, `off`, `{process: 4711}`, or `{prometheus: http://localhost:3000/metrics}`
            bad.yaml:6:10: 0 is the number of no process
                observe: 0
              → write the process's id, such as `4711`
            bad.yaml:6:11: unknown key `proces`
                observe: {proces: 4711}
              → did you mean `process`?
            bad.yaml:6:20: string "many" does not belong here
                observe: {process: many}
              → write a whole number, such as `10`
            bad.yaml:6:1: a node is a process or an exposition, not both
                observe: {process: 4711, prometheus: 'http://a'}
              → keep `process` or `prometheus`; a list has several nodes
            bad.yaml:6:26: `labels` is of an exposition, and a process has none
                observe: {process: 4711, labels: {a: b}}
              → leave it out, or observe by `prometheus`
            bad.yaml:6:1: it does not say what to observe
                observe: {}
              → write `reference`, `off`, `{process: 4711}`, or `{prometheus: http://localhost:3000/metrics}`
            bad.yaml:6:1: there are 0 nodes
                observe: []
              → write 1 to 64, or `off`
            bad.yaml:6:28: this node is in the list twice, and would count twice
                observe: [{process: 4711}, {process: 4711}]
              → name each once
            bad.yaml:8:17: `localhost` is no URL: it has no scheme
                  - prometheus: localhost
              → write a URL such as `http://localhost:3000/metrics`
            bad.yaml:6:23: an exposition is fetched by HTTP
                observe: {prometheus: 'ws://localhost'}
              → write a URL such as `http://localhost:3000/metrics`
            bad.yaml:6:50: `a b` is not a metric's name
                observe: {prometheus: 'http://a', metrics: {cpu: 'a b'}}
              → write letters, digits and underscores, such as `process_cpu_seconds_total`
            bad.yaml:6:45: unknown key `memry`
                observe: {prometheus: 'http://a', metrics: {memry: a}}
              → did you mean `memory`?
            bad.yaml:7:10: the bundled server is not the target
                observe: reference
              → name the process of yours: `{process: 4711}`, or its exposition: `{prometheus: http://localhost:3000/metrics}`
        "#]],
    );
}
