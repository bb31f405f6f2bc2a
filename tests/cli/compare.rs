//! Compare: runs that are alike, slower, broken or damaged, told apart and told why.
//!
//! One run is performed; all others are made of it, with other times.

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use expect_test::expect;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::chatbench;
use super::help::help;
use super::run::SHORT;
use super::schema::schema;
use crate::browser::report::{look_at_page, wrong_with};
use crate::support::binary::Ended;

const RUNS: usize = 5;

struct Place(TempDir);

impl Place {
    /// Where a run is at `one`, and five of the same server at `a`.
    fn new() -> Place {
        let place = Place(tempfile::tempdir().expect("a folder"));
        let out = format!("--out={}", place.path("one").display());
        let longer =
            SHORT.iter().map(|it| if *it == "--duration=1s" { "--duration=4s" } else { it });
        let ran = chatbench(longer.chain(["--quiet", &out]));
        assert!(place.path("one/report.json").exists(), "{ran:#?}");
        // Whatever the machine did meanwhile: doubts are planted, not awaited.
        place.alter("one", |report| report["doubts"] = json!([]));
        place.runs("a", 1.0);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Some runs whose times are those of the one, so many times as long.
    fn runs(&self, name: &str, factor: f64) {
        for run in 0..RUNS {
            let folder = format!("{name}/{run}");
            fs::create_dir_all(self.path(&folder)).expect("a folder");
            // Runs differ from each other by a percent.
            let own = factor * (1.0 + 0.005 * run as f64);
            let log = fs::read_to_string(self.path("one/latencies.hlog")).expect("a log");
            let log: String = log.lines().map(|line| scaled(line, own)).collect();
            fs::write(self.path(&folder).join("latencies.hlog"), log).expect("written");
            fs::copy(self.path("one/report.json"), self.path(&folder).join("report.json"))
                .expect("copied");
            self.alter(&folder, |report| report["started"] = json!(format!("{name} {run}")));
        }
    }

    fn alter(&self, folder: &str, how: impl Fn(&mut Value)) {
        let path = self.path(folder).join("report.json");
        let mut report = read(&path);
        how(&mut report);
        fs::write(path, report.to_string()).expect("written");
    }

    fn alter_all(&self, name: &str, how: impl Fn(&mut Value)) {
        (0..RUNS).for_each(|run| self.alter(&format!("{name}/{run}"), &how));
    }

    fn compare(&self, a: &str, b: &str, more: &[&str]) -> Ended {
        let (a, b) = (self.path(a).display().to_string(), self.path(b).display().to_string());
        chatbench(["compare", &a, &b].into_iter().chain(more.iter().copied()))
    }

    /// What a gate makes of it.
    fn gate(&self, b: &str) -> Ended {
        self.compare("a", b, &["--fail-on-regression"])
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("it is there")).expect("JSON")
}

/// A line of an interval log whose times are so many times as long.
fn scaled(line: &str, factor: f64) -> String {
    let Some((head, encoded)) = line.rsplit_once(',').filter(|_| line.starts_with("Tag=")) else {
        return format!("{line}\n");
    };
    let bytes = BASE64.decode(encoded.as_bytes()).expect("base64");
    let read: Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..]).expect("V2");
    let mut longer = Histogram::new_with_bounds(read.low(), read.high(), 3).expect("as it was");
    for cell in read.iter_recorded() {
        let micros = (cell.value_iterated_to() as f64 * factor).round().max(1.0) as u64;
        longer.saturating_record_n(micros, cell.count_at_value());
    }
    let mut bytes = Vec::new();
    V2DeflateSerializer::new().serialize(&longer, &mut bytes).expect("room");
    format!("{head},{}\n", BASE64.encode(&bytes))
}

#[test]
fn what_is_alike_slower_faster_or_broken_is_told_apart() {
    let place = Place::new();
    place.runs("same", 1.003);
    let same = place.gate("same");
    assert_eq!(same.code, Some(0), "{same:#?}");
    assert!(same.stdout.contains("B is NO DIFFERENCE"), "{same:#?}");
    assert_eq!(same.stdout.lines().last(), Some("exit 0 pass"));
    place.runs("slower", 1.3);
    let slower = place.gate("slower");
    assert_eq!(slower.code, Some(4), "{slower:#?}");
    assert!(slower.stdout.contains("B is WORSE"), "{slower:#?}");
    assert_eq!(slower.stdout.lines().last(), Some("exit 4 threshold-missed"));
    // It is told, too, where it is no failure, and where it would not matter.
    assert_eq!(place.compare("a", "slower", &[]).code, Some(0));
    let lax = place.compare("a", "slower", &["--fail-on-regression", "--noise=40%"]);
    assert_eq!(lax.code, Some(0), "{lax:#?}");
    assert!(lax.stdout.contains("too small to matter"), "{lax:#?}");
    let faster = place.compare("slower", "a", &["--fail-on-regression"]);
    assert_eq!(faster.code, Some(0), "{faster:#?}");
    assert!(faster.stdout.contains("B is BETTER"), "{faster:#?}");
    // A promise that B alone breaks outweighs all that became faster.
    place.alter("a/3", |report| report["violations"]["by_kind"]["leaked"] = json!(2));
    let broken = place.compare("slower", "a", &["--fail-on-regression"]);
    assert_eq!(broken.code, Some(1), "{broken:#?}");
    assert!(broken.stdout.contains("leaked: A never, B 2× in 1 of 5 runs: worse"), "{broken:#?}");
    assert_eq!(broken.stdout.lines().last(), Some("exit 1 violations"));
}

