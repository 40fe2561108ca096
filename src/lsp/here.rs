//! What stands at a place of a chain file or of `hoplint.toml`: a hop, a key, a value, a selector, the name of a rule.
//! Works on the spanned tree, so YAML, TOML and JSON are one. Hover, completion, navigation and rename all ask here.

use crate::span::Span;
use crate::syntax::{Kind, Node};

/// One step from the root of the tree to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'t> {
    Key(&'t str),
    Item(usize),
}

/// A place in a tree.
#[derive(Clone, Debug)]
pub struct Here<'t> {
    /// From the root; the last one is what the cursor is on.
    pub steps: Vec<Step<'t>>,
    /// On the key of the last step, else on its value.
    pub on_key: bool,
    pub span: Span,
    /// The value; of a key the value behind it.
    pub node: &'t Node<'t>,
    /// The hop that it is in: the innermost.
    pub hop: Option<Site<'t>>,
}

/// A hop of the tree.
#[derive(Clone, Debug)]
pub struct Site<'t> {
    pub node: &'t Node<'t>,
    /// How many steps lead to it.
    pub depth: usize,
    /// Its key under `shared:`.
    pub shared: Option<(&'t str, Span)>,
}

/// What a place means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing<'t> {
    /// A hop as a whole: its `name:`, or its key under `shared:`.
    Hop {
        name: &'t str,
    },
    /// The name of a shared hop where one is used.
    Shared {
        name: &'t str,
    },
    /// The name of a chain under `chains:`.
    Chain {
        name: &'t str,
    },
    Platform {
        name: &'t str,
    },
    /// The key of a timer, or its value. An empty key is the one-number `timeout:`.
    Timer {
        key: &'t str,
    },
    Deadline,
    Facet {
        key: &'t str,
    },
    From {
        value: &'t str,
    },
    Rule {
        name: &'t str,
    },
    /// The file of a chain, in `hoplint.toml`.
    File {
        value: &'t str,
    },
    Folder {
        value: &'t str,
    },
    /// A key of the form, or a word that it takes.
    Word,
}

/// The place at an offset; `None` between things.
pub fn at<'t>(root: &'t Node<'t>, offset: u32) -> Option<Here<'t>> {
    let mut walk = Walk { offset, steps: Vec::new(), hop: None };
    walk.find(root)
}

struct Walk<'t> {
    offset: u32,
    steps: Vec<Step<'t>>,
    hop: Option<Site<'t>>,
}

impl<'t> Walk<'t> {
    fn find(&mut self, node: &'t Node<'t>) -> Option<Here<'t>> {
        // The text behind an alias stands elsewhere, and is found there.
        let own = node.def.is_none();
        let outer = self.hop.clone();
        if is_hop(&self.steps) {
            let shared = match self.steps.last() {
                Some(Step::Key(_)) => outer.as_ref().and_then(|site| site.shared),
                _ => None,
            };
            self.hop = Some(Site { node, depth: self.steps.len(), shared });
        }
        let found = match &node.kind {
            Kind::Map(entries) if own => entries.iter().find_map(|entry| {
                self.steps.push(Step::Key(&entry.key.text));
                let on_key = touches(entry.key.span, self.offset);
                if on_key && is_shared(&self.steps) {
                    self.hop = Some(Site {
                        node: &entry.value,
                        depth: self.steps.len(),
                        shared: Some((&entry.key.text, entry.key.span)),
                    });
                }
                let here = if on_key {
                    let hop = self.hop.clone();
                    let steps = self.steps.clone();
                    Some(Here { steps, on_key, span: entry.key.span, node: &entry.value, hop })
                } else {
                    self.find(&entry.value)
                };
                self.steps.pop();
                here
            }),
            Kind::Seq(items) if own => items.iter().enumerate().find_map(|(i, item)| {
                self.steps.push(Step::Item(i));
                let here = self.find(item);
                self.steps.pop();
                here
            }),
            _ if touches(node.span, self.offset) => {
                let (steps, hop) = (self.steps.clone(), self.hop.clone());
                Some(Here { steps, on_key: false, span: node.span, node, hop })
            }
            _ => None,
        };
        self.hop = outer;
        found
    }
}

