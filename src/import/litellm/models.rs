//! Model names as hops. Several deployments of one name are one hop, as the router picks among them.

use super::files::{In, Parts};
use super::settings::{Effective, Found, Shared};
use crate::catalog::Unit;
use crate::import::deployed::unique;
use crate::import::tree;
use crate::import::{Address, Call, Deployed, Import, Key, Seen, providers};
use crate::model::Hop;
use crate::span::{Loc, Located};
use crate::syntax::Kind;

const PLATFORM: &str = "litellm-proxy";

const KEYS: &[Key] = &[
    Key { timer: "upstream-read", key: "timeout", unit: Unit::Seconds },
    Key { timer: "upstream-stream", key: "stream_timeout", unit: Unit::Seconds },
];

pub fn of(parts: &Parts<'_>, out: &mut Import) {
    let shared = Shared::of(parts);
    let mut groups: Vec<Group<'_>> = Vec::new();
    for place in parts.items("model_list") {
        let named = place.node.get("model_name");
        let Some(name) = named.and_then(|node| place.tree.scalar(node)) else { continue };
        let params = place.node.get("litellm_params").map(|node| In { tree: place.tree, node });
        let deployment = Deployment { place, params };
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.deployments.push(deployment),
            None => groups.push(Group { name: name.into_owned(), deployments: vec![deployment] }),
        }
    }
    let models = Models { shared: &shared, groups: &groups };
    let first = out.hops.len();
    for group in &groups {
        models.group(group, out);
    }
    if groups.is_empty() {
        out.hops.extend(models.router());
    }
    unique(&mut out.hops[first..]);
}

struct Group<'n> {
    name: String,
    deployments: Vec<Deployment<'n>>,
}

#[derive(Clone, Copy)]
struct Deployment<'n> {
    place: In<'n>,
    params: Option<In<'n>>,
}

struct Models<'m, 'n> {
    shared: &'m Shared<'n>,
    groups: &'m [Group<'n>],
}

