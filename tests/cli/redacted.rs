//! Redacted: text without what is another number in every run.

/// `text` with one `#` for each number, with its unit of time if it has one, and with lines that
/// were wrapped put together, for where they are wrapped depends on the numbers.
pub(crate) fn redacted(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(|line| without_numbers(line.trim_end())) {
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        match lines.last_mut() {
            Some(last) if is_rest_of_a_sentence(&line) && !last.is_empty() => {
                last.push(' ');
                last.push_str(&words);
            }
            _ => lines.push(words),
        }
    }
    lines.join("\n")
}

/// An indented line without columns.
fn is_rest_of_a_sentence(line: &str) -> bool {
    let text = line.trim_start();
    line.starts_with(' ') && !text.is_empty() && !text.contains("  ") && !text.starts_with('✓')
}

fn without_numbers(line: &str) -> String {
    let mut redacted = String::new();
    let mut rest = line;
    while let Some(begin) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(begin);
        redacted.push_str(before);
        rest = number.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',' || c == '.');
        let number = &number[..number.len() - rest.len()];
        // Names such as p50 stay.
        if before.ends_with(|c: char| c.is_lowercase() || c == '_') {
            redacted.push_str(number);
            continue;
        }
        redacted.push('#');
        redacted.push_str(&number[number.trim_end_matches(['.', ',']).len()..]);
        for unit in [" µs", " ms", " s"] {
            let after = rest.strip_prefix(unit);
            if let Some(after) = after.filter(|after| !after.starts_with(char::is_alphabetic)) {
                rest = after;
            }
        }
    }
    redacted + rest
}

#[test]
fn numbers_go_and_names_stay() {
    let check = |text: &str, wanted: &str| assert_eq!(redacted(text), wanted);
    check("p50 1.10 ms, p99 6 µs of 27,000 in 1.2 s; s_1", "p50 #, p99 # of # in #; s_1");
    check("2026-11-23T01:02:03.456Z, 12.", "#-#-#T#:#:#Z, #.");
    check("in all\n  12.3 s.\n\n  a   2\n  and 3", "in all #.\n\na # and #");
}
