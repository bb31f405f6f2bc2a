//! Tests: processes and expositions that go, change and lie while they are looked at.

use std::process::{Child, Command, Stdio};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, LocalOptions};

use super::super::source::{Source, sources};
use super::*;
use crate::scenario::{Overrides, Scenario};

fn on_a_runtime<T>(what: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    runtime.expect("a runtime").block_on(what)
}

/// Time is the runtime's here, so that nobody waits for it.
fn on_simulated_time(test: impl Future<Output = ()>) {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build_local(LocalOptions::default());
    runtime.expect("a runtime").block_on(test);
}

async fn begin(sources: Vec<Source>) -> Result<Observer, ObserveError> {
    let tls = Tls::insecure().expect("TLS");
    Observer::begin(sources, Clock::start(), &tls).await
}

fn seen(moment: &Moment) -> &Sample {
    moment.nodes[0].as_ref().expect("it was seen")
}

fn kinds(notices: &[Notice]) -> Vec<&str> {
    let kind = |notice: &Notice| match notice {
        Notice::Gone { .. } => Some("gone"),
        Notice::Missing { .. } => Some("missing"),
        Notice::Uncounted { .. } => Some("uncounted"),
        Notice::Restarted { .. } => Some("restarted"),
        Notice::NotFresh { .. } => Some("not fresh"),
        Notice::Unsaid(_) => None,
    };
    notices.iter().filter_map(kind).collect()
}

/// The beginning of an answer, whose rest does not come.
const SILENT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nproc";

/// Stands before an answer that takes its time.
const LATE: &str = "late:";

const NO_LOAD: Load<'static> =
    Load { span_s: None, users: 0, deliveries: &[], served_before: false };

/// An exposition that says these one after another, and the last of them ever after.
async fn exposing(answers: Vec<String>) -> Vec<Source> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    spawn_local(async move {
        let mut answers = answers.into_iter();
        let mut answer = answers.next().expect("one at least");
        let mut held = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            if let Some(text) = answer.strip_prefix(LATE) {
                answer = text.to_owned();
                let never = std::future::pending::<()>();
                let _ = tokio::time::timeout(Duration::from_millis(800), never).await;
            }
            let mut request = [0; 1_024];
            let length = stream.read(&mut request).await.expect("a request");
            let asked = String::from_utf8_lossy(&request[..length]).into_owned();
            assert!(asked.starts_with("GET /metrics HTTP/1.1\r\n"), "{asked}");
            // Whoever has heard enough goes.
            let _ = stream.write_all(answer.as_bytes()).await;
            if answer == SILENT {
                held.push(stream);
            }
            answer = answers.next().unwrap_or(answer);
        }
    });
    let yaml = format!(
        "rooms: {{count: 1, size: 2}}\nload: {{phases: [{{hold: {{rate: 1/s, for: 1 s}}}}]}}\n\
         observe: {url}"
    );
    let scenario = Scenario::parse("a.yaml", &yaml, &Overrides::default()).expect("one");
    sources(&scenario.observe, None)
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn metrics(cpu_s: f64, started: u32) -> String {
    ok(&format!(
        "process_cpu_seconds_total {cpu_s}\nprocess_resident_memory_bytes 1e6\n\
         process_start_time_seconds {started}\n"
    ))
}

/// What is exposed twice before the first sample stands: it is tried out.
async fn samples_of(answers: &[String], count: usize) -> Observation {
    let sources = exposing(answers.to_vec()).await;
    let mut observer = begin(sources).await.expect("it can be observed");
    for _ in 1..count {
        observer.sample(true).await;
    }
    observer.end(&NO_LOAD)
}

async fn refusal_of(answer: &str) -> String {
    let sources = exposing(vec![answer.into()]).await;
    let error = begin(sources).await.expect_err("it cannot be observed");
    format!("{error}: {}", error.remedy())
}

#[test]
fn an_exposition_is_sampled_and_a_restart_is_seen() {
    on_a_runtime(async {
        let first = metrics(1.0, 100);
        let by_its_start = [first.clone(), first.clone(), metrics(2.0, 100), metrics(3.0, 200)];
        let by_its_counter = [first.clone(), first, metrics(2.0, 100), metrics(0.5, 100)];
        for answers in [by_its_start, by_its_counter] {
            let observation = samples_of(&answers, 3).await;
            let lives: Vec<_> = observation.samples.iter().map(|it| seen(it).life).collect();
            assert_eq!(lives, [0, 0, 1]);
            assert_eq!(kinds(&observation.notices), ["restarted"]);
            assert_eq!(observation.nodes[0].kind, NodeKind::Prometheus);
            assert_eq!(seen(&observation.samples[1]).cpu_s, Some(2.0));
        }
    });
}

