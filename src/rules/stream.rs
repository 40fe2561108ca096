//! Which hops a stream is meant to pass, whatever they make of it.

use crate::model::workload::Mode;
use crate::resolve::{Resolved, WorkloadSource};
use crate::span::Loc;

/// The hops whose call inward is streamed by what the chain states, hops that hold the stream back included.
pub fn expected(chain: &Resolved) -> Vec<usize> {
    let stated = match &chain.workload {
        WorkloadSource::Stated(workload, _) => workload.mode,
        _ => Mode::Buffered,
    };
    let mode = |i: usize| chain.hops[i].spec.mode.as_ref().map(|m| m.value);
    // Whoever collects a stream answers whole: what stands outside is no stream.
    let collects = (0..chain.hops.len()).rev().find(|i| mode(*i) == Some(Mode::Buffered));
    let first = match stated {
        Mode::Streaming => collects.map_or(0, |i| i + 1),
        Mode::Buffered => match (0..chain.hops.len()).find(|i| mode(*i) == Some(Mode::Streaming)) {
            Some(i) => i,
            None => return Vec::new(),
        },
    };
    (first..chain.hops.len()).collect()
}

/// Where the chain says that the workload is streamed.
pub fn stated_at(chain: &Resolved) -> Option<Loc> {
    match &chain.workload {
        WorkloadSource::Stated(workload, at) if workload.mode == Mode::Streaming => Some(*at),
        _ => chain
            .hops
            .iter()
            .filter_map(|hop| hop.spec.mode.as_ref())
            .find(|m| m.value == Mode::Streaming)
            .map(|m| m.loc),
    }
}
