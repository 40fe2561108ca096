//! Small help with words for messages: near misses, lists, long values. Knows nothing of hoplint.

/// The word that was probably meant, if one of the known words is near enough. Case, `_` and `-` do not count.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let folded = fold(word);
    let length = folded.chars().count();
    // A third of the word may be wrong: one letter in `lb`, four in `keepalive-race`.
    let allowed = (length / 3).clamp(1, 4);
    let distance = |candidate: &str| {
        let candidate = fold(candidate);
        if candidate == folded {
            return Some(0);
        }
        let other = candidate.chars().count();
        // In a word of one or two letters any change makes another word.
        if other.abs_diff(length) > allowed || length.max(other) < 3 {
            return None;
        }
        Some(strsim::osa_distance(&candidate, &folded)).filter(|&d| d <= allowed)
    };
    let near = known.into_iter().filter_map(|k| distance(k).map(|d| (d, k)));
    near.min_by_key(|(d, _)| *d).map(|(_, k)| k)
}

/// Whether two words differ in case, `_` and `-` alone.
pub fn same_word(a: &str, b: &str) -> bool {
    fold(a) == fold(b)
}

fn fold(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

/// `a`, `a or b`, `a, b or c`.
pub fn list<S: AsRef<str>>(words: &[S], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [head @ .., tail] => {
            let head: Vec<&str> = head.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", head.join(", "), tail.as_ref())
        }
    }
}

/// A number that people read: `72,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut out = digits[..first].to_owned();
    for (i, digit) in digits[first..].char_indices() {
        if i % 3 == 0 && !out.is_empty() {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A value as a message shows it: one line, not long.
pub fn clip(value: &str) -> String {
    const SHOWN: usize = 40;
    let line = value.lines().next().unwrap_or("");
    if line.chars().count() <= SHOWN && line.len() == value.len() {
        return value.to_owned();
    }
    line.chars().take(SHOWN).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 7] = ["timeout", "timeouts", "retries", "retry-after", "name", "margin", "platform"];

    #[test]
    fn finds_what_was_meant() {
        for (typed, meant) in [
            ("timout", Some("timeout")),
            ("tiemout", Some("timeout")),
            ("timeout", Some("timeout")),
            ("retrys", Some("retries")),
            ("retry_after", Some("retry-after")),
            ("RetryAfter", Some("retry-after")),
            ("NAME", Some("name")),
            ("nmae", Some("name")),
            ("plattform", Some("platform")),
            ("colour", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, KEYS), meant, "{typed}");
        }
        assert_eq!(nearest("ab", ["ac"]), None);
        assert_eq!(nearest("off", ["on"]), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), KEYS), None);
    }

    #[test]
    fn lists_and_clips_for_people() {
        for (number, shown) in [(0, "0"), (999, "999"), (1_000, "1,000"), (72_000, "72,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), shown);
        }
        assert_eq!(list(&["a"], "or"), "a");
        assert_eq!(list(&["a", "b", "c"], "or"), "a, b or c");
        assert_eq!(clip("90s"), "90s");
        assert_eq!(clip(&"é".repeat(50)), format!("{}...", "é".repeat(40)));
        assert_eq!(clip("a\nb"), "a...");
    }
}
