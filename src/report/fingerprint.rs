//! What a finding is known by from run to run: it survives moved lines and changed values, and is unique in a run.

use super::Run;
use crate::diag::Diagnostic;
use std::collections::HashMap;
use std::fmt::Write as _;

/// One per finding, in their order: 32 hexadecimal digits.
pub(super) fn all(run: &Run) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut next = |finding| {
        let identity = identity(run, finding);
        let ordinal = seen.entry(identity.clone()).and_modify(|n| *n += 1).or_insert(0);
        format!("{:032x}", fnv1a(&format!("{identity}{ordinal}")))
    };
    run.outcome.findings.iter().map(&mut next).collect()
}

/// Rule, chain, hops and path, each behind its length so that no two lists read alike. A finding that belongs to no
/// hop is known by its message.
fn identity(run: &Run, finding: &Diagnostic) -> String {
    let path = run.place(finding).map_or("", |place| place.path);
    let (chain, hop) = (finding.chain.as_deref().unwrap_or(""), finding.hop.as_deref().unwrap_or(""));
    let message = if finding.hop.is_none() { finding.message.as_str() } else { "" };
    let related = finding.related_hops.iter().map(String::as_str);
    let parts = [finding.rule, path, chain, hop, message].into_iter().chain(related);
    parts.fold(String::new(), |mut all, part| {
        let _ = write!(all, "{}:{part};", part.len());
        all
    })
}

/// FNV-1a of 128 bits: the same in every release and on every platform, which the standard library's hash is not.
fn fnv1a(text: &str) -> u128 {
    let basis: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let prime: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    text.bytes().fold(basis, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(prime))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a("a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
