//! What stands behind a well-known line: own fields at its end, by name (`rt=0.123`) or by their look, and whole lines
//! of such pairs (logfmt).

use super::Record;
use super::field::Field;
use super::names::{Keys, Sample, Tool};
use super::value::{self, Unit};

/// How the end of a line is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    keys: Keys,
    /// By the place among the words that are no pairs.
    places: Vec<Field>,
}

impl Tail {
    /// Finds out what the ends of lines mean, and says what was guessed.
    pub fn guess(tails: &[&str], unit: Option<Unit>) -> (Tail, Vec<String>) {
        let mut sample = Sample::default();
        let mut columns: Vec<Vec<&str>> = Vec::new();
        for tail in tails {
            let mut i = 0;
            for word in words(tail) {
                if let Some((key, value)) = pair(word) {
                    sample.add(key, value);
                    continue;
                }
                columns.resize_with(columns.len().max(i + 1), Vec::new);
                columns[i].push(word);
                i += 1;
            }
        }
        // Names in such lines are nginx's, whose unit is the second.
        let fractions = |text: &str| value::attempts(text, Unit::Seconds).longest().is_some() && text.contains('.');
        let (keys, _, mut notes) = sample.keys(unit);
        let mut places = vec![Field::Skip; columns.len()];
        let mut seconds = (0..columns.len()).filter(|i| {
            let fitting = columns[*i].iter().filter(|text| fractions(text)).count();
            let none = columns[*i].iter().filter(|text| **text == "-").count();
            fitting > 0 && (fitting + none) * 2 > columns[*i].len()
        });
        if !keys.has_duration() {
            if let Some(first) = seconds.next() {
                places[first] = Field::Duration(unit.unwrap_or(Unit::Seconds));
                notes.push(format!("the duration is word {} after the usual fields, read as seconds", first + 1));
                if let Some(second) = seconds.next() {
                    places[second] = Field::Upstream(unit.unwrap_or(Unit::Seconds));
                }
            } else if let Some(i) = (0..columns.len()).find(|i| whole_numbers(&columns[*i])) {
                let unit = unit.unwrap_or(Unit::Micros);
                places[i] = Field::Duration(unit);
                let (place, name) = (i + 1, unit.name());
                notes.push(format!(
                    "the duration is taken to be word {place} after the usual fields, in {name} as Apache's %D; --log-unit or \
                     --log-format says otherwise"
                ));
            }
        }
        (Tail { keys, places }, notes)
    }

    pub fn read<'l>(&self, tail: &'l str, record: &mut Record<'l>) {
        let mut i = 0;
        for word in words(tail) {
            let field = match pair(word) {
                Some((key, value)) => {
                    if let Some(field) = self.keys.find(key) {
                        field.set(value, record);
                    }
                    continue;
                }
                None => self.places.get(i),
            };
            i += 1;
            if let Some(field) = field {
                field.set(word, record);
            }
        }
    }

    pub fn has(&self, wanted: fn(Field) -> bool) -> bool {
        self.places.iter().any(|field| wanted(*field))
            || wanted(Field::Duration(Unit::Seconds)) && self.keys.has_duration()
    }
}

fn whole_numbers(column: &[&str]) -> bool {
    column.iter().all(|text| text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty())
}

/// A line of pairs.
pub fn read_pairs<'l>(line: &'l str, keys: &Keys, record: &mut Record<'l>) -> Option<()> {
    let mut fits = true;
    for (key, value) in words(line).filter_map(pair) {
        if let Some(field) = keys.find(key) {
            fits &= field.set(value, record);
        }
    }
    (fits && record.is_request()).then_some(())
}

/// The keys of lines of pairs.
pub fn pairs(lines: &[&str], unit: Option<Unit>) -> Option<(Keys, Option<&'static Tool>, Vec<String>)> {
    const FEWEST: usize = 3;
    let mut sample = Sample::default();
    for line in lines {
        let found: Vec<(&str, &str)> = words(line).filter_map(pair).collect();
        if found.len() >= FEWEST {
            for (key, value) in found {
                sample.add(key, value);
            }
        }
    }
    let (keys, tool, notes) = sample.keys(unit);
    (keys != Keys::default()).then_some((keys, tool, notes))
}

/// `rt=0.123`, `rt="0.123"`, `rt:0.123`.
fn pair(word: &str) -> Option<(&str, &str)> {
    let at = word.find(['=', ':'])?;
    let (key, value) = (&word[..at], word[at + 1..].trim_matches('"'));
    let is_name =
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'@'));
    (is_name && !key.starts_with(|c: char| c.is_ascii_digit())).then_some((key, value))
}

/// Words that blanks divide, but not blanks in quotes or after a comma.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        let (mut quoted, mut before) = (false, b' ');
        let end = rest.bytes().position(|b| {
            quoted ^= b == b'"';
            let ends = b == b' ' && !quoted && before != b',';
            before = b;
            ends
        });
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.trim_start();
        (!word.is_empty()).then(|| if word.starts_with('"') { word.trim_matches('"') } else { word })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duration::Dur;

    #[test]
    fn words_keep_lists_and_quotes_together() {
        let found: Vec<&str> = words(r#" 0.1 "a b" rt=1.0 urt="0.5, 0.6" 60.0, 1.0 -"#).collect();
        assert_eq!(found, ["0.1", "a b", "rt=1.0", "urt=\"0.5, 0.6\"", "60.0, 1.0", "-"]);
    }

    #[test]
    fn ends_of_lines_are_understood() {
        for (line, millis) in
            [("rt=60.001 uct=\"0.0\" urt=\"60.0\"", 60_001), ("60.001 60.000", 60_001), ("\"x\" 60.001 -", 60_001)]
        {
            let (tail, _) = Tail::guess(&[line, line], None);
            let mut record = Record::default();
            tail.read(line, &mut record);
            assert_eq!(record.duration, Some(Dur::from_millis(millis)), "{line}");
        }
        let (tail, notes) = Tail::guess(&["60001234"], None);
        let mut record = Record::default();
        tail.read("60001234", &mut record);
        assert_eq!(record.duration, Some(Dur::from_nanos(60_001_234_000)));
        assert!(notes[0].contains("%D"), "{notes:?}");
    }
}
