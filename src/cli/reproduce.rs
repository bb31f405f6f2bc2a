//! Reproduce: the command line that does the same again.

/// The command line `arguments` with the seed that was used.
pub(super) fn command(arguments: impl Iterator<Item = String>, seed: u64) -> String {
    let mut words = vec!["chatbench".to_owned()];
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next() {
        if argument == "--seed" {
            arguments.next();
        } else if !argument.starts_with("--seed=") {
            words.push(quoted(argument));
        }
    }
    words.push(format!("--seed {seed}"));
    words.join(" ")
}

/// `word` as a POSIX shell takes it for one word.
fn quoted(word: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_is_the_one_that_was_used_and_words_stay_words() {
        let check = |line: &[&str], wanted: &str| {
            assert_eq!(command(line.iter().map(|word| (*word).to_owned()), 7), wanted);
        };
        check(&["run", "a.yaml"], "chatbench run a.yaml --seed 7");
        check(&["run", "a b.yaml", "--seed", "9"], "chatbench run 'a b.yaml' --seed 7");
        check(&["run", "--seed=9", "it's"], r"chatbench run 'it'\''s' --seed 7");
    }
}
