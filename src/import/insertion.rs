//! A setting that a deployed file does not have yet: whether there is a sure place for it, and the edits that add it.
//!
//! What is wrong with the file decides as well: nothing is added to a text that does not parse, nor beside a wrong value
//! of the same setting.

use super::{Deployed, Import, Insert, Key, units};
use crate::diag::{Edit, Severity};
use crate::duration::Dur;
use crate::span::Loc;
use crate::syntax::SYNTAX;

/// One setting to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition<'i> {
    insert: &'i Insert,
    key: &'static Key,
    value: String,
}

impl<'i> Addition<'i> {
    /// The timer of a hop with this value, where it has a sure place and the format can write the value.
    pub fn new(import: &Import, hop: &'i Deployed, timer: &str, to: Dur) -> Option<Self> {
        let keys = hop.inserts.iter().flat_map(|insert| insert.keys.iter().map(move |key| (insert, key)));
        let (insert, key) = keys.into_iter().find(|(_, key)| key.timer == timer)?;
        // An include that is not here or a line of a template may hold it, and a condition may hide what is added.
        let open = hop.unseen.iter().any(|unseen| unseen.timer.is_none());
        let sure = !open && !import.template && !is_broken(import, insert.at) && !stands_wrong(import, hop, key);
        let value = units::write(key.unit, to).filter(|_| sure)?;
        Some(Self { insert, key, value })
    }

    /// Where it goes.
    pub const fn at(&self) -> Loc {
        self.insert.at
    }

    fn edit(&self, before: &str) -> Edit {
        let Insert { at, between, after, .. } = self.insert;
        Edit { loc: *at, text: format!("{before}{}{between}{}{after}", self.key.key, self.value) }
    }
}

/// The edits of additions, one for each place. None where two of them cannot be written beside each other.
pub fn edits(mut additions: Vec<Addition<'_>>) -> Option<Vec<Edit>> {
    let order = |addition: &Addition<'_>| (addition.insert.at, addition.insert.before.clone(), addition.key.key);
    additions.sort_by_key(order);
    additions.dedup();
    let mut joined: Vec<Edit> = Vec::new();
    let mut last: Option<&Insert> = None;
    for addition in &additions {
        let insert = addition.insert;
        match joined.last_mut().filter(|edit| edit.loc == insert.at) {
            Some(edit) => {
                let again = last.is_some_and(|last| last.before == insert.before);
                let before = if again { beside(insert)? } else { &insert.before };
                edit.text.push_str(&addition.edit(before).text);
            }
            None => joined.push(addition.edit(&insert.before)),
        }
        last = Some(insert);
    }
    Some(joined)
}

/// What comes before a second setting of one place: what the first one opened is open.
fn beside(insert: &Insert) -> Option<&str> {
    let line = insert.before.rfind('\n').map_or(0, |at| at + 1);
    let opens = !insert.before[..line].trim().is_empty() && insert.before[line..].trim().is_empty();
    match (opens, insert.after.contains('\n')) {
        (false, _) => Some(&insert.before),
        (true, false) => {
            let line_break = insert.before[..line].trim_end_matches(['\r', '\n']).len();
            Some(&insert.before[line_break..])
        }
        (true, true) => None,
    }
}

/// Blocks of such a text may end elsewhere than they seem to.
fn is_broken(import: &Import, at: Loc) -> bool {
    let here = |problem: &crate::diag::Diagnostic| problem.primary().is_some_and(|place| place.file == at.file);
    import.problems.iter().any(|p| p.rule == SYNTAX && p.severity == Severity::Error && here(p))
}

/// The setting is there, with a value that counts for nothing: a second one would be of an equal key.
fn stands_wrong(import: &Import, hop: &Deployed, key: &Key) -> bool {
    let body = hop.hop.body;
    let within = |at: Loc| at.file == body.file && body.span.start <= at.span.start && at.span.end <= body.span.end;
    let mut same = import.settings.iter().filter(|setting| setting.option == key.key && within(setting.at));
    same.any(|setting| import.problems.iter().any(|problem| problem.primary() == Some(setting.at)))
}