#[test]
fn as_json_as_markdown_and_as_a_page_it_is_one_comparison() {
    let place = Place::new();
    place.runs("b", 1.3);
    let file = place.path("compare.json");
    let json = format!("--json={}", file.display());
    let page = place.path("compare.html");
    let html = format!("--html={}", page.display());
    let ended = place.compare("a", "b", &[&json, &html, "--markdown=-"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), "exit 0 pass\n"), "{ended:#?}");
    assert!(ended.stdout.starts_with("## chatbench compare: WORSE\n"), "{ended:#?}");
    let comparison = read(&file);
    let validator = jsonschema::validator_for(&schema("compare")).expect("a schema");
    let wrong: Vec<_> = validator.iter_errors(&comparison).map(|it| it.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let numbers = comparison["numbers"].as_array().expect("a list");
    let of =
        |number: &&Value| number["metric"] == "delivery_latency" && number["statistic"] == "p50";
    let change = numbers.iter().find(of).expect("it was measured")["change"].as_f64();
    assert!(change.is_some_and(|change| (change - 0.3).abs() < 0.02), "{change:?}");
    let both = place.compare("a", "b", &["--json=-", "--html=-"]);
    assert_eq!(both.code, Some(2), "{both:#?}");
    // Nothing is written over what it is made from, nor over another.
    for (name, over) in [
        ("a/0/report.json", "made from"),
        ("b/4/latencies.hlog", "made from"),
        ("compare.json", "two formats cannot both"),
    ] {
        let path = place.path(name);
        let before = fs::read(&path).expect("it is there");
        let markdown = format!("--markdown={}", path.display());
        let refused = place.compare("a", "b", &[&json, &markdown]);
        assert_eq!(refused.code, Some(2), "{refused:#?}");
        assert!(refused.stderr.contains(over), "{name}: {refused:#?}");
        assert!(fs::read(&path).expect("still there") == before, "{name} was written to");
    }
    let Some(seen) = look_at_page(&page) else { return };
    assert_eq!(wrong_with(&seen, &comparison), [""; 0]);
    assert_eq!(seen["title"], "WORSE · compare");
}

#[test]
fn what_cannot_be_said_is_unknown_and_says_why() {
    let place = Place::new();
    place.runs("b", 1.3);
    // Runs of a few seconds have too few intervals to stand alone.
    let alone = place.compare("a/0", "b/0", &["--fail-on-regression"]);
    assert_eq!(alone.code, Some(5), "{alone:#?}");
    assert!(alone.stdout.contains("how much runs of one server differ"), "{alone:#?}");
    assert!(alone.stdout.contains("of 20 needed"), "{alone:#?}");
    let late = json!([{"kind": "generator_saturated", "shard": 0, "send_delay_p99_ms": 30.0,
        "limit_ms": 10.0, "busy": 0.9}]);
    place.alter("b/2", |report| report["doubts"] = late.clone());
    let bound = place.gate("b");
    assert_eq!(bound.code, Some(5), "{bound:#?}");
    assert!(bound.stdout.contains("it sent 30.0 ms late at p99"), "{bound:#?}");
    assert_eq!(bound.stdout.lines().last(), Some("exit 5 unknown"));
}

#[test]
fn runs_of_different_scenarios_are_refused_unless_they_may_be() {
    let place = Place::new();
    place.runs("b", 1.0);
    place.alter_all("b", |report| {
        let yaml = report["scenario"]["yaml"].as_str().expect("text");
        assert!(yaml.contains("transport: websocket"), "{yaml}");
        let other = yaml.replace("transport: websocket", "transport: polling");
        report["scenario"]["yaml"] = other.replace("seed: ", "seed: 1").into();
    });
    let refused = place.compare("a", "b", &[]);
    assert_eq!(refused.code, Some(2), "{refused:#?}");
    assert!(
        refused.stderr.contains("`transport` is \"websocket\" and \"polling\""),
        "{refused:#?}"
    );
    assert!(!refused.stderr.contains("seed"), "{refused:#?}");
    let allowed = place.compare("a", "b", &["--allow=transport"]);
    assert_eq!(allowed.code, Some(0), "{allowed:#?}");
    assert!(allowed.stdout.contains("has another `transport`"), "{allowed:#?}");
    place.alter("b/1", |report| report["started"] = json!("b 0"));
    let twice = place.compare("a", "b", &["--allow=transport"]);
    assert_eq!(twice.code, Some(2), "{twice:#?}");
    assert!(twice.stderr.contains("is the same run as"), "{twice:#?}");
}

