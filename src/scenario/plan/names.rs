//! Provoking names: families of room names that servers tend to mix up, all of them different.

/// One name of each family shares the index of its generation, so that neighbours are as alike
/// as can be.
const FAMILIES: [fn(usize) -> String; 28] = [
    |n| format!("room-{n}"),
    |n| format!("Room-{n}"),
    |n| format!("ROOM-{n}"),
    // Prefixes of each other, and of other generations: room-1 and room-10.
    |n| format!("room-{n}-"),
    |n| format!("room-{n}-a"),
    |n| format!("room-{n}-ab"),
    |n| format!(" room-{n}"),
    |n| format!("room-{n} "),
    |n| format!("room-{n}  a"),
    |n| format!("room-{n} a"),
    |n| format!("room-{n}\na"),
    |n| format!("room-{n}\ta"),
    // A number to a server that is free with its types.
    |n| format!("{n}"),
    |n| format!("0{n}"),
    // The same to the eye and after normalisation: NFC and NFD.
    |n| format!("caf\u{e9}-{n}"),
    |n| format!("cafe\u{301}-{n}"),
    |n| format!("\u{1f680}{n}"),
    |n| format!("\u{5d7}\u{5d3}\u{5e8}-{n}"),
    // Patterns, separators of adapters' channels, and quotes.
    |n| format!("*{}", repeated("*", n)),
    |n| format!("{n}.*"),
    |n| format!("room#{n}/#"),
    |n| format!("/room/{n}"),
    |n| format!("room,{n}"),
    |n| format!("\"room\\{n}\""),
    |n| format!("room%20{n}"),
    // Words that mean something to JavaScript; later generations need a number to differ.
    |n| word(["null", "undefined", "__proto__", "constructor", "true", "NaN"], n),
    // Very long, and different only at the very end.
    |n| format!("{}{n}", "long-".repeat(40)),
    |n| format!("{}{n}.", "long-".repeat(40)),
];

/// The `index`-th provoking name; no two are the same.
pub(super) fn provoking(index: usize) -> String {
    FAMILIES[index % FAMILIES.len()](index / FAMILIES.len())
}

fn word(words: [&str; 6], generation: usize) -> String {
    let word = words[generation % words.len()];
    match generation / words.len() {
        0 => word.to_owned(),
        round => format!("{word}{round}"),
    }
}

/// As many of `text` as a name can hold, then their number.
fn repeated(text: &str, count: usize) -> String {
    const REPEATED_MAX: usize = 8;
    match count {
        0..=REPEATED_MAX => text.repeat(count),
        _ => format!("{}{count}", text.repeat(REPEATED_MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_provoking_names_are_the_same() {
        let names: HashSet<String> = (0..100_000).map(provoking).collect();
        assert_eq!(names.len(), 100_000);
    }

    #[test]
    fn the_names_provoke() {
        let names: Vec<String> = (0..FAMILIES.len() * 12).map(provoking).collect();
        let some = |what: &str, test: &dyn Fn(&str, &str) -> bool| {
            let found = names.iter().any(|a| names.iter().any(|b| a != b && test(a, b)));
            assert!(found, "no two names {what}");
        };
        some("are prefixes of each other", &|a, b| b.starts_with(a));
        some("differ in case only", &|a, b| a.to_lowercase() == b.to_lowercase());
        some("differ in outer spaces only", &|a, b| a.trim() == b.trim());
        some("differ in the kind of space only", &|a, b| {
            a.split_whitespace().eq(b.split_whitespace()) && a.trim() == a && b.trim() == b
        });
        some("are the same number", &|a, b| {
            a.parse::<u32>().is_ok_and(|number| b.parse() == Ok(number))
        });
        some("differ in normal form only", &|a, b| a.replace('\u{e9}', "e\u{301}") == *b);
        some("differ at their very end only", &|a, b| {
            a.len() > 100 && a.get(..100) == b.get(..100)
        });
        for word in ["null", "undefined", "__proto__", "constructor"] {
            assert!(names.iter().any(|name| name == word), "{word}");
        }
        for mark in ["*", ".*", "#", "/", ",", "\"", "\\", "\n", "%", "\u{1f680}", "\u{5d7}"] {
            assert!(names.iter().any(|name| name.contains(mark)), "{mark:?}");
        }
    }
}