impl<'n> Models<'_, 'n> {
    fn group(&self, group: &Group<'n>, out: &mut Import) {
        let effective: Vec<Effective<'n>> = group.deployments.iter().map(|d| self.shared.effective(d.params)).collect();
        let selector = format!("model_list.{}", group.name);
        let mut hop = Self::hop(selector.clone(), &group.deployments[0]);
        hop.also.push(group.name.clone());
        hop.also.extend(self.aliases(&group.name));
        state(&mut hop, &effective, |e| e.read, "upstream-read");
        state(&mut hop, &effective, |e| e.stream, "upstream-stream");
        self.retries(&mut hop, group, &effective);
        if group.deployments.len() > 1 {
            let count = u32::try_from(group.deployments.len()).unwrap_or(u32::MAX);
            hop.hop.endpoints = Some(Located::new(count, hop.hop.at));
        }
        hop.calls = group.deployments.iter().filter_map(call).collect();
        hop.hop.fallbacks = self.fallbacks(&group.name);
        let differ = hop.unseen.iter().any(|unseen| unseen.why == DIFFER);
        hop.inserts.extend(self.insert(group));
        out.hops.push(hop);
        if differ {
            for (i, (deployment, effective)) in group.deployments.iter().zip(&effective).enumerate() {
                let mut hop = Self::hop(format!("{selector}[{i}]"), deployment);
                let one = std::slice::from_ref(effective);
                state(&mut hop, one, |e| e.read, "upstream-read");
                state(&mut hop, one, |e| e.stream, "upstream-stream");
                self.retries(&mut hop, group, one);
                hop.calls.extend(call(deployment));
                let own = |p: In<'n>| p.tree.insert(p.node, KEYS, false);
                hop.inserts.extend(deployment.params.and_then(own));
                out.hops.push(hop);
            }
        }
    }

    fn hop(selector: String, deployment: &Deployment<'n>) -> Deployed {
        let In { tree, node } = deployment.place;
        let at = node.get("model_name").map_or_else(|| tree.node_loc(node), |name| tree.value_loc(name));
        Deployed::new(PLATFORM, selector, at, tree.node_loc(node))
    }

    /// What the router does, where the file names no model.
    fn router(&self) -> Option<Deployed> {
        let effective = [self.shared.effective(None)];
        let found = effective[0].read.or(effective[0].stream).or(effective[0].retries)?;
        let mut hop = Deployed::new(PLATFORM, "router_settings", found.key(), found.body());
        state(&mut hop, &effective, |e| e.read, "upstream-read");
        state(&mut hop, &effective, |e| e.stream, "upstream-stream");
        let empty = Group { name: String::new(), deployments: Vec::new() };
        self.retries(&mut hop, &empty, &effective);
        hop.inserts.extend(self.shared.router().and_then(|router| router.tree.insert(router.node, KEYS, false)));
        Some(hop)
    }

    fn retries(&self, hop: &mut Deployed, group: &Group<'n>, effective: &[Effective<'n>]) {
        let by_model = self.shared.of_router("model_group_retry_policy");
        let own = by_model.and_then(|map| Some(In { tree: map.tree, node: map.node.get(&group.name)? }));
        if let Some(policy) = own.or_else(|| self.shared.of_router("retry_policy"))
            && policy.node.kind != Kind::Null
        {
            let why = "a retry policy that counts attempts for each kind of error apart";
            hop.hide(Some("num_retries"), policy.tree.node_loc(policy.node), why);
            return;
        }
        let Some(found) = effective.iter().find_map(|e| e.retries.or(e.inner)) else { return };
        let count = |e: &Effective<'n>, d: Option<&Deployment<'n>>| {
            let outer = e.retries.map_or(Ok(None), |found| found.number().map(Some))?;
            let inner = match e.inner.filter(|_| d.is_none_or(repeats_inside)) {
                Some(found) => found.number()?,
                None => 0,
            };
            Ok::<_, String>((outer, inner))
        };
        let counts: Result<Vec<_>, String> =
            effective.iter().enumerate().map(|(i, e)| count(e, group.deployments.get(i))).collect();
        match counts {
            Ok(counts) if counts.iter().all(|c| *c == counts[0]) => match counts[0] {
                (Some(outer), inner) => {
                    hop.attempts(outer.saturating_add(1).saturating_mul(inner.saturating_add(1)), found.at());
                }
                (None, 0) => {}
                (None, _) => {
                    hop.hide(Some("num_retries"), found.at(), "max_retries, which repeats inside each attempt");
                }
            },
            Ok(_) => hop.hide(Some("num_retries"), found.at(), DIFFER),
            Err(why) => hop.hide(Some("num_retries"), found.at(), why),
        }
    }

    /// Other names under which clients ask for a model.
    fn aliases(&self, name: &str) -> Vec<String> {
        let Some(map) = self.shared.of_router("model_group_alias") else { return Vec::new() };
        let entries = tree::entries(map.node).iter();
        let target = |e: &&crate::syntax::Entry<'_>| {
            let named = e.value.get("model").unwrap_or(&e.value);
            map.tree.scalar(named).is_some_and(|model| model == name)
        };
        entries.filter(target).map(|e| e.key.text.to_string()).collect()
    }

    /// The provider of each model that is asked when this one fails, in turn.
    fn fallbacks(&self, name: &str) -> Vec<Vec<Hop>> {
        let list = |key| self.shared.of_router(key).or_else(|| self.shared.of_litellm(key));
        let mut named: Vec<(String, Loc)> = Vec::new();
        let mut add = |list: In<'n>| {
            for node in tree::items(list.node) {
                named.extend(list.tree.scalar(node).map(|n| (n.into_owned(), list.tree.value_loc(node))));
            }
        };
        if let Some(all) = list("fallbacks") {
            let maps = tree::items(all.node).iter();
            let own = |key: &str| maps.clone().find_map(|map| map.get(key));
            own(name).or_else(|| own("*")).map(|node| add(In { tree: all.tree, node })).unwrap_or_default();
        }
        if let Some(default) = list("default_fallbacks") {
            add(default);
        }
        let tail = |(model, at): (String, Loc)| {
            let group = self.groups.iter().find(|group| group.name == model && model != name)?;
            let mut hop = Hop::bare(providers::platform(&provider(group.deployments.first()?)?)?);
            (hop.name, hop.at, hop.body) = (model, at, at);
            Some(vec![hop])
        };
        named.into_iter().filter_map(tail).collect()
    }

    /// One deployment takes its own settings; several share those of the router.
    fn insert(&self, group: &Group<'n>) -> Option<crate::import::Insert> {
        let map = match &group.deployments[..] {
            [one] => one.params,
            several if several.iter().all(|d| d.params.is_none_or(|p| p.node.get("timeout").is_none())) => {
                self.shared.router()
            }
            _ => None,
        }?;
        map.tree.insert(map.node, KEYS, false)
    }
}

