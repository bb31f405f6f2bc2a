//! Report: what a run left behind in other formats, or what is wrong with it, and what helps.

use std::path::Path;

use serde_json::Value;

use super::run::SHORT;
use super::{chatbench, schema};
use crate::support::binary::Ended;
use crate::support::left::Left;

fn report(from: &Path, more: &[&str]) -> Ended {
    let from = from.to_str().expect("UTF-8");
    chatbench(["report", from].iter().chain(more).copied())
}

fn left() -> Left {
    let left = Left::new();
    let ended = chatbench(SHORT.iter().copied().chain(["--quiet", &left.out()]));
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    left
}

#[test]
fn a_page_and_other_formats_are_written() {
    let left = left();
    let ended = report(left.path(), &[]);
    let page = left.path().join("report.html");
    assert_eq!(ended.stdout, format!("wrote {}\nexit 0 pass\n", page.display()), "{ended:#?}");
    let html = std::fs::read_to_string(page).expect("a page");
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>"));
    let file = |name: &str| left.path().join("new").join(name).display().to_string();
    let (markdown, junit, csv) = (file("a.md"), file("a.xml"), file("a.csv"));
    let flags = ["--markdown", &markdown, "--junit", &junit, "--csv", &csv];
    let ended = report(&left.path().join("report.json"), &flags);
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), 4), "{ended:#?}");
    let read = |path: &str| std::fs::read_to_string(path).expect("it was written");
    assert!(read(&markdown).starts_with("## ✅ quickstart: PASS"), "{}", read(&markdown));
    assert!(read(&junit).starts_with("<?xml"), "{}", read(&junit));
    let rows = left.report()["timeline"].as_array().expect("a list").len();
    assert_eq!(read(&csv).lines().count(), 1 + rows);
    // Alone on standard output, a format is nothing but itself.
    let ended = report(left.path(), &["--csv=-"]);
    assert_eq!((ended.stdout, ended.stderr.as_str()), (read(&csv), "exit 0 pass\n"));
    let two = report(left.path(), &["--csv=-", "--junit=-"]);
    assert_eq!(two.code, Some(2), "{two:#?}");
    let over = report(left.path(), &["--csv", &file("../report.json")]);
    assert_eq!(over.code, Some(2), "{over:#?}");
    assert!(over.stderr.contains("is what the report is made from"), "{over:#?}");
    let twice = report(left.path(), &["--csv", &csv, "--junit", &file("../new/a.csv")]);
    assert_eq!(twice.code, Some(2), "{twice:#?}");
    assert!(twice.stderr.contains("two formats cannot both be written to"), "{twice:#?}");
}

#[test]
fn what_is_no_report_is_refused_with_the_place_and_the_remedy() {
    let left = left();
    let path = left.path().join("report.json");
    let whole = std::fs::read_to_string(&path).expect("a report");
    let value = left.report();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut value = value.clone();
        change(&mut value);
        value.to_string()
    };
    let cases = [
        (whole[..whole.len() / 2].to_owned(), "report.json:", "it was cut short"),
        (String::new(), "report.json:1:0: EOF", "it was cut short"),
        ("{\n  \"version\": one}".into(), "report.json:2:14: expected value", "give the folder"),
        ("[1]".into(), "report.json:1:", "give the folder"),
        ("{}".into(), "is neither the report of a run nor a search", "give the folder"),
        (changed(&|it| it["version"] = 9.into()), "is of version 9, and this", "or a newer one"),
        (changed(&|it| it["seed"] = "x".into()), "invalid type: string \"x\"", "give the folder"),
        (changed(&|it| it["checks"] = "x".into()), "`conform --json` writes", "its --help"),
        ("[".repeat(100_000), "report.json:1:", "give the folder"),
    ];
    for (text, what, remedy) in cases {
        std::fs::write(&path, text).expect("written");
        let ended = report(left.path(), &[]);
        assert_eq!((ended.code, ended.last_line()), (Some(2), "exit 2 usage"), "{ended:#?}");
        let said =
            ended.stderr.replace("\n  │ ", " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(what) && said.contains(remedy), "{what} {remedy}: {ended:#?}");
    }
    std::fs::remove_file(&path).expect("it was there");
    let ended = report(left.path(), &[]);
    assert!(ended.stderr.contains("is neither report.json nor"), "{ended:#?}");
    let ended = report(&path, &[]);
    assert!(ended.code == Some(2) && ended.stderr.contains("cannot read"), "{ended:#?}");
}

#[test]
fn a_search_has_a_page_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("capacity.json");
    let study = include_str!("../browser/capacity.json");
    let validator = jsonschema::validator_for(&schema::schema("capacity")).expect("a schema");
    assert!(validator.is_valid(&serde_json::from_str(study).expect("JSON")));
    std::fs::write(&path, study).expect("written");
    let ended = report(folder.path(), &[]);
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(folder.path().join("capacity.html").exists());
    let ended = report(folder.path(), &["--csv=-"]);
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    std::fs::write(folder.path().join("report.json"), "{}").expect("written");
    let ended = report(folder.path(), &[]);
    assert!(ended.stderr.contains("a run's report and a search"), "{ended:#?}");
}
