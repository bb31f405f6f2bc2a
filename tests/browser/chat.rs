//! Chat: people talk by the page in a real browser, from our server and from another's.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::binary::CommandLine;
use crate::support::served::Served;
use crate::support::{browser, foreign};

const WEB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reference-server/web");
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/node-server");

/// The reference server, with its own page.
fn reference() -> Value {
    let args = ["serve", "--quiet", "--until-stdin-closes", "--port=${PORT}"];
    let args = [&args[..], &["--cors-origin=${ORIGIN}"]].concat();
    json!({ "program": env!("CARGO_BIN_EXE_chatbench"), "args": args, "folder": "." })
}

/// The server of `examples/node-server`, which has no page.
fn example() -> Value {
    let env = json!({ "PORT": "${PORT}", "CORS_ORIGIN": "${ORIGIN}" });
    json!({ "program": "node", "args": ["server.js"], "folder": EXAMPLE, "env": env })
}

/// The page as its authors see it, on a server of its own.
fn vite() -> Value {
    let program = "node_modules/vite/bin/vite.js";
    let args = [program, "--host", "127.0.0.1", "--port", "${PAGE_PORT}", "--strictPort"];
    let env = json!({ "VITE_SERVER": "http://127.0.0.1:${PORT}" });
    json!({ "program": "node", "args": args, "folder": WEB, "env": env })
}

/// Whether what stands in `folder` is installed; says so where it is not.
fn is_installed(folder: &str, package: &str) -> bool {
    let there = Path::new(folder).join("node_modules").join(package).exists();
    if !there {
        foreign::skip(&format!("{package} is not installed: run `npm ci` in {folder}"));
    }
    there
}

/// What three people saw on `server`, from the page of Vite or from the server's own.
fn play(server: &Value, page: Option<Value>) -> Option<Value> {
    let screenshots = std::env::var("CHATBENCH_SCREENSHOTS").ok();
    let asked = json!({ "server": server, "page": page, "screenshots": screenshots });
    browser::run("chat.mjs", &asked)
}

/// What somebody's list shows: who said what, and whether it was they.
fn lines(list: &Value) -> Vec<(&str, &str, bool)> {
    let lines = list.as_array().expect("a list").iter();
    lines
        .map(|line| {
            let text = |name: &str| line[name].as_str().expect("a string");
            (text("author"), text("text"), line["own"] == true)
        })
        .collect()
}

fn assert_keys(list: &Value) {
    let lines = list.as_array().expect("a list");
    let mut keys: Vec<&str> = lines.iter().filter_map(|line| line["key"].as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), lines.len(), "a key of its own for each: {list}");
    for key in keys {
        let groups: Vec<usize> = key.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{key}");
        assert!(key.chars().all(|it| it == '-' || it.is_ascii_hexdigit()), "{key}");
        assert_eq!(key.as_bytes()[14], b'4', "a random one: {key}");
    }
}

/// What was said in the room of ann and bob, as one of them shows it.
fn said<'a>(told: &'a Value, reader: &str) -> Vec<(&'a str, &'a str, bool)> {
    let texts = told["texts"].as_array().expect("texts").iter().enumerate();
    let speaker = |at: usize| if at.is_multiple_of(2) { "ann" } else { "bob" };
    let mut said: Vec<_> = texts
        .map(|(at, text)| (speaker(at), text.as_str().expect("a text"), speaker(at) == reader))
        .collect();
    said.push(("bob", "the end", reader == "bob"));
    said
}

fn assert_good(told: &Value) {
    for reader in ["ann", "bob"] {
        let mut wanted = said(told, reader);
        // Each speaker's own order is what is promised.
        for author in ["ann", "bob"] {
            let of = |all: &[(&str, &str, bool)]| -> Vec<(String, bool)> {
                let his = all.iter().filter(|line| line.0 == author);
                his.map(|line| (line.1.to_owned(), line.2)).collect()
            };
            let shown = lines(&told["before"][reader]);
            assert_eq!(of(&shown), of(&wanted), "{author}'s, shown to {reader}");
        }
        wanted.extend([("ann", "back again", reader == "ann"), ("bob", "me too", reader == "bob")]);
        let after = lines(&told["after"][reader]);
        assert_eq!(after.len(), wanted.len(), "{after:?}");
        assert_eq!(after[after.len() - 2..], wanted[wanted.len() - 2..]);
        assert_keys(&told["after"][reader]);
    }
    assert_eq!(lines(&told["after"]["cem"]), [("cem", "only cake", true)]);
    assert_eq!(told["markup"], json!({ "images": 0, "hacked": null, "aria": "polite" }));
    for look in told["looks"].as_array().expect("looks") {
        assert!(look["wide"].as_u64() <= look["width"].as_u64(), "it sticks out: {look}");
        assert_eq!((&look["small"], &look["faint"]), (&json!([]), &json!([])), "{look}");
    }
    let moved = &told["moved"];
    assert_eq!((&moved["heading"], &moved["others"]), (&json!("tea"), &json!([])), "{moved}");
    assert_eq!(moved["join"]["faint"], json!([]), "{moved}");
    for (at, (name, person)) in told["people"].as_object().expect("people").iter().enumerate() {
        assert_network(told, at, name, person);
    }
}

