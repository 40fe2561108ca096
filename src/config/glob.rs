//! Path patterns: `*` and `?` stay inside one folder, `**` crosses folders.

/// Whether a pattern fits the whole path. A pattern that ends in `/` means all that is in the folder.
pub fn matches(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let whole;
    let pattern = if pattern.ends_with('/') {
        whole = format!("{pattern}**");
        &whole
    } else {
        pattern
    };
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    parts(&pattern, &path)
}

/// Whether a name is a pattern at all.
pub fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?'])
}

/// Greedy with one place to go back to, so no pattern takes more than quadratic time.
fn parts(pattern: &[&str], path: &[&str]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < path.len() {
        if pattern.get(p) == Some(&"**") {
            back = Some((p, t));
            p += 1;
        } else if pattern.get(p).is_some_and(|part| segment(part, path[t])) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((star, from)) = back {
            back = Some((star, from + 1));
            (p, t) = (star + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|part| *part == "**")
}

fn segment(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((star, from)) = back else { return false };
                back = Some((star, from + 1));
                (p, t) = (star + 1, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_fit_as_people_expect() {
        for (pattern, path, fits) in [
            ("a.chain.yaml", "a.chain.yaml", true),
            ("./a.chain.yaml", "a.chain.yaml", true),
            ("*.chain.yaml", "a.chain.yaml", true),
            ("*.chain.yaml", "sub/a.chain.yaml", false),
            ("**/*.chain.yaml", "a.chain.yaml", true),
            ("**/*.chain.yaml", "x/y/a.chain.yaml", true),
            ("services/**", "services/a/b.chain.yaml", true),
            ("services/", "services/a/b.chain.yaml", true),
            ("services/**", "other/services/a", false),
            ("a/**/b/*.y?ml", "a/x/b/z/b/c.yaml", true),
            ("a/**/b", "a/b", true),
            ("é*", "éa", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn no_pattern_takes_for_ever() {
        assert!(!matches(&"*a".repeat(500), &"a".repeat(2_000).replace("aa", "ab")));
        assert!(!matches(&("**/a/".repeat(100) + "z"), &("a/".repeat(1_000) + "b")));
    }
}
