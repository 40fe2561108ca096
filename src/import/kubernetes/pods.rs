//! Application servers that Pods start by `command` and `args`, and the Services that lead to them.

use super::objects::{Cluster, Object};
use super::values::text_only;
use crate::import::command::words::{Word, commands};
use crate::import::command::{self, Command, Form};
use crate::import::reader::NoIncludes;
use crate::import::tree::{at, entries, items, list};
use crate::import::{Address, Deployed, Given, Import, Insert};
use crate::span::{Loc, Span};
use crate::syntax::{Kind, Node};

/// Where the template of its Pods stands in an object.
const TEMPLATES: [&[&str]; 4] =
    [&["spec", "template"], &["spec", "jobTemplate", "spec", "template"], &["spec", "podTemplate"], &[]];

pub fn read(given: &Given<'_>, object: &Object<'_>, cluster: &Cluster<'_>, out: &mut Import) {
    let path = if object.kind == "Pod" { TEMPLATES[3..].iter() } else { TEMPLATES[..3].iter() };
    let Some(pod) = path.filter_map(|path| object.get(path)).find(|pod| at(pod, &["spec", "containers"]).is_some())
    else {
        return;
    };
    let containers = at(pod, &["spec", "containers"]).map(items).unwrap_or_default();
    for container in containers {
        let name = container.get("name").and_then(|name| cluster.word(name)).filter(|_| containers.len() > 1);
        let part = name.map_or_else(String::new, |name| format!("/{name}"));
        let lists = [list(container, "command"), list(container, "args")];
        for (key, list) in ["command", "args"].into_iter().zip(lists) {
            for item in list {
                text_only(cluster.tree, key, item, "commands and their arguments", out);
            }
        }
        let title = format!("{}{part}", object.title());
        for words in words(given, lists, cluster) {
            let Some(first) = words.first() else { continue };
            let command = Command { words: &words, form: Form::List, name: Some(&title), at: first.at };
            let Some(index) = command::read(&command, given, &NoIncludes, out) else { continue };
            let hop = &mut out.hops[index];
            hop.inserts = inserts(std::mem::take(&mut hop.inserts), lists, cluster);
            let long = object.namespace.map(|namespace| format!("{}.{namespace}{part}", object.title()));
            hop.also.splice(0..0, long);
            answers(hop, object, pod, container, cluster);
        }
    }
}

/// The commands of a container: the words of its lists, or those of the script that a shell is given.
fn words(given: &Given<'_>, lists: [&[Node<'_>]; 2], cluster: &Cluster<'_>) -> Vec<Vec<Word>> {
    let all: Vec<&Node<'_>> = lists.into_iter().flatten().collect();
    let script = all.iter().position(|node| node.as_str().is_some_and(command::takes_script));
    if let (Some(first), Some(flag)) = (all.first(), script)
        && first.as_str().is_some_and(command::is_shell)
    {
        let script = all.get(flag + 1).filter(|node| cluster.word(node).is_some());
        return script.map(|node| commands(given.text, cluster.tree.value_loc(node).span)).unwrap_or_default();
    }
    let word = |node: &&Node<'_>| {
        let text = cluster.tree.scalar(node);
        let plain = text.as_ref().is_some_and(|text| !text.contains("$("));
        let at = cluster.tree.value_loc(node).span;
        let text = text.map_or_else(|| at.text(given.text).to_owned(), std::borrow::Cow::into_owned);
        Word { text, at, whole: cluster.tree.node_loc(node).span, plain }
    };
    vec![all.iter().map(word).collect()]
}

/// Flags that are not there yet, as one word each: in a list over several lines an item of its own after the last.
fn inserts(found: Vec<Insert>, lists: [&[Node<'_>]; 2], cluster: &Cluster<'_>) -> Vec<Insert> {
    let last = lists.iter().rev().find_map(|list| list.last());
    let text = cluster.tree.text();
    let Some(last) = last.filter(|last| last.def.is_none() && !matches!(last.kind, Kind::Null)) else {
        return Vec::new();
    };
    let source = last.span.text(text);
    let (start, end) = (last.span.start as usize, last.span.end as usize);
    let line = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let lead = &text[line..start];
    let (before, after) = if lead.trim_start() == "- " {
        // A script is no list of flags.
        if source.starts_with(['|', '>']) || lists[0].len() + lists[1].len() < 2 {
            return Vec::new();
        }
        (format!("\n{lead}"), "")
    } else {
        (", \"".to_owned(), "\"")
    };
    let at = Loc::new(cluster.tree.loc(last.span).file, Span::of(end..end));
    found
        .into_iter()
        .map(|insert| Insert { at, before: before.clone(), between: "=", after, keys: insert.keys })
        .collect()
}

/// The Services of this file that lead to the port on which the server listens.
fn answers(hop: &mut Deployed, object: &Object<'_>, pod: &Node<'_>, container: &Node<'_>, cluster: &Cluster<'_>) {
    let own = |address: &Address| matches!(address, Address::Host { host, .. } if host.starts_with("127."));
    if hop.answers.iter().any(own) {
        // Nothing outside of the Pod reaches it.
        return;
    }
    let listens = hop.answers.iter().find_map(|address| match address {
        Address::Host { port, .. } => *port,
        _ => None,
    });
    let labels = at(pod, &["metadata", "labels"]).map(entries).unwrap_or_default();
    let labelled = |key: &str, value: &Node<'_>| labels.iter().any(|l| l.key.text == key && l.value.kind == value.kind);
    for service in cluster.of_kind("", "Service").filter(|s| object.refers_to(s, s.name, None)) {
        let selector = service.get(&["spec", "selector"]).map(entries).unwrap_or_default();
        if selector.is_empty() || !selector.iter().all(|e| labelled(&e.key.text, &e.value)) {
            continue;
        }
        for port in service.get(&["spec", "ports"]).map(items).unwrap_or_default() {
            let number = super::objects::port(port.get("port"));
            let target = target(port, container).or(number);
            if listens.is_none() || target == listens {
                hop.answers.push(service.service(service.name, None, number));
            }
        }
    }
}

/// The number behind `targetPort`, which may be the name of a port of the container.
fn target(port: &Node<'_>, container: &Node<'_>) -> Option<u16> {
    let target = port.get("targetPort")?;
    super::objects::port(Some(target)).or_else(|| {
        let ports = list(container, "ports").iter();
        let named = |p: &&Node<'_>| p.get("name").and_then(Node::as_str) == target.as_str();
        super::objects::port(ports.into_iter().find(named)?.get("containerPort"))
    })
}
