//! Files inside of objects: an nginx.conf or a haproxy.cfg as a block of text in a `ConfigMap`.
//!
//! The reader of that format is given the text up to the end of the block, with everything before the block blanked.
//! So every place that it names is right, and indentation is what such formats do not look at.

use super::objects::{Cluster, Object};
use crate::import::reader::NoIncludes;
use crate::import::tree::entries;
use crate::import::{Given, Import, Match, Reader, best};
use crate::syntax::{Entry, Kind};

/// So many bytes are blanked for one file: enough for what people write, and no quadratic time for what machines do.
const BUDGET: usize = 8_000_000;

/// Reads the files that `ConfigMap`s hold.
pub fn read(given: &Given<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let mut budget = BUDGET;
    for object in cluster.of_kind("", "ConfigMap") {
        let data = object.get(&["data"]).map(entries).unwrap_or_default();
        for entry in data {
            let Some((reader, start)) = reader(given, entry) else { continue };
            let end = entry.value.span.end as usize;
            let Some(left) = budget.checked_sub(end) else { return };
            budget = left;
            let text = blanked(&given.text[..end], start);
            let mut inner = Import::default();
            let given = Given { file: given.file, path: &entry.key.text, text: &text };
            reader.read(&given, &NoIncludes, &mut inner);
            take(inner, object, &entry.key.text, out);
        }
    }
}

/// The reader of a block of text, and where the block's content starts. Objects inside of objects are none of them:
/// nothing applies them.
fn reader(given: &Given<'_>, entry: &Entry<'_>) -> Option<(&'static dyn Reader, usize)> {
    let Kind::Str(value) = &entry.value.kind else { return None };
    let source = entry.value.span.text(given.text);
    if entry.value.def.is_some() || !source.starts_with('|') {
        return None;
    }
    let reader = best(&entry.key.text, value, Match::Yes)?;
    let header = source.find('\n')? + 1;
    let own = matches!(reader.name(), "kubernetes" | "helm");
    (!own).then_some((reader, entry.value.span.start as usize + header))
}

/// Every character before `start` as blanks of the same length; lines stay lines.
fn blanked(text: &str, start: usize) -> String {
    let (before, block) = text.split_at(start);
    let blanks = before.bytes().map(|b| if matches!(b, b'\n' | b'\r') { char::from(b) } else { ' ' });
    blanks.chain(block.chars()).collect()
}

fn take(inner: Import, object: &Object<'_>, file: &str, out: &mut Import) {
    let title = object.title();
    for mut hop in inner.hops {
        let under = |words: &str| format!("{title}/{file}/{words}");
        hop.selector = under(&hop.selector);
        hop.also = hop.also.iter().map(|also| under(also)).collect();
        out.hops.push(hop);
    }
    for mut setting in inner.settings {
        setting.context = format!("{title}, {file}: {}", setting.context);
        out.settings.push(setting);
    }
    out.problems.extend(inner.problems);
    out.not_shown += inner.not_shown;
    out.template |= inner.template;
}
