//! Every value of a chain knows its place: the text that stands there, read by itself, is the value again.

#[path = "support/folder.rs"]
mod folder;

use folder::sorted;
use hoplint::catalog::decode::{BUFFERING, HEADERS};
use hoplint::catalog::{Cause, Role};
use hoplint::duration::Dur;
use hoplint::model::workload::{Mode, PRESETS, Workload};
use hoplint::model::{BackoffSpec, Chain, Declared, Hop, MapsErrors, Margin, Order, RETRY_AFTER, decode};
use hoplint::span::{FileId, Loc, Located};
use hoplint::syntax::decode::{Ctx, Decode, Plain, one_of};
use hoplint::syntax::{Format, Kind, Node, Parsed, parse};
use std::fmt::Debug;
use std::path::{Path, PathBuf};

/// One file, and how many of its values were read again.
struct Again<'s> {
    text: &'s str,
    format: Format,
    values: usize,
}

impl Again<'_> {
    /// The text at a place, put into a document of its own.
    fn alone(&self, loc: Loc) -> String {
        let text = loc.span.text(self.text);
        assert!(!text.is_empty(), "{loc:?} holds nothing");
        match self.format {
            Format::Json => format!("{{\"v\": {text}}}"),
            Format::Toml => format!("v = {text}\n"),
            Format::Yaml => {
                // A block keeps the indentation of its lines, so its first line has to get its own back.
                let before = &self.text[..loc.span.start as usize];
                let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
                let block = text.starts_with(['|', '>']);
                if block { format!("v: {text}\n") } else { format!("v:\n{}{text}\n", " ".repeat(column.max(1))) }
            }
        }
    }

    fn read<T>(&mut self, loc: Loc, read: impl FnOnce(&Node<'_>, &mut Ctx<'_>) -> Option<T>) -> T {
        self.values += 1;
        let document = self.alone(loc);
        let parsed = parse(&document, self.format);
        assert_eq!(parsed.errors, vec![], "{document}");
        let mut ctx = Ctx::new(FileId(0), &document, self.format, &parsed);
        let node =
            parsed.root.as_ref().and_then(|root| root.get("v")).unwrap_or_else(|| panic!("no value: {document}"));
        let value = read(node, &mut ctx);
        assert!(ctx.diagnostics.is_empty(), "{document} {:?}", ctx.diagnostics);
        value.unwrap_or_else(|| panic!("not read: {document}"))
    }

    fn decoded<T: Decode + PartialEq + Debug>(&mut self, located: Option<&Located<T>>) {
        if let Some(Located { value, loc }) = located {
            assert_eq!(&self.read(*loc, T::decode), value);
        }
    }

    fn word<T: Clone + PartialEq + Debug>(&mut self, located: Option<&Located<T>>, words: &[(&str, T)]) {
        if let Some(Located { value, loc }) = located {
            assert_eq!(&self.read(*loc, |node, ctx| one_of(node, ctx, "a word", words)), value);
        }
    }

    /// A number; `more` is what the decoder adds to what is written.
    fn count(&mut self, located: Option<&Located<u32>>) {
        if let Some(Located { value, loc }) = located {
            let written = self.read(*loc, u64::decode);
            // `retries: 2` stands for three attempts.
            assert!(written == u64::from(*value) || written + 1 == u64::from(*value), "{written} {value}");
        }
    }

    /// Text that may be a key, whose place holds the key alone.
    fn key(&mut self, located: &Located<String>) {
        self.values += 1;
        let document = match self.format {
            Format::Json => format!("{{{}: 1}}", located.loc.span.text(self.text)),
            Format::Toml => format!("{} = 1\n", located.loc.span.text(self.text)),
            Format::Yaml => format!("{}: 1\n", located.loc.span.text(self.text)),
        };
        let parsed = parse(&document, self.format);
        let Some(Kind::Map(entries)) = parsed.root.as_ref().map(|root| &root.kind) else { panic!("{document}") };
        assert_eq!(entries[0].key.text, located.value, "{document}");
    }

    fn chain(&mut self, chain: &Chain) {
        self.word(chain.order.as_ref(), &Order::NAMES);
        self.decoded::<Margin>(chain.margin.as_ref());
        if let Some(Located { value, loc }) = &chain.workload {
            self.workload(value, *loc);
        }
        chain.hops.iter().for_each(|hop| self.hop(hop));
    }

    /// A table of TOML may stand in several places; then its place is all of them, and more than one value.
    fn workload(&mut self, value: &Workload, loc: Loc) {
        let text = loc.span.text(self.text);
        if self.format != Format::Toml || text.starts_with(['{', '"', '\'']) {
            assert_eq!(&self.read(loc, Workload::decode), value);
        }
        assert!(value.preset.is_none_or(|name| PRESETS.iter().any(|p| p.name == name)));
    }

    fn hop(&mut self, hop: &Hop) {
        self.decoded(Some(&hop.platform));
        self.word(hop.role.as_ref(), &Role::NAMES);
        for (key, value) in &hop.with {
            self.key(key);
            assert_eq!(self.read(value.loc, Plain::decode).0, value.value);
        }
        self.decoded::<Declared>(hop.timeout.as_ref());
        self.decoded::<Declared>(hop.deadline.as_ref());
        for (key, value) in &hop.timers {
            self.key(key);
            self.decoded(Some(value));
        }
        for limit in &hop.limits {
            self.key(&limit.timer);
            self.decoded(limit.min.as_ref());
            self.decoded(Some(&limit.reason));
            if let Some(max) = &limit.max {
                assert_eq!(self.read(max.loc, Declared::decode), Declared::Set(max.value));
            }
        }
        if let Some(retries) = &hop.retries {
            self.count(retries.attempts.as_ref());
            self.decoded::<BackoffSpec>(retries.backoff.as_ref());
            self.word(retries.obeys_retry_after.as_ref(), &RETRY_AFTER);
            self.decoded::<Dur>(retries.window.as_ref());
            if let Some(on) = &retries.on {
                let words = self.read(on.loc, Vec::<Plain>::decode);
                let causes: Vec<_> = words.iter().filter_map(|word| Cause::parse(&word.0)).collect();
                assert_eq!(causes, on.value);
            }
        }
        self.count(hop.endpoints.as_ref());
        self.count(hop.calls.as_ref());
        self.decoded::<String>(hop.method.as_ref());
        self.decoded::<Dur>(hop.before.as_ref());
        self.decoded::<Dur>(hop.heartbeat.as_ref());
        self.word(hop.mode.as_ref(), &Mode::NAMES);
        self.word(hop.buffers.as_ref(), &BUFFERING);
        self.word(hop.headers.as_ref(), &HEADERS);
        self.decoded::<bool>(hop.cancels.as_ref());
        self.decoded::<MapsErrors>(hop.maps_errors.as_ref());
        self.decoded::<bool>(hop.same_process.as_ref());
        self.decoded::<bool>(hop.pin.as_ref());
        hop.ignores.iter().for_each(|ignore| self.key(&ignore.rule));
        hop.fallbacks.iter().flatten().for_each(|hop| self.hop(hop));
        hop.from.iter().for_each(|path| self.decoded(Some(path)));
    }
}