#[test]
fn what_is_not_exposed_for_once_is_no_restart_and_hides_none() {
    on_a_runtime(async {
        let [cpu, started] = ["process_cpu_seconds_total", "process_start_time_seconds"];
        let first = metrics(1.0, 100);
        for (answers, lives) in [
            // Without its beginning, and with it again.
            (vec![ok(&format!("{cpu} 2\n")), metrics(3.0, 100)], [0, 0, 0]),
            (vec![ok(&format!("{cpu} 2\n")), metrics(3.0, 200)], [0, 0, 1]),
            // Without its processor time, and with it again.
            (vec![ok(&format!("{started} 100\n")), metrics(3.0, 100)], [0, 0, 0]),
            (vec![ok(&format!("{started} 100\n")), ok(&format!("{cpu} 0.5\n"))], [0, 0, 1]),
            (vec![ok(&format!("{started} 200\n")), ok(&format!("{cpu} 0.5\n"))], [0, 1, 1]),
        ] {
            let answers = [vec![first.clone(), first.clone()], answers].concat();
            let observation = samples_of(&answers, 3).await;
            let seen: Vec<_> = observation.samples.iter().map(|it| seen(it).life).collect();
            assert_eq!(seen, lives, "{answers:?}");
            let told = kinds(&observation.notices);
            assert_eq!(told.contains(&"restarted"), lives[2] > 0, "{answers:?}: {told:?}");
        }
    });
}

#[test]
fn each_node_is_dated_by_its_own_answer() {
    on_simulated_time(async {
        let first = metrics(1.0, 100);
        let late = vec![first.clone(), first.clone(), format!("{LATE}{}", metrics(2.0, 100))];
        let sources = [exposing(vec![first]).await, exposing(late).await].concat();
        let tls = Tls::insecure().expect("TLS");
        let begun = Observer::begin(sources, Clock::simulated(), &tls).await;
        let mut observer = begun.expect("they answer");
        observer.sample(true).await;
        let observation = observer.end(&NO_LOAD);
        let [_, moment] = &observation.samples[..] else { panic!("{observation:?}") };
        let [quick, late] = [0, 1].map(|at| moment.seen(at).expect("it was seen"));
        assert!(quick.1.took_s < Some(0.5) && quick.0 == moment.at_s, "{moment:?}");
        assert!(late.1.took_s >= Some(0.8), "{moment:?}");
        assert!((0.35..0.9).contains(&(late.0 - quick.0)), "{moment:?}");
    });
}

