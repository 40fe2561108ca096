//! Edges beside the order: a program that must end before its server kills it, a pool that must let go of a connection
//! before the server closes it.

use super::graph::Graph;
use super::knob::Keys;

pub fn edges(_graph: &mut Graph<'_>, _chain: usize, _keys: &[Keys]) {}