fn chains(text: &str, format: Format) -> Vec<Chain> {
    let parsed: Parsed<'_> = parse(text, format);
    let mut ctx = Ctx::new(FileId(0), text, format, &parsed);
    let chains = decode::file(parsed.root.as_ref(), "file", &mut ctx);
    assert!(ctx.diagnostics.is_empty(), "{:#?}", ctx.diagnostics);
    chains
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/chains");
    sorted(&folder).iter().flat_map(|group| sorted(group)).collect()
}

#[test]
fn every_value_stands_where_it_says() {
    let mut kinds = std::collections::BTreeMap::new();
    for path in files() {
        let format = Format::from_path(&path).expect("a chain file");
        let text = std::fs::read_to_string(&path).expect("text");
        for text in [text.clone(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
            let mut again = Again { text: &text, format, values: 0 };
            for chain in &chains(&text, format) {
                again.chain(chain);
            }
            assert!(again.values > 1, "{}: {}", path.display(), again.values);
            *kinds.entry(format!("{format:?}")).or_insert(0) += again.values;
        }
    }
    assert!(kinds.len() == 3 && kinds.values().all(|n| *n > 200), "{kinds:?}");
}

/// Names stand where the hop is pointed at.
#[test]
fn a_hop_is_pointed_at_by_its_name() {
    for path in files() {
        let format = Format::from_path(&path).expect("a chain file");
        let text = std::fs::read_to_string(&path).expect("text").replace('\n', "\r\n");
        for hop in chains(&text, format).iter().flat_map(|chain| &chain.hops) {
            let mut again = Again { text: &text, format, values: 0 };
            let quoted = hop.at.span.text(&text);
            let shared = text[hop.at.span.end as usize..].trim_start().starts_with([':', ']']);
            if !shared {
                assert_eq!(again.read(hop.at, String::decode), hop.name, "{quoted}");
            }
            // The body holds the place, or the hop is a shared one that stands elsewhere.
            let within = hop.body.span.start <= hop.at.span.start && hop.at.span.end <= hop.body.span.end;
            assert!(within || text.contains("shared"), "{} {quoted}", path.display());
        }
    }
}
