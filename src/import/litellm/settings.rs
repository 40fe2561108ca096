//! Which of several settings counts for a call, in the order in which the proxy's router asks for them.

use super::files::{In, Parts};
use crate::import::tree::{self, SECONDS};
use crate::import::{Deployed, Seen};
use crate::span::Loc;
use crate::syntax::Entry;

/// A setting that counts, and the name of its timer.
#[derive(Clone, Copy)]
pub struct Found<'n> {
    timer: &'static str,
    place: In<'n>,
    entry: &'n Entry<'n>,
}

/// The sections that all models share.
pub struct Shared<'n> {
    router: Option<In<'n>>,
    litellm: Option<In<'n>>,
}

/// What a deployment does.
pub struct Effective<'n> {
    pub read: Option<Found<'n>>,
    pub stream: Option<Found<'n>>,
    pub retries: Option<Found<'n>>,
    /// Retries of the provider's own client, inside each of the router's.
    pub inner: Option<Found<'n>>,
}

impl<'n> Shared<'n> {
    pub fn of(parts: &Parts<'n>) -> Self {
        Self { router: parts.section("router_settings"), litellm: parts.section("litellm_settings") }
    }

    pub const fn router(&self) -> Option<In<'n>> {
        self.router
    }

    pub fn of_router(&self, key: &str) -> Option<In<'n>> {
        self.router.and_then(|map| Some(In { tree: map.tree, node: map.node.get(key)? }))
    }

    pub fn of_litellm(&self, key: &str) -> Option<In<'n>> {
        self.litellm.and_then(|map| Some(In { tree: map.tree, node: map.node.get(key)? }))
    }

    pub fn effective(&self, params: Option<In<'n>>) -> Effective<'n> {
        let own = |key, timer| setting(params, key, timer);
        let request = || setting(self.litellm, "request_timeout", "litellm_settings.request_timeout");
        let router = setting(self.router, "timeout", "router_settings.timeout");
        let read = own("timeout", "litellm_params.timeout")
            .or_else(|| own("request_timeout", "litellm_params.timeout"))
            .or_else(request)
            .or(router);
        // The router keeps the request timeout apart only where it has a timeout of its own; else a stream goes by
        // what counts for other calls.
        let apart = || router.and_then(|_| request()).map(|found| Found { timer: "upstream-stream", ..found });
        let defaults = || self.of_router("default_litellm_params");
        let stream = own("stream_timeout", "litellm_params.stream_timeout")
            .or_else(|| setting(self.router, "stream_timeout", "router_settings.stream_timeout"))
            .or_else(apart)
            .or_else(|| setting(defaults(), "stream_timeout", "litellm_params.stream_timeout"));
        let retries = count(params, "num_retries")
            .or_else(|| count(self.router, "num_retries"))
            .or_else(|| count(self.litellm, "num_retries"));
        Effective { read, stream, retries, inner: count(params, "max_retries") }
    }
}

/// A setting that is there; 0 and nothing count as absent to Python's `or`.
fn setting<'n>(map: Option<In<'n>>, key: &str, timer: &'static str) -> Option<Found<'n>> {
    let place = map?;
    let entry = tree::entry(place.node, key)?;
    let seen = place.tree.seen(&entry.value, SECONDS)?;
    (seen != Seen::Time(crate::duration::Dur::ZERO)).then_some(Found { timer, place, entry })
}

/// A number of retries; 0 counts.
fn count<'n>(map: Option<In<'n>>, key: &str) -> Option<Found<'n>> {
    let place = map?;
    let entry = tree::entry(place.node, key)?;
    place.tree.seen(&entry.value, SECONDS)?;
    Some(Found { timer: "num_retries", place, entry })
}

impl Found<'_> {
    pub fn seen(&self) -> Option<Seen> {
        self.place.tree.seen(&self.entry.value, SECONDS)
    }

    pub fn set(&self, hop: &mut Deployed) {
        self.place.tree.time(hop, self.timer, self.entry, SECONDS);
    }

    /// Its number, or why it cannot be known.
    pub fn number(&self) -> Result<u32, String> {
        let value = &self.entry.value;
        self.place.tree.count(value).ok_or_else(|| self.place.tree.uncounted(value))
    }

    pub fn at(&self) -> Loc {
        self.place.tree.value_loc(&self.entry.value)
    }

    pub fn key(&self) -> Loc {
        self.place.tree.loc(self.entry.key.span)
    }

    /// The map that it stands in.
    pub fn body(&self) -> Loc {
        self.place.tree.node_loc(self.place.node)
    }
}
