//! One reported incident, as its file states it. The file is read with the same parser as chain files.

use hoplint::syntax::{Format, Kind, Node, parse};

#[derive(Clone, Debug)]
pub struct Case {
    pub id: String,
    pub positive: bool,
    pub high_confidence: bool,
    pub hops: Vec<CaseHop>,
    /// `streaming`, `duration`, `ttfb`, `max_gap`, `upload`, as written.
    pub workload: Vec<(String, String)>,
    /// `status`, `after`, `streaming`, `text`, as written.
    #[allow(dead_code, reason = "for those tests that start from what was seen")]
    pub symptom: Vec<(String, String)>,
    pub expected: Vec<Expected>,
    pub patch: Vec<Patch>,
    pub patch_clean: Option<bool>,
}

#[derive(Clone, Debug)]
pub struct CaseHop {
    pub platform: String,
    pub name: String,
    pub timeouts: Vec<Stated>,
    pub retries: Option<(String, State)>,
    pub buffering: Option<bool>,
}

#[derive(Clone, Debug)]
pub struct Stated {
    pub phase: String,
    pub value: String,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Written by somebody, or observed.
    Set,
    Default,
    /// Fixed by the platform, or out of the user's reach.
    Hard,
}

#[derive(Clone, Debug)]
pub struct Expected {
    pub kind: String,
    pub hop: String,
    pub direction: Option<Direction>,
    pub required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    OuterLonger,
    OuterShorter,
    Equal,
}

#[derive(Clone, Debug)]
pub struct Patch {
    pub hop: Option<String>,
    /// A phase, `retries`, `buffering`, or a key of the workload.
    pub key: String,
    pub value: String,
}

pub fn read(text: &str) -> Vec<Case> {
    let parsed = parse(text, Format::Yaml);
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    let root = parsed.root.expect("a file of cases is not empty");
    items(root.get("cases")).iter().map(case).collect()
}

fn case(node: &Node<'_>) -> Case {
    Case {
        id: string(node, "id").unwrap_or_default(),
        positive: string(node, "verdict").as_deref() == Some("positive"),
        high_confidence: string(node, "confidence").as_deref() == Some("high"),
        hops: items(node.get("chain")).iter().map(hop).collect(),
        workload: entries(node.get("workload")),
        symptom: entries(node.get("symptom")),
        expected: items(node.get("expected_findings")).iter().map(expected).collect(),
        patch: items(node.get("fix_patch")).iter().flat_map(patch).collect(),
        patch_clean: string(node, "fix_patch_clean").map(|text| text == "true"),
    }
}

fn hop(node: &Node<'_>) -> CaseHop {
    let platform = string(node, "platform").unwrap_or_default();
    let timeouts = match node.get("timeouts").map(|n| &n.kind) {
        Some(Kind::Map(entries)) => entries.iter().map(|e| stated(&e.key.text, &e.value)).collect(),
        _ => Vec::new(),
    };
    CaseHop {
        name: string(node, "name").unwrap_or_else(|| platform.clone()),
        platform,
        timeouts,
        retries: node.get("retries").map(|n| (string(n, "value").unwrap_or_default(), state(n))),
        buffering: string(node, "buffering").map(|text| text == "true"),
    }
}

fn stated(phase: &str, node: &Node<'_>) -> Stated {
    Stated { phase: phase.to_owned(), value: string(node, "value").unwrap_or_default(), state: state(node) }
}

fn state(node: &Node<'_>) -> State {
    match string(node, "state").as_deref() {
        Some("default") => State::Default,
        Some("hard") => State::Hard,
        _ => State::Set,
    }
}

fn expected(node: &Node<'_>) -> Expected {
    Expected {
        kind: string(node, "kind").unwrap_or_default(),
        hop: string(node, "hop").unwrap_or_default(),
        direction: match string(node, "direction").as_deref() {
            Some("outer-longer") => Some(Direction::OuterLonger),
            Some("outer-shorter") => Some(Direction::OuterShorter),
            Some("equal") => Some(Direction::Equal),
            _ => None,
        },
        required: string(node, "required").as_deref() != Some("false"),
    }
}

/// One edit; a measure may be named by `measure:`, by its own key, or by `workload:`.
fn patch(node: &Node<'_>) -> Vec<Patch> {
    let hop = string(node, "hop");
    if let Some(key) = string(node, "measure").or_else(|| string(node, "workload")) {
        return vec![Patch { hop, key, value: string(node, "value").unwrap_or_default() }];
    }
    let own = entries(Some(node)).into_iter().filter(|(key, _)| key != "hop");
    own.map(|(key, value)| Patch { hop: hop.clone(), key, value }).collect()
}

impl Case {
    /// The chain after the reporter's fix, where one is given as edits.
    pub fn patched(&self) -> Option<Case> {
        if self.patch.is_empty() {
            return None;
        }
        let mut fixed = self.clone();
        for Patch { hop, key, value } in &self.patch {
            let Some(name) = hop else {
                set(&mut fixed.workload, key, value);
                continue;
            };
            let hop = fixed.hops.iter_mut().find(|h| h.name == *name || h.platform == *name)?;
            match key.as_str() {
                "retries" => hop.retries = Some((value.clone(), State::Set)),
                "buffering" => hop.buffering = Some(value == "true"),
                _ => {
                    hop.timeouts.retain(|t| t.phase != *key);
                    hop.timeouts.push(Stated { phase: key.clone(), value: value.clone(), state: State::Set });
                }
            }
        }
        Some(fixed)
    }

    pub fn workload(&self, key: &str) -> Option<&str> {
        self.workload.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}

fn set(map: &mut Vec<(String, String)>, key: &str, value: &str) {
    map.retain(|(k, _)| k != key);
    map.push((key.to_owned(), value.to_owned()));
}

fn items<'n, 's>(node: Option<&'n Node<'s>>) -> &'n [Node<'s>] {
    match node.map(|n| &n.kind) {
        Some(Kind::Seq(items)) => items,
        _ => &[],
    }
}

fn entries(node: Option<&Node<'_>>) -> Vec<(String, String)> {
    match node.map(|n| &n.kind) {
        Some(Kind::Map(entries)) => {
            entries.iter().filter_map(|e| Some((e.key.text.to_string(), plain(&e.value)?))).collect()
        }
        _ => Vec::new(),
    }
}

fn string(node: &Node<'_>, key: &str) -> Option<String> {
    plain(node.get(key)?)
}

/// A scalar as text, whatever its type.
fn plain(node: &Node<'_>) -> Option<String> {
    match &node.kind {
        Kind::Bool(b) => Some(b.to_string()),
        Kind::Int(n) => Some(n.to_string()),
        Kind::Num(text) | Kind::Str(text) => Some(text.to_string()),
        _ => None,
    }
}
