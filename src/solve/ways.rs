//! What would have to give where no values can work: changes of the chain, the cheapest first, each solved again.

use super::proof::Proof;
use crate::catalog::store::Catalog;
use crate::model::Chain;
use crate::resolve::{Resolved, Resolver};

/// A change of the chain with which there is a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub text: String,
}

pub fn ways(
    _chains: &[Chain],
    _resolved: &[Resolved],
    _group: &[usize],
    _proof: &Proof,
    _resolver: &mut Resolver<'_>,
    _catalog: &Catalog,
) -> Vec<Way> {
    Vec::new()
}
