//! Report: the pages of runs and of a search, as a browser shows them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::binary::CommandLine;
use crate::support::browser;

const PATIENCE: Duration = Duration::from_secs(60);
const WIDTHS: [u64; 3] = [1400, 420, 320];
/// What a hostile server, or a scenario from a stranger, may say.
const HOSTILE: &str = "</style></title><script>document.title='ran'</script>]]>\
                       <img src=x onerror=\"document.title='ran'\">\"onload=\"\u{0}\u{202e}";

/// A run that is over, and what it left.
fn run(arguments: &[&str], code: i32) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let out = format!("--out={}", folder.path().display());
    let own = ["run", "scenarios/quickstart.yaml", "--clients=24", "--set=rooms.count=3"];
    let lenient =
        ["--set=limits.send_delay_p99=60s", "--set=thresholds={delivery_latency: {p50: 60 s}}"];
    let more = ["--duration=2s", "--rate=40/s", "--quiet", lenient[0], lenient[1]];
    let all = own.iter().chain(&more).chain(arguments).copied().chain([out.as_str()]);
    let ended = CommandLine::new(all).run(PATIENCE);
    assert_eq!(ended.code, Some(code), "{ended:#?}");
    folder
}

/// The page of what is in a folder, and what a reader would notice.
fn look_at(folder: &Path, name: &str) -> Option<Value> {
    let ended = CommandLine::new([Path::new("report"), folder]).run(PATIENCE);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    look_at_page(&folder.join(name).with_extension("html"))
}

pub(crate) fn look_at_page(page: &Path) -> Option<Value> {
    let url = format!("file://{}", page.display());
    let mut input = json!({ "page": url, "widths": WIDTHS });
    // For whoever wants to see them: `CHATBENCH_SCREENSHOTS=DIR cargo test … browser`.
    if let Some(folder) = std::env::var_os("CHATBENCH_SCREENSHOTS") {
        let name = page.parent().and_then(Path::file_name).expect("it is in a folder");
        let folder = Path::new(&folder).join(name);
        input["screenshots"] = folder.to_str().expect("UTF-8").into();
    }
    browser::run("look.mjs", &input)
}

fn read(folder: &Path, name: &str) -> Value {
    let text = fs::read_to_string(folder.join(name)).expect("it is there");
    serde_json::from_str(&text).expect("JSON")
}

/// All that is wrong with a page that shows `data`, as it was `seen`.
pub(crate) fn wrong_with(seen: &Value, data: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let list = |what: &Value| what.as_array().expect("a list").clone();
    wrong.extend(list(&seen["complaints"]).iter().map(|it| format!("the console: {it}")));
    for request in list(&seen["requests"]) {
        if !request.as_str().is_some_and(|url| url.starts_with("file://")) {
            wrong.push(format!("a request: {request}"));
        }
    }
    for look in list(&seen["looks"]) {
        if look["wide"].as_u64() > look["width"].as_u64() {
            wrong.push(format!("too wide: {look}"));
        }
        if look["small"] != json!([]) {
            wrong.push(format!("too small: {look}"));
        }
    }
    for hidden in list(&seen["folded"]["hidden"]) {
        wrong.push(format!("not printed: {hidden}"));
    }
    if seen["folded"]["count"].as_u64() == Some(0) {
        wrong.push("nothing is folded".into());
    }
    let figures = list(&seen["figures"]);
    for figure in &figures {
        let path = figure[0].as_str().expect("a path");
        let pointer = format!("/{}", path.replace('.', "/"));
        let shown: Option<f64> = figure[1].as_str().and_then(|text| text.parse().ok());
        let wanted = data.pointer(&pointer).and_then(Value::as_f64);
        if shown.is_none() || shown != wanted {
            wrong.push(format!("{path} is {shown:?}, not {wanted:?}"));
        }
    }
    if figures.len() < 15 {
        wrong.push(format!("only {} figures", figures.len()));
    }
    wrong
}

#[test]
fn a_run_that_passed() {
    let folder = run(&[], 0);
    let Some(seen) = look_at(folder.path(), "report.json") else { return };
    assert_eq!(wrong_with(&seen, &read(folder.path(), "report.json")), [""; 0]);
    assert_eq!(seen["title"], "PASS · quickstart");
}

