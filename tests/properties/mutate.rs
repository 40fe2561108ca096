//! Damage to a text: what typing, merging and cutting do to files.

use proptest::prelude::*;
use proptest::sample::Index;

#[derive(Clone, Debug)]
pub enum Mutation {
    Cut(Index, usize),
    Insert(Index, &'static str),
    Repeat(Index, Index),
    SwapLines(Index, Index),
    Truncate(Index),
}

const BITS: [&str; 24] = [
    ":",
    "- ",
    "\n",
    "  ",
    "\t",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "&a ",
    "*a",
    "<<: *a",
    "#",
    "|",
    "é",
    "\u{feff}",
    "\u{0}",
    "99999999999999999999s",
    "-1s",
    "null",
    "= ",
    "hops",
];

pub fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let one = prop_oneof![
        (any::<Index>(), 1..40usize).prop_map(|(at, n)| Mutation::Cut(at, n)),
        (any::<Index>(), prop::sample::select(BITS.to_vec())).prop_map(|(at, bit)| Mutation::Insert(at, bit)),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Mutation::Repeat(a, b)),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Mutation::SwapLines(a, b)),
        any::<Index>().prop_map(Mutation::Truncate),
    ];
    prop::collection::vec(one, 1..6)
}

pub fn apply(text: String, mutations: &[Mutation]) -> String {
    mutations.iter().fold(text, |text, mutation| one(&text, mutation))
}

fn one(text: &str, mutation: &Mutation) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.is_empty() {
        return text.to_owned();
    }
    let joined = |parts: &[&[char]]| parts.concat().into_iter().collect::<String>();
    match mutation {
        Mutation::Cut(at, n) => {
            let at = at.index(chars.len());
            joined(&[&chars[..at], &chars[(at + n).min(chars.len())..]])
        }
        Mutation::Insert(at, bit) => {
            let at = at.index(chars.len());
            joined(&[&chars[..at], &bit.chars().collect::<Vec<_>>(), &chars[at..]])
        }
        Mutation::Repeat(a, b) => {
            let (a, b) = (a.index(chars.len()), b.index(chars.len()));
            let (a, b) = (a.min(b), a.max(b));
            joined(&[&chars[..b], &chars[a..]])
        }
        Mutation::SwapLines(a, b) => {
            let mut lines: Vec<&str> = text.split('\n').collect();
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
            lines.join("\n")
        }
        Mutation::Truncate(at) => joined(&[&chars[..at.index(chars.len())]]),
    }
}
