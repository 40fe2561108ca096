//! What a router leads to: services down to their servers, the transport to them, and the middlewares on the way.

use super::files::{In, Parts};
use super::list;

/// Services and middlewares may name each other this often.
const DEEPEST: usize = 8;

/// More than this on the way of one request is no configuration that a person wrote.
const MOST: usize = 100;

/// The end of the way through services.
#[derive(Default)]
pub struct Servers<'n> {
    pub balancers: Vec<In<'n>>,
    /// Names that stand for nothing in these files.
    pub unknown: Vec<String>,
}

impl<'n> Servers<'n> {
    pub fn of(parts: &Parts<'n>, name: &str) -> Self {
        let mut found = Self::default();
        found.follow(parts, name, 0);
        found
    }

    fn follow(&mut self, parts: &Parts<'n>, name: &str, depth: usize) {
        if self.balancers.len() + self.unknown.len() > MOST {
            return;
        }
        let Some(service) = parts.dynamic("services", name).filter(|_| depth < DEEPEST) else {
            self.unknown.push(name.to_owned());
            return;
        };
        if let Some(balancer) = service.get("loadBalancer") {
            self.balancers.push(balancer);
        }
        for kind in ["weighted", "highestRandomWeight"] {
            if let Some(weighted) = service.get(kind) {
                for item in list(weighted.node, "services") {
                    if let Some(name) = super::get(item, "name").and_then(|name| weighted.tree.scalar(name)) {
                        self.follow(parts, &name, depth + 1);
                    }
                }
            }
        }
        // What a mirror or a fallback does is not what the caller waits for.
        for kind in ["mirroring", "failover"] {
            let inner = service.get(kind).and_then(|wrapped| wrapped.get("service"));
            if let Some(name) = inner.and_then(|inner| inner.tree.scalar(inner.node)) {
                self.follow(parts, &name, depth + 1);
            }
        }
    }
}

/// The middlewares of a router in their order, chains unfolded; names that lead nowhere are kept apart.
pub fn middlewares<'n>(parts: &Parts<'n>, names: &[In<'n>]) -> (Vec<In<'n>>, Vec<String>) {
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for name in names {
        if let Some(name) = name.tree.scalar(name.node) {
            follow(parts, &name, 0, &mut found, &mut unknown);
        }
    }
    (found, unknown)
}

fn follow<'n>(parts: &Parts<'n>, name: &str, depth: usize, found: &mut Vec<In<'n>>, unknown: &mut Vec<String>) {
    if found.len() + unknown.len() > MOST {
        return;
    }
    let Some(middleware) = parts.dynamic("middlewares", name).filter(|_| depth < DEEPEST) else {
        unknown.push(name.to_owned());
        return;
    };
    match middleware.get("chain") {
        Some(chain) => {
            for inner in list(chain.node, "middlewares") {
                if let Some(name) = chain.tree.scalar(inner) {
                    follow(parts, &name, depth + 1, found, unknown);
                }
            }
        }
        None => found.push(middleware),
    }
}