fn assert_network(told: &Value, at: usize, name: &str, person: &Value) {
    assert_eq!(person["joins"], 2, "{name} joins once, and once more after the restart: {person}");
    assert_eq!(person["upgrades"], 2, "{name}: {person}");
    assert_eq!(person["requests_while_open"], json!([]), "{name}: {person}");
    assert!(person["requests"].as_u64() >= Some(4), "the log sees requests: {person}");
    let notes = ["Connection lost", "Back again: what was said meanwhile is missing here"];
    assert_eq!(person["notes"], json!(notes), "{name}");
    let complaints = person["complaints"].as_array().expect("complaints");
    assert_eq!(told["restarted"][at], 0, "{name} complains before the restart: {person}");
    // While there is no server, browsers say so; they may blame the origin, which nobody answers.
    let expected = ["ERR_CONNECTION_RE", "ERR_EMPTY_RESPONSE", "ERR_ABORTED", "WebSocket", "CORS"];
    for complaint in complaints {
        let text = complaint.as_str().expect("a text");
        assert!(expected.iter().any(|it| text.contains(it)), "{name}: {text}");
    }
}

/// Ten users in one room, which a person shares with them.
const WATCHED: &str = "
rooms: {count: 1, size: 10}
load: {phases: [{hold: {rate: 300/s, for: 5 s}}]}
limits: {send_delay_p99: 10 s}
";

#[test]
fn a_person_shares_a_room_with_a_run() {
    for (strangers, code) in [("welcome", 0), ("refuse", 1)] {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
        std::fs::write(at("scenario.yaml"), WATCHED).expect("a file");
        let served = Served::start(&[]);
        let (yaml, out, record) = (at("scenario.yaml"), at("out"), at("run.record"));
        let set = format!("strangers={strangers}");
        let args = ["run", &yaml, "--quiet", "--target", served.url(), "--set", &set];
        let args = [&args[..], &["--out", &out, "--record", &record]].concat();
        let run = json!({ "program": env!("CARGO_BIN_EXE_chatbench"), "args": args });
        let report = format!("{out}/report.json");
        let screenshot = std::env::var("CHATBENCH_SCREENSHOTS").ok();
        let asked =
            json!({ "url": served.url(), "run": run, "report": report, "screenshot": screenshot });
        let Some(seen) = browser::run("watch.mjs", &asked) else { return };
        let report = std::fs::read_to_string(&report).expect("a report");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        assert_watched(&seen, &report);
        assert_eq!(seen["code"], code, "{report}");
        // Each of the person's three messages is heard by all ten.
        let (counted, unexpected) = if code == 0 { (30, 0) } else { (0, 30) };
        assert_eq!(report["tally"]["strangers"], counted, "{report}");
        assert_eq!(report["violations"]["by_kind"]["unexpected"], unexpected, "{report}");
        assert_eq!(report["violations"]["total"], unexpected, "{report}");
        let judged = CommandLine::new(["judge", "--json", &record]).run(browser::SCRIPT_TIME_MAX);
        assert_eq!(judged.code, Some(code), "{judged:#?}");
        let judged: Value = serde_json::from_str(&judged.stdout).expect("JSON");
        assert_eq!(judged["tally"], report["tally"]);
        assert_eq!(judged["violations"], report["violations"]);
    }
}

/// The page shows the newest of what was said, and has counted all of it, each once.
fn assert_watched(seen: &Value, report: &Value) {
    assert_eq!((&seen["kept"], &seen["keys"]), (&json!(1000), &json!(1000)), "{seen}");
    assert_eq!(seen["own"], 3, "{seen}");
    assert_eq!(seen["live"], "off", "nobody can listen to that many: {seen}");
    assert_eq!(seen["complaints"], json!([]));
    let said = report["tally"]["messages"].as_u64().expect("a number");
    assert_eq!(seen["all"].as_u64(), Some(said + 3), "{seen}");
}

/// The page that the server serves is made of what lies beside it, to the byte.
#[test]
fn the_page_is_built_from_its_source() {
    if !is_installed(WEB, "vite") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("dist");
    let node = |args: &[&str]| {
        let mut command = Command::new("node");
        // What a developer may have set is nothing to a page that is built.
        command.args(args).current_dir(WEB).env("VITE_SERVER", "http://a.example");
        let output = command.output().expect("there is node, since there is vite");
        assert!(output.status.success(), "{args:?}: {output:#?}");
    };
    node(&["node_modules/typescript/bin/tsc"]);
    let vite = ["node_modules/vite/bin/vite.js", "build", "--outDir", out.to_str().expect("UTF-8")];
    node(&vite);
    let files = |folder: &Path| -> BTreeMap<_, _> {
        let entries = std::fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry"));
        let read = |path: &Path| std::fs::read(path).expect("a file");
        entries.map(|entry| (entry.file_name(), read(&entry.path()))).collect()
    };
    let (built, kept) = (files(&out), files(&Path::new(WEB).join("dist")));
    assert!(built.keys().eq(kept.keys()), "{:?} and {:?}", built.keys(), kept.keys());
    for (name, bytes) in &built {
        assert!(
            *bytes == kept[name],
            "{name:?} is not what is built: run `npm run build` in {WEB}"
        );
    }
}

#[test]
fn people_talk_by_the_page_that_the_server_serves() {
    let Some(told) = play(&reference(), None) else { return };
    assert_good(&told);
}

#[test]
fn people_talk_by_a_page_from_elsewhere_if_it_is_allowed_to_come() {
    if !is_installed(WEB, "vite") {
        return;
    }
    let mut servers = vec![reference()];
    if is_installed(EXAMPLE, "socket.io") {
        servers.push(example());
    }
    for server in servers {
        let Some(told) = play(&server, Some(vite())) else { return };
        assert_good(&told);
        assert!(told["refused"].as_u64() > Some(0), "another origin is refused: {told}");
    }
}
