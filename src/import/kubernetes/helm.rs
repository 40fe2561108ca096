//! Values of Helm charts: every setting about time, and the annotations that a chart hands to its Ingress or Service.

use super::annotations::Family;
use super::{balancer, ingress, settings};
use crate::import::tree::{Dialect, Step, Tree, entries, entry, list, shown};
use crate::import::{Address, Deployed, Given, Import, Includes, Match, Reader};
use crate::syntax::{Entry, Kind, Node};

pub struct Helm;

impl Reader for Helm {
    fn name(&self) -> &'static str {
        "helm"
    }

    fn summary(&self) -> &'static str {
        "Values of Helm charts: annotations of their Ingresses and Services"
    }

    fn may_be(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let yaml = [".yaml", ".yml"].iter().any(|ending| name.ends_with(ending));
        yaml && name.contains("values")
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        let object = text.starts_with("apiVersion:") || text.contains("\napiVersion:");
        match self.may_be(path) && !object {
            true if text.contains("annotations:") || text.contains("ingress:") => Match::Yes,
            true => Match::Maybe,
            false => Match::No,
        }
    }

    fn read(&self, given: &Given<'_>, _: &dyn Includes, out: &mut Import) {
        let tree = Tree::new(given, Dialect::PLAIN);
        let documents = tree.documents(out);
        for root in documents.iter().filter_map(|d| d.parsed.root.as_ref()) {
            settings::keep(&tree, root, out);
            hops(&tree, root, &mut Vec::new(), out);
        }
        super::name_apart(&mut out.hops);
    }
}

/// Every map that holds annotations of a known controller.
fn hops<'n>(tree: &Tree<'_>, node: &'n Node<'n>, path: &mut Vec<Step<'n>>, out: &mut Import) {
    match &node.kind {
        Kind::Map(fields) => {
            if let Some(annotations) = entry(node, "annotations")
                && let Some((Step::Key(name), parents)) = path.split_last()
            {
                let place = shown(parents, name);
                for family in families(tree, name, node, entries(&annotations.value)) {
                    let hop = hop(family, &place, node, annotations, tree, out);
                    out.hops.push(hop);
                }
            }
            for field in fields {
                path.push(Step::Key(&field.key.text));
                hops(tree, &field.value, path, out);
                path.pop();
            }
        }
        Kind::Seq(list) => {
            for (i, item) in list.iter().enumerate() {
                path.push(Step::Index(i));
                hops(tree, item, path, out);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Whose annotations they are: by the class that stands beside them, else by what they say.
fn families(tree: &Tree<'_>, name: &str, node: &Node<'_>, annotations: &[Entry<'_>]) -> Vec<&'static Family> {
    if name.to_ascii_lowercase().contains("service") {
        return balancer::family_of(annotations, None).into_iter().collect();
    }
    let classes = ["className", "ingressClassName", "class", "ingressClass"];
    let class = classes.iter().find_map(|key| tree.word(node.get(key)?)).filter(|class| !class.is_empty());
    ingress::families(class, annotations)
}

/// The selector is the path of the map: `grafana.ingress`.
fn hop(
    family: &Family,
    place: &str,
    node: &Node<'_>,
    annotations: &Entry<'_>,
    tree: &Tree<'_>,
    out: &mut Import,
) -> Deployed {
    let mut hop = Deployed::new(family.platform, place, tree.loc(annotations.key.span), tree.node_loc(node));
    family.state(&mut hop, entries(&annotations.value), tree, out);
    family.insert_into(&mut hop, node, tree);
    let named = ["host", "hostname"].iter().filter_map(|key| node.get(key));
    let listed = list(node, "hosts").iter().map(|host| host.get("host").or_else(|| host.get("name")).unwrap_or(host));
    let hosts = named.chain(listed).filter_map(|host| tree.word(host)).filter(|host| host.contains('.'));
    hop.answers.extend(hosts.filter(|host| !host.contains('*')).map(|host| Address::host(host, None)));
    hop
}