#[test]
fn what_goes_wrong_on_the_way_is_a_hole_and_no_failure() {
    on_a_runtime(async {
        let first = metrics(1.0, 100);
        for (bad, why) in [
            ("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_owned(), "HTTP 503"),
            (String::new(), "without answering"),
            ("SSH-2.0\r\n".into(), "not HTTP"),
            (ok(&"x".repeat((4 << 20) + 1)), "longer than the limit"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\u{1}".into(), ""),
        ] {
            let answers = [first.clone(), first.clone(), bad, metrics(2.0, 100)];
            let observation = samples_of(&answers, 3).await;
            let hole = observation.samples[1].nodes[0];
            assert_eq!(seen(&observation.samples[2]).life, 0, "{why}");
            // One that says nothing of the process says that.
            assert_eq!(hole.and_then(|it| it.cpu_s), None, "{why}");
            assert_eq!(seen(&observation.samples[2]).cpu_s, Some(2.0), "{why}");
            if why.is_empty() {
                assert_eq!(kinds(&observation.notices), [""; 0], "it is no other process");
            } else {
                let [Notice::Missing { samples: 1, why: told, .. }, ..] = &observation.notices[..]
                else {
                    panic!("{:?}", observation.notices)
                };
                assert!(told.contains(why), "{told}");
            }
        }
    });
}

#[test]
fn an_exposition_that_is_of_no_use_is_refused_with_what_may_help() {
    on_a_runtime(async {
        let redirect = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
        let two = "process_cpu_seconds_total{a=\"b\"} 1\nprocess_cpu_seconds_total 2\n";
        for (answer, wanted) in [
            (redirect.to_owned(), "leads to \"/elsewhere\""),
            (ok("process_cpu_seconds 1\n"), "such as `process_cpu_seconds`"),
            (ok("process_cpu_seconds_total NaN\n"), "has no number for"),
            (ok(two), "observe.labels"),
            (ok(""), "observe.metrics"),
        ] {
            let refusal = refusal_of(&answer).await;
            assert!(refusal.contains(wanted), "{refusal}");
        }
    });
}

#[test]
fn an_endpoint_that_does_not_answer_is_not_waited_for_for_ever() {
    on_simulated_time(async {
        let first = metrics(1.0, 100);
        let listener = exposing(vec![first.clone(), first, SILENT.into()]).await;
        let mut observer = begin(listener).await.expect("at first it answers");
        observer.sample(true).await;
        let observation = observer.end(&NO_LOAD);
        assert_eq!(observation.samples[1].nodes, [None]);
        let [Notice::Missing { why, .. }, ..] = &observation.notices[..] else {
            panic!("{:?}", observation.notices)
        };
        assert_eq!(why, "no answer within 2s");
    });
}

struct Cat(Child);

impl Cat {
    fn start() -> Cat {
        let mut command = Command::new("cat");
        Cat(command.stdin(Stdio::piped()).spawn().expect("cat"))
    }

    fn end(&mut self) {
        self.0.kill().expect("it can be");
        self.0.wait().expect("it has ended");
    }
}

impl Drop for Cat {
    fn drop(&mut self) {
        // One that has ended needs no end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_ends_is_gone_and_its_number_is_not_believed_again() {
    on_a_runtime(async {
        let mut cat = Cat::start();
        let mut observer = begin(vec![Source::Process(cat.0.id())]).await.expect("it is there");
        observer.sample(true).await;
        assert_eq!(observer.nodes[0].node.name, format!("process {} (cat)", cat.0.id()));
        cat.end();
        observer.sample(true).await;
        observer.sample(true).await;
        let observation = observer.end(&NO_LOAD);
        assert_eq!(kinds(&observation.notices), ["gone"]);
        let there: Vec<_> = observation.samples.iter().map(|it| it.nodes[0].is_some()).collect();
        assert_eq!(there, [true, true, false, false]);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_number_that_is_given_anew_is_another_process() {
    on_a_runtime(async {
        let cat = Cat::start();
        let mut observer = begin(vec![Source::Process(cat.0.id())]).await.expect("it is there");
        // As if this one had been started at another time.
        let Eye::Process { known, .. } = &mut observer.nodes[0].eye else { panic!("a process") };
        known.as_mut().expect("it was seen").1 += 1;
        observer.sample(true).await;
        observer.sample(true).await;
        let observation = observer.end(&NO_LOAD);
        assert_eq!(kinds(&observation.notices), ["gone"]);
        assert_eq!(observation.samples[1].nodes, [None]);
        assert_eq!(observation.samples[2].nodes, [None]);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_of_our_own_may_be_restarted() {
    on_a_runtime(async {
        let (mut first, second) = (Cat::start(), Cat::start());
        let own = Pid::default();
        own.set(first.0.id());
        let mut observer = begin(vec![Source::Own(own.clone())]).await.expect("it is there");
        first.end();
        own.set(0);
        observer.sample(true).await;
        own.set(second.0.id());
        observer.sample(true).await;
        let observation = observer.end(&NO_LOAD);
        assert_eq!(kinds(&observation.notices), ["missing", "restarted"]);
        let lives: Vec<_> =
            observation.samples.iter().map(|it| it.nodes[0].map(|it| it.life)).collect();
        assert_eq!(lives, [Some(0), None, Some(1)]);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn whoever_is_not_there_is_named() {
    on_a_runtime(async {
        let mut cat = Cat::start();
        cat.end();
        let pid = cat.0.id();
        let error = begin(vec![Source::Process(pid)]).await.expect_err("it has ended");
        assert_eq!(error.to_string(), format!("there is no process {pid} to be observed"));
        // A server of our own is none of the user's doing.
        let own = Pid::default();
        own.set(pid);
        let observer = begin(vec![Source::Own(own)]).await.expect("no error");
        assert_eq!(kinds(&observer.end(&NO_LOAD).notices), ["missing"]);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn samples_are_taken_when_they_are_asked_for_until_the_end() {
    on_a_runtime(async {
        let observer = begin(vec![Source::Process(std::process::id())]).await.expect("it is us");
        let (mark, marks) = mpsc::channel(4);
        for told in [Mark::Sample, Mark::Sample, Mark::End] {
            mark.try_send(told).expect("room");
        }
        let observation = observer.watch(marks).await.end(&NO_LOAD);
        assert_eq!(observation.samples.len(), 3);
        assert!(observation.samples.iter().all(|it| seen(it).sockets.is_some()));
    });
}
