//! Looking: that what is wrong with a page is seen.

use std::fs;

use serde_json::{Value, json};

use crate::support::browser;

/// What is told of a page with `body`.
fn look_at(body: &str) -> Option<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.html");
    let head = r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>a page</title>"#;
    fs::write(&file, format!("{head}<body>{body}")).expect("a file");
    let page = format!("file://{}", file.display());
    browser::run("look.mjs", &json!({ "page": page, "widths": [420] }))
}

#[test]
fn what_is_wrong_with_a_page_is_seen() {
    let good = r#"<p data-figure="users">300</p>"#;
    let bad = r#"<p style="width: 900px">wide</p><p style="font-size: 5px">small</p>
        <p style="color: #888; background: #eee">pale</p>
        <label>field <input id="a" style="border: 1px solid #ccc"></label>
        <svg viewBox="0 0 2000 10" width="300"><text y="9" font-size="12">scaled</text></svg>
        <script>console.error("a complaint"); undefined_function()</script>
        <img src="http://127.0.0.1:0/beacon.png">"#;
    let Some(good) = look_at(good) else { return };
    assert_eq!(good["complaints"], json!([]));
    assert_eq!(good["requests"].as_array().map(|it| it.len()), Some(2), "{good}");
    assert_eq!(
        good["looks"][0],
        json!({"scheme": "light", "width": 420, "wide": 420, "small": [], "faint": []})
    );
    assert_eq!(good["figures"], json!([["users", "300"]]));
    let closed = "<details><summary>more</summary><p>inside</p></details>";
    let unfolded = "<style>@media print { details::details-content \
        { content-visibility: visible; block-size: auto } }</style>";
    let [closed, printed] =
        [closed.to_owned(), format!("{unfolded}{closed}")].map(|it| look_at(&it));
    let folded =
        [closed, printed].map(|it| it.expect("the browser is still there")["folded"].clone());
    assert_eq!(folded[0], json!({"count": 1, "hidden": ["more"]}));
    assert_eq!(folded[1], json!({"count": 1, "hidden": []}));
    let bad = look_at(bad).expect("the browser is still there");
    let complaints = bad["complaints"].to_string();
    assert!(complaints.contains("error: a complaint"), "{complaints}");
    assert!(complaints.contains("uncaught: undefined_function"), "{complaints}");
    assert!(bad["requests"].to_string().contains("beacon.png"), "{bad}");
    assert!(bad["looks"][0]["wide"].as_u64() > Some(420), "{bad}");
    assert_eq!(bad["looks"][0]["small"], json!(["small", "scaled"]));
    assert_eq!(bad["looks"][0]["faint"], json!(["pale: 3.06", "the edge of a: 1.61"]));
}
