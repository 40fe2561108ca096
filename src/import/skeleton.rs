//! A first chain file from deployed ones: every hop bound to where it stands, what was read beside it as comments.

use super::bind::Found;
use super::fragments::Fragment;
use super::store::Store;
use crate::catalog::Setting;
use crate::model::{Declared, Hop};
use crate::span::Loc;
use crate::syntax::{Format, quote};
use std::collections::HashSet;
use std::fmt::Write as _;

/// The text of the chain file. `relative` names a file as the chain file would.
pub fn skeleton(fragments: &[Fragment], store: &Store<'_>, relative: &dyn Fn(&std::path::Path) -> String) -> String {
    let mut out = String::from(
        "# Read from deployed configuration by `hoplint import`. Values stay in those files: a value stated here beside\n\
         # `from:` is what you expect, and `hoplint check` reports where the two differ.\n\
         version: 1\n\
         # order: inward          # the outermost hop gives up first; or outward\n\
         # workload: long-form    # what a request takes: a preset, or {mode: streaming, first-byte: 20s, total: 2m}\n",
    );
    let writer = Writer { store, relative };
    if let [one] = fragments {
        out.push_str("hops:\n");
        writer.hops(one, "  ", &mut out);
        return out;
    }
    out.push_str("chains:\n");
    let mut names = Names::default();
    for fragment in fragments {
        let first = fragment.chain.hops.first().map_or("", |hop| hop.name.as_str());
        let _ = writeln!(out, "  {}:\n    hops:", names.unique(first));
        writer.hops(fragment, "      ", &mut out);
    }
    out
}

struct Writer<'a> {
    store: &'a Store<'a>,
    relative: &'a dyn Fn(&std::path::Path) -> String,
}

impl Writer<'_> {
    fn hops(&self, fragment: &Fragment, indent: &str, out: &mut String) {
        let _ = writeln!(out, "{indent}# Who calls this? Put the client, CDN or gateway in front of it here.");
        let mut names = Names::default();
        for (hop, found) in fragment.chain.hops.iter().zip(&fragment.found) {
            let _ = writeln!(out, "{indent}- name: {}", names.unique(&hop.name));
            let _ = writeln!(out, "{indent}  platform: {}", quote::text(Format::Yaml, &hop.platform.value));
            for one in found {
                self.bound(one, hop, indent, out);
            }
        }
        let ends = fragment.chain.hops.last().zip(fragment.found.last());
        if let Some((_, found)) = ends.filter(|(_, found)| !found.is_empty()) {
            let calls = found.iter().flat_map(|one| &one.deployed().calls).map(|call| call.to.to_string());
            let calls: Vec<String> = calls.map(|call| comment(&call)).collect();
            let whom = if calls.is_empty() { String::new() } else { format!(" ({})", calls.join(", ")) };
            let _ = writeln!(out, "{indent}# What does it call{whom}? Go on to the provider: {{platform: openai}}");
        }
    }

    fn bound(&self, found: &Found, hop: &Hop, indent: &str, out: &mut String) {
        let deployed = found.deployed();
        if let Some(file) = self.store.file(found.file) {
            let from = format!("{}#{}", (self.relative)(&file.path), deployed.selector);
            let _ = writeln!(out, "{indent}  from: {}", quote::text(Format::Yaml, &from));
        }
        for (timer, value) in &hop.timers {
            let said = match value.value {
                Declared::Set(Setting::At(at)) => at.to_string(),
                Declared::Set(Setting::None) => "no limit".to_owned(),
                Declared::Set(Setting::Off) => "off".to_owned(),
                Declared::Default => "the default".to_owned(),
                Declared::Unseen => continue,
            };
            let _ = writeln!(out, "{indent}  # {} {said}  {}", comment(&timer.value), self.place(value.loc));
        }
        if let Some(attempts) = hop.retries.as_ref().and_then(|retries| retries.attempts) {
            let noun = if attempts.value == 1 { "attempt" } else { "attempts" };
            let _ = writeln!(out, "{indent}  # {} {noun}  {}", attempts.value, self.place(attempts.loc));
        }
        for unseen in &deployed.unseen {
            let what = unseen.timer.as_deref().unwrap_or("something that may hold timers");
            let (what, why) = (comment(what), comment(&unseen.why));
            let _ = writeln!(out, "{indent}  # not known: {what}, because of {why}  {}", self.place(unseen.at));
            if let Some(timer) = &unseen.timer {
                let _ = writeln!(out, "{indent}  # timeouts: {{{}: 60s}}  # what it is when it runs", comment(timer));
            }
        }
    }

    fn place(&self, at: Loc) -> String {
        let Some(file) = self.store.file(at.file) else { return String::new() };
        let before = file.text.get(..at.span.start as usize).unwrap_or_default();
        format!("({}:{})", comment(&(self.relative)(&file.path)), before.matches('\n').count() + 1)
    }
}

/// A text that stays in its comment.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

/// Short names for hops, each once.
#[derive(Default)]
struct Names {
    taken: HashSet<String>,
}

impl Names {
    fn unique(&mut self, text: &str) -> String {
        let mut slug = String::new();
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                slug.push(c.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        let slug = slug.trim_end_matches('-');
        // A name of digits alone would be a number in YAML.
        let slug =
            if slug.starts_with(|c: char| c.is_ascii_alphabetic()) { slug.to_owned() } else { format!("hop-{slug}") };
        let slug = slug.trim_end_matches('-').to_owned();
        let mut name = slug.clone();
        let mut n = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{slug}-{n}");
            n += 1;
        }
        quote::text(Format::Yaml, &name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_words_each_once() {
        let mut names = Names::default();
        assert_eq!(names.unique("server chat.example.com/location /v1/"), "server-chat-example-com-location-v1");
        assert_eq!(names.unique("services.llm"), "services-llm");
        assert_eq!(names.unique("services.llm"), "services-llm-2");
        assert_eq!(names.unique("42"), "hop-42");
        assert_eq!(names.unique("é"), "hop");
        assert_eq!(comment("a\nb"), "a b");
    }
}
