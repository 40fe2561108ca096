//! The difference of two texts, line by line, as people know it.

use similar::{ChangeTag, TextDiff};

/// Lines shown around a change.
const AROUND: usize = 2;

/// A unified difference; empty where the texts are equal.
pub fn unified(old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new).unified_diff().context_radius(AROUND).to_string()
}

/// The lines of `old`, counted from 1, that differ in `new`; an insertion names the line that it stands before.
pub fn stale_lines(old: &str, new: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut next = 1;
    let mut replaced = false;
    for change in TextDiff::from_lines(old, new).iter_all_changes() {
        // What comes in the place of a line is told by that line.
        let told = change.tag() == ChangeTag::Insert && (replaced || lines.last() == Some(&next));
        if change.tag() != ChangeTag::Equal && !told {
            lines.push(next);
        }
        if change.tag() != ChangeTag::Insert {
            replaced = change.tag() == ChangeTag::Delete;
            next += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_changed_with_its_surroundings() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";
        let new = "a\nb\nc\nD\ne\nf\ng\nh\ni\nj\nk\n";
        let hunks = "@@ -2,5 +2,5 @@\n b\n c\n-d\n+D\n e\n f\n@@ -9,2 +9,3 @@\n i\n j\n+k\n";
        assert_eq!(unified(old, new), hunks);
        assert_eq!(unified(old, old), "");
        assert_eq!(stale_lines(old, new), vec![4, 11]);
    }
}
