//! Retry policies of routes and virtual hosts.

use super::{at, entry, get, list};
use crate::catalog::Cause;
use crate::import::tree::{PROTOBUF, Tree};
use crate::import::{Deployed, Seen};
use crate::model::BackoffSpec;
use crate::span::Located;
use crate::syntax::{Kind, Node};

/// States what a policy says. It takes the place of one further out as a whole.
pub fn state<'n>(tree: &Tree<'n>, hop: &mut Deployed, policy: &'n Node<'n>) {
    let word = get(policy, "num_retries").map(|n| n.get("value").unwrap_or(n)).or_else(|| get(policy, "retry_on"));
    let loc = word.map_or_else(|| tree.node_loc(policy), |word| tree.value_loc(word));
    hop.with("retry-policy", "on", loc);
    hop.retries(loc);
    if let Some(count) = entry(policy, "num_retries") {
        // A wrapped number: `{value: 3}`.
        let value = count.value.get("value").unwrap_or(&count.value);
        if let Some(count) = tree.count(value) {
            hop.attempts(count.saturating_add(1), tree.value_loc(value));
        } else {
            hop.hide(Some("retry_policy.num_retries"), tree.value_loc(value), tree.uncounted(value));
        }
    }
    for (key, timer) in [
        ("per_try_timeout", "retry_policy.per_try_timeout"),
        ("per_try_idle_timeout", "retry_policy.per_try_idle_timeout"),
    ] {
        if let Some(entry) = entry(policy, key) {
            tree.time(hop, timer, entry, PROTOBUF);
        }
    }
    if let Some(on) = get(policy, "retry_on")
        && let Some(words) = tree.scalar(on)
    {
        let codes = list(policy, "retriable_status_codes").iter();
        let codes: Vec<u16> = codes.filter_map(|code| tree.scalar(code)?.parse().ok()).collect();
        hop.retries(loc).on = Some(Located::new(causes(&words, &codes), tree.value_loc(on)));
    }
    if let Some(backoff) = backoff(tree, policy) {
        let at = get(policy, "retry_back_off").map_or(loc, |node| tree.node_loc(node));
        hop.retries(loc).backoff = Some(Located::new(backoff, at));
    }
}

/// What the words of `retry_on` repeat, as far as HTTP knows it.
fn causes(words: &str, codes: &[u16]) -> Vec<Cause> {
    let mut causes = Vec::new();
    for word in words.split(',').map(str::trim) {
        match word {
            // No answer at all counts as an error of the server.
            "5xx" => {
                let all = [Cause::Connect, Cause::Refused, Cause::Timeout, Cause::Reset, Cause::StatusClass(5)];
                causes.extend(all);
            }
            "gateway-error" => {
                causes.extend([Cause::Connect, Cause::Refused, Cause::Timeout, Cause::Reset]);
                causes.extend([502, 503, 504].map(Cause::Status));
            }
            "connect-failure" => causes.extend([Cause::Connect, Cause::Refused]),
            "reset" => causes.extend([Cause::Connect, Cause::Refused, Cause::Timeout, Cause::Reset]),
            "retriable-4xx" => causes.push(Cause::Status(409)),
            "retriable-status-codes" => causes.extend(codes.iter().copied().map(Cause::Status)),
            _ => causes.extend(Cause::parse(word).filter(|cause| matches!(cause, Cause::Status(_)))),
        }
    }
    causes.sort_unstable();
    causes.dedup();
    causes
}

/// Doubling pauses with full jitter, between the two intervals that a policy may state.
fn backoff<'n>(tree: &Tree<'n>, policy: &'n Node<'n>) -> Option<BackoffSpec> {
    let time = |key: &str| {
        let node = at(policy, &["retry_back_off", key]).filter(|node| node.kind != Kind::Null)?;
        match tree.seen(node, PROTOBUF) {
            Some(Seen::Time(time)) => Some(time),
            _ => None,
        }
    };
    let initial = time("base_interval")?;
    // Ten times the base where nothing is said: what the field's own description states.
    let max = time("max_interval").unwrap_or_else(|| initial.scaled(10, 1));
    Some(BackoffSpec::Exponential { initial, factor_percent: 200, max: Some(max), jitter_percent: (0, 100) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_causes() {
        let reset = [Cause::Connect, Cause::Refused, Cause::Timeout, Cause::Reset];
        assert_eq!(causes("reset", &[]), reset);
        assert_eq!(causes("connect-failure, refused-stream", &[]), [Cause::Connect, Cause::Refused]);
        assert_eq!(causes("5xx", &[]), [&reset[..], &[Cause::StatusClass(5)]].concat());
        let codes = [Cause::Status(429), Cause::Status(503)];
        assert_eq!(causes("retriable-status-codes", &[429, 503]), codes);
        assert_eq!(causes("retriable-4xx,unknown", &[]), [Cause::Status(409)]);
    }
}