#[test]
fn what_is_damaged_is_refused_with_its_place() {
    let place = Place::new();
    place.runs("b", 1.0);
    let refused = |what: &str, said: &str| {
        let ended = place.compare("a", "b", &[]);
        assert_eq!(ended.code, Some(2), "{what}: {ended:#?}");
        let text = ended.stderr.replace("\n  │ ", " ");
        assert!(text.contains(said), "{what}: no {said:?}: {ended:#?}");
        assert_eq!(ended.last_line(), "exit 2 usage", "{what}");
    };
    let log = place.path("b/4/latencies.hlog");
    let whole = fs::read_to_string(&log).expect("a log");
    let lines = whole.lines().count();
    let write = |text: &str| fs::write(&log, text).expect("written");
    write(&whole[..whole.len() - 9]);
    refused("cut within a line", &format!("latencies.hlog:{lines}: the line has no end"));
    let last = whole.trim_end().rfind('\n').expect("lines") + 1;
    write(&whole[..last]);
    refused("cut between lines", "and the report beside it");
    write(&format!("{}Tag=deafness,1.000,1.000,1.000,AAAA\n", whole));
    refused("no histogram", &format!("latencies.hlog:{}: the histogram is too short", lines + 1));
    write(&format!("{whole}what is this\n"));
    refused("no log", &format!("latencies.hlog:{}: this is no line", lines + 1));
    write(&whole.replace("Tag=delivery_latency", "Tag=delight"));
    refused("no metric", "there is no metric \"delight\"");
    write(&whole);
    assert_eq!(place.compare("a", "b", &[]).code, Some(0));
    let report = place.path("b/4/report.json");
    let whole = fs::read_to_string(&report).expect("a report");
    fs::write(&report, "{\"version\": 2}").expect("written");
    refused("another version", "report.json: it is of version 2");
    fs::write(&report, "{\"colour\": \"red\"}").expect("written");
    refused("foreign JSON", "report.json:1:17: this is no report of a run: missing field");
    fs::write(&report, &whole[..whole.len() / 2]).expect("written");
    refused("half a report", "this is no report of a run");
    fs::remove_file(&report).expect("removed");
    refused("no report", "it has an interval log, but no report.json: the run was killed");
    let nothing = place.compare("a", "nowhere", &[]);
    assert_eq!(nothing.code, Some(2), "{nothing:#?}");
    assert!(nothing.stderr.contains("cannot read"), "{nothing:#?}");
}

#[test]
fn there_is_help() {
    expect![[r#"
        Compares runs, or sets of runs, of two servers: is B worse than A, and how sure is that?

        Exit codes: 0 pass, 2 usage, 3 impossible; with --fail-on-regression also 1 violations (B breaks
        promises that A keeps), 4 threshold-missed (B is slower), 5 unknown.

        Usage: chatbench compare [OPTIONS] <A> <B>

        Arguments:
          <A>
                  What B is held to: a folder that `run --out` has written, or one that holds several

          <B>
                  What is held to A: the same

        Options:
              --noise <SHARE>
                  A difference that is smaller than this does not matter

                  [env: CHATBENCH_NOISE=]
                  [default: 5%]

              --allow <KEY>
                  A key of the scenario that may differ although it changes what is asked of the server,
                  such as `transport`. May be repeated

                  [env: CHATBENCH_ALLOW=]

              --fail-on-regression
                  Fails if B is worse (exit code 1 or 4), or if that cannot be said (5)

                  [env: CHATBENCH_FAIL_ON_REGRESSION=]

              --json <FILE>
                  Writes the comparison as JSON, too; `-` is standard output, in place of the text

                  [env: CHATBENCH_JSON=]

              --markdown <FILE>
                  Writes the comparison as Markdown, too, for a pull request; `-` is standard output

                  [env: CHATBENCH_MARKDOWN=]

              --html <FILE>
                  Writes the comparison as a page for browsers, too; `-` is standard output

                  [env: CHATBENCH_HTML=]

          -h, --help
                  Print help (see a summary with '-h')
    "#]].assert_eq(&help(&["compare", "--help"]));
}