/// An end counts: the cursor stands behind the word that it is on.
const fn touches(span: Span, offset: u32) -> bool {
    span.start <= offset && offset <= span.end
}

/// Whether steps lead to an entry of `shared:`.
fn is_shared(steps: &[Step<'_>]) -> bool {
    matches!(steps, [Step::Key("shared"), Step::Key(_)])
}

/// Whether steps lead to a hop: an item of `hops:` or `fallbacks:`, or an entry of `shared:`.
pub fn is_hop(steps: &[Step<'_>]) -> bool {
    match steps {
        [.., Step::Key("hops" | "fallbacks"), Step::Item(_)]
        | [.., Step::Key("fallbacks"), Step::Item(_), Step::Item(_)] => true,
        steps => is_shared(steps),
    }
}

impl<'t> Here<'t> {
    /// The steps inside the hop.
    pub fn inside(&self) -> &[Step<'t>] {
        self.hop.as_ref().map_or(&[], |hop| self.steps.get(hop.depth..).unwrap_or_default())
    }

    pub fn text(&self) -> &'t str {
        self.node.as_str().unwrap_or_default()
    }

    /// What it means.
    pub fn thing(&self) -> Thing<'t> {
        use Step::{Item, Key};
        let text = self.text();
        if self.hop.is_some() {
            return match (self.inside(), self.on_key) {
                ([] | [Key("use")], false) => Thing::Shared { name: text },
                ([], true) => match self.steps.last() {
                    Some(Key(name)) => Thing::Hop { name },
                    _ => Thing::Word,
                },
                ([Key("name")], false) => Thing::Hop { name: text },
                ([Key("platform")], false) => Thing::Platform { name: text },
                ([Key("timeout")], _) => Thing::Timer { key: "" },
                ([Key("deadline")], _) => Thing::Deadline,
                ([Key("timeouts" | "limits"), Key(key)], _) => Thing::Timer { key },
                ([Key("with"), Key(key)], _) => Thing::Facet { key },
                ([Key("from")] | [Key("from"), Item(_)], false) => Thing::From { value: text },
                ([Key("ignore"), Key(name)], true) => Thing::Rule { name },
                _ => Thing::Word,
            };
        }
        match (&*self.steps, self.on_key) {
            ([Key("chains"), Key(name)], true) => Thing::Chain { name },
            ([Key("rules"), Key(name)], true) => Thing::Rule { name },
            ([Key("ignore"), Item(_), Key("rule")], false) => Thing::Rule { name: text },
            ([Key("generate"), Item(_), Key("chain")], false) => Thing::File { value: text },
            ([Key("platforms" | "templates"), Item(_)] | [Key("platforms" | "templates")], false) => {
                Thing::Folder { value: text }
            }
            _ => Thing::Word,
        }
    }
}

/// Every hop of a tree that stands in it as a map, with the steps to it.
pub fn hops<'t>(root: &'t Node<'t>) -> Vec<(Vec<Step<'t>>, &'t Node<'t>)> {
    let mut found = Vec::new();
    let mut steps = Vec::new();
    collect(root, &mut steps, &mut found);
    found
}

fn collect<'t>(node: &'t Node<'t>, steps: &mut Vec<Step<'t>>, found: &mut Vec<(Vec<Step<'t>>, &'t Node<'t>)>) {
    if node.def.is_some() {
        return;
    }
    if is_hop(steps) && matches!(node.kind, Kind::Map(_)) {
        found.push((steps.clone(), node));
    }
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                steps.push(Step::Key(&entry.key.text));
                collect(&entry.value, steps, found);
                steps.pop();
            }
        }
        Kind::Seq(items) => {
            for (i, item) in items.iter().enumerate() {
                steps.push(Step::Item(i));
                collect(item, steps, found);
                steps.pop();
            }
        }
        _ => {}
    }
}

/// All of the text of a node, keys included. The tables of TOML have pieces in several places.
pub fn hull(node: &Node<'_>) -> Span {
    match &node.kind {
        Kind::Map(entries) if node.def.is_none() => {
            let parts = entries.iter().map(|entry| entry.key.span.to(hull(&entry.value)));
            parts.fold(node.span, |all, part| if all.is_empty() { part } else { all.to(part) })
        }
        Kind::Seq(items) if node.def.is_none() => {
            items.iter().map(hull).fold(node.span, |all, part| if all.is_empty() { part } else { all.to(part) })
        }
        _ => node.span,
    }
}