const DIFFER: &str = "deployments of this model that differ";

/// States what all deployments have in common.
fn state<'n>(
    hop: &mut Deployed,
    effective: &[Effective<'n>],
    which: impl Fn(&Effective<'n>) -> Option<Found<'n>>,
    timer: &str,
) {
    let found: Vec<Option<Found<'n>>> = effective.iter().map(which).collect();
    let Some(first) = found.iter().flatten().next() else { return };
    let seen: Vec<Option<Seen>> = found.iter().map(|f| f.and_then(|f| f.seen())).collect();
    if seen.iter().all(|s| *s == seen[0]) {
        first.set(hop);
        if found.iter().flatten().any(|other| other.at() != first.at()) {
            hop.stands_in_several_places(timer);
        }
    } else {
        hop.set(timer, first.key(), first.at(), Seen::Hidden(DIFFER.to_owned()), Unit::Seconds);
    }
}

/// The word before the model: `openai` of `openai/gpt-4o`.
fn provider(deployment: &Deployment<'_>) -> Option<String> {
    let params = deployment.params?;
    let text = |key: &str| params.node.get(key).and_then(|n| params.tree.scalar(n));
    if let Some(word) = text("custom_llm_provider") {
        return Some(word.into_owned());
    }
    let model = text("model")?;
    if let Some((word, _)) = model.split_once('/') {
        return Some(word.to_owned());
    }
    let starts = |words: &[&str]| words.iter().any(|word| model.starts_with(word));
    if starts(&["gpt-", "o1", "o3", "o4", "text-embedding-", "dall-e-", "whisper-", "tts-"]) {
        return Some("openai".to_owned());
    }
    starts(&["claude-"]).then(|| "anthropic".to_owned())
}

/// The `OpenAI` client makes these calls, with retries of its own.
fn repeats_inside(deployment: &Deployment<'_>) -> bool {
    provider(deployment).is_some_and(|word| matches!(word.as_str(), "openai" | "azure"))
}

fn call(deployment: &Deployment<'_>) -> Option<Call> {
    let params = deployment.params?;
    let text = |key: &str| params.node.get(key).and_then(|n| Some((params.tree.scalar(n)?, params.tree.value_loc(n))));
    let stated = text("api_base").or_else(|| text("base_url"));
    if let Some((base, at)) = stated {
        return Address::parse(&base).map(|to| Call { to, at });
    }
    if params.node.get("api_base").is_some_and(|base| base.kind != Kind::Null) {
        return None;
    }
    let (_, at) = text("model")?;
    providers::address(&provider(deployment)?).map(|to| Call { to, at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::known_tests::assert_known;

    #[test]
    fn the_catalogue_knows_every_timer() {
        let names = ["litellm_params.timeout", "litellm_params.stream_timeout", "litellm_settings.request_timeout"];
        let others = ["router_settings.timeout", "router_settings.stream_timeout", "upstream-stream"];
        assert_known(PLATFORM, names.into_iter().chain(others).chain(KEYS.iter().map(|key| key.timer)));
    }
}