#[test]
fn a_run_that_failed_and_whose_server_was_hostile() {
    let faults = ["--fault=drop=0.02,echo=0.02,duplicate=0.02,corrupt=0.02"];
    let folder = run(&faults, 1);
    let path = folder.path().join("report.json");
    let mut report = read(folder.path(), "report.json");
    report["scenario"]["name"] = HOSTILE.into();
    report["scenario"]["yaml"] = HOSTILE.into();
    report["connection_reasons"] = json!([{ "why": HOSTILE, "count": 3 }]);
    for story in report["violations"]["kept"].as_array_mut().expect("a list") {
        (story["receiver"], story["room"]) = (HOSTILE.into(), HOSTILE.into());
    }
    report["outages"] = json!([
        {"from_s": 1.0, "to_s": 1.5, "users": 3, "deafness_p50_ms": 250.0,
         "deafness_max_ms": 500.0, "messages_unsent": 4},
    ]);
    report["deafness"] = json!({"users": 3, "times": 3, "never_over": 0, "p50_ms": 250.0,
        "max_ms": 500.0, "max_user": HOSTILE, "dropped": 0});
    fs::write(&path, report.to_string()).expect("written");
    let Some(seen) = look_at(folder.path(), "report.json") else { return };
    assert_eq!(wrong_with(&seen, &report), [""; 0]);
    assert!(seen["title"].as_str().is_some_and(|title| title.contains("<script>")), "{seen}");
    // Even if a text were not escaped, nothing would run and nobody would be asked for anything.
    let page = path.with_extension("html");
    let whole = fs::read_to_string(&page).expect("it was shown");
    let planted = "<main><script>document.title='ran'</script>\
                   <img src=\"http://127.0.0.1:0/beacon.png\">";
    fs::write(&page, whole.replace("<main>", planted)).expect("written");
    let seen = look_at_page(&page).expect("the browser is still there");
    assert_ne!(seen["title"], "ran");
    let wrong = wrong_with(&seen, &report).join("\n");
    assert_eq!(wrong.matches("Content Security Policy").count(), 12, "{wrong}");
}

#[test]
fn a_search_for_capacity() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = include_str!("capacity.json");
    fs::write(folder.path().join("capacity.json"), study).expect("written");
    let Some(seen) = look_at(folder.path(), "capacity.json") else { return };
    assert_eq!(wrong_with(&seen, &read(folder.path(), "capacity.json")), [""; 0]);
}

#[test]
fn what_would_be_wrong_is_seen() {
    let figure = |at: usize| json!([format!("list.{at}"), at.to_string()]);
    let good = json!({
        "complaints": [], "requests": ["file:///report.html"],
        "looks": [{"width": 420, "wide": 420, "small": []}],
        "folded": {"count": 1, "hidden": []},
        "figures": (0..15).map(figure).collect::<Vec<_>>(),
    });
    let data = json!({ "list": (0..15).collect::<Vec<_>>() });
    assert_eq!(wrong_with(&good, &data), [""; 0]);
    let bad = [
        ("/complaints", json!(["error: x"]), "the console"),
        ("/requests/0", json!("http://127.0.0.1/x.png"), "a request"),
        ("/looks/0/wide", json!(421), "too wide"),
        ("/looks/0/small", json!(["tiny"]), "too small"),
        ("/figures/3/1", json!("4"), "list.3 is"),
        ("/figures/3/0", json!("list.99"), "list.99 is"),
        ("/figures", json!([]), "only 0 figures"),
        ("/folded/hidden", json!(["The numbers"]), "not printed"),
        ("/folded/count", json!(0), "nothing is folded"),
    ];
    for (place, planted, wanted) in bad {
        let mut seen = good.clone();
        *seen.pointer_mut(place).expect("it is there") = planted;
        let wrong = wrong_with(&seen, &data);
        assert!(wrong.len() == 1 && wrong[0].contains(wanted), "{place}: {wrong:?}");
    }
}