/// The innermost hop around an offset.
pub fn hop_around<'t>(root: &'t Node<'t>, offset: u32) -> Option<&'t Node<'t>> {
    let around = hops(root).into_iter().map(|(_, node)| node).filter(|node| touches(hull(node), offset));
    around.min_by_key(|node| hull(node).len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Format, parse};

    const YAML: &str = "version: 1\nshared:\n  edge: {platform: cloudflare, with: {plan: pro}}\nchains:\n  chat:\n    hops:\n      - edge\n      - name: gw\n        platform: kong\n        timeouts: {read: 60s}\n        from: [kong.yml#chat]\n        ignore: {drift: why}\n        fallbacks: [[{platform: openai, timeout: 5s}]]\n";

    /// The thing at each word of a text.
    fn things(text: &str, format: Format, words: &[&str]) -> Vec<String> {
        let parsed = parse(text, format);
        assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
        let root = parsed.root.as_ref().unwrap();
        let thing = |word: &&str| {
            let at = text.find(word).unwrap_or_else(|| panic!("{word}"));
            at_text(root, Span::of(at..at).start + 1)
        };
        words.iter().map(thing).collect()
    }

    fn at_text<'t>(root: &'t Node<'t>, offset: u32) -> String {
        at(root, offset).map_or("nothing".to_owned(), |here| format!("{:?}", here.thing()))
    }

    #[test]
    fn the_same_things_stand_in_all_formats() {
        let words = ["edge", "cloudflare", "plan", "chat", "gw", "kong", "read", "60s", "kong.yml", "drift", "5s"];
        let yaml = things(YAML, Format::Yaml, &words);
        let expected = [
            "Hop { name: \"edge\" }",
            "Platform { name: \"cloudflare\" }",
            "Facet { key: \"plan\" }",
            "Chain { name: \"chat\" }",
            "Hop { name: \"gw\" }",
            "Platform { name: \"kong\" }",
            "Timer { key: \"read\" }",
            "Timer { key: \"read\" }",
            "From { value: \"kong.yml#chat\" }",
            "Rule { name: \"drift\" }",
            "Timer { key: \"\" }",
        ];
        assert_eq!(yaml, expected);
        let json = r#"{"version": 1, "shared": {"edge": {"platform": "cloudflare", "with": {"plan": "pro"}}}, "chains": {"chat": {"hops": ["edge", {"name": "gw", "platform": "kong", "timeouts": {"read": "60s"}, "from": ["kong.yml#chat"], "ignore": {"drift": "why"}, "fallbacks": [[{"platform": "openai", "timeout": "5s"}]]}]}}}"#;
        assert_eq!(things(json, Format::Json, &words), expected);
        let toml = "version = 1\n[shared.edge]\nplatform = \"cloudflare\"\nwith = {plan = \"pro\"}\n[[chains.chat.hops]]\nuse = \"edge\"\n[[chains.chat.hops]]\nname = \"gw\"\nplatform = \"kong\"\nfrom = [\"kong.yml#chat\"]\nfallbacks = [[{platform = \"openai\", timeout = \"5s\"}]]\n[chains.chat.hops.timeouts]\nread = \"60s\"\n[chains.chat.hops.ignore]\ndrift = \"why\"\n";
        assert_eq!(things(toml, Format::Toml, &words), expected);
    }

    #[test]
    fn the_name_of_a_shared_hop_is_found_where_it_is_used() {
        let parsed = parse(YAML, Format::Yaml);
        let root = parsed.root.as_ref().unwrap();
        let used = u32::try_from(YAML.find("- edge").unwrap() + 3).unwrap();
        assert_eq!(at(root, used).unwrap().thing(), Thing::Shared { name: "edge" });
        assert_eq!(hops(root).len(), 3);
        let five = u32::try_from(YAML.find("5s").unwrap()).unwrap();
        assert!(hop_around(root, five).unwrap().get("timeout").is_some(), "the fallback, not the hop around it");
    }
}
