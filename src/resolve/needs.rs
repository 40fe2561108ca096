//! What the work inside each hop needs of its guards: the workload, seen from every link of the chain.

use super::hop::ResolvedHop;
use crate::catalog::{Buffering, Headers, Role};
use crate::duration::Dur;
use crate::model::workload::{Mode, Workload};

/// A time that a guard must not cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    pub at: Dur,
    /// False where it hangs on whether the server sends its headers before the first token.
    pub certain: bool,
}

impl Need {
    const fn certain(at: Dur) -> Need {
        Need { at, certain: true }
    }
}

/// Needs at one hop. Absent: nothing is known of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub wait: Option<Need>,
    pub gap: Option<Need>,
    pub stream_total: Option<Need>,
    pub upload: Option<Need>,
}

/// What one link carries, from the inside outwards.
#[derive(Clone, Copy)]
struct Link {
    mode: Mode,
    first_byte: Option<Dur>,
    gap: Option<Dur>,
    total: Option<Dur>,
    headers: Option<Headers>,
    /// Something is sent into a silent stream at least this often.
    heartbeat: Option<Dur>,
}

/// Fills mode and needs of every hop, from the provider outwards.
pub fn fill(hops: &mut [ResolvedHop], workload: Option<&Workload>) {
    let chain_mode = workload.map_or(Mode::Buffered, |w| w.mode);
    let modes = link_modes(hops, chain_mode);
    let calls = hops.iter().scan(1u64, |calls, hop| {
        *calls = calls.saturating_mul(hop.spec.calls_each().into());
        Some(*calls)
    });
    let per_call: Vec<u64> = calls.collect();
    let mut before = Dur::ZERO;
    let mut link = Link {
        mode: modes.last().copied().unwrap_or_default(),
        first_byte: None,
        gap: workload.and_then(|w| w.gap),
        total: None,
        headers: None,
        heartbeat: None,
    };
    for i in (0..hops.len()).rev() {
        link.mode = modes[i];
        let share = |total: Dur| total.scaled(1, per_call[i]).plus(before);
        link.total = workload.and_then(|w| w.total).map(share);
        link.first_byte = workload.and_then(|w| w.first_byte).map(|d| {
            let first = d.plus(before);
            link.total.map_or(first, |total| first.min(total))
        });
        hops[i].mode = link.mode;
        hops[i].needs = needs(&link, workload.and_then(|w| w.upload));
        pass_outward(&hops[i], &mut link, &mut before);
    }
}

/// How each hop calls the next one. A client or proxy that states `mode:` speaks of its own call; a server that states
/// it speaks of what it answers.
fn link_modes(hops: &[ResolvedHop], chain_mode: Mode) -> Vec<Mode> {
    let mut modes = vec![chain_mode; hops.len()];
    let mut collected_at = None;
    for (i, hop) in hops.iter().enumerate() {
        let Some(stated) = hop.spec.mode.as_ref().map(|m| m.value) else { continue };
        let answers = hop.platform.role.runs_code() || hop.platform.role == Role::Router;
        match (chain_mode, stated) {
            (Mode::Streaming, Mode::Buffered) => {
                collected_at = Some(i);
                if !answers {
                    modes[i..].fill(Mode::Buffered);
                }
            }
            (Mode::Buffered, Mode::Streaming) => modes[i..].fill(Mode::Streaming),
            _ => {}
        }
    }
    let certainly_holds = |hop: &ResolvedHop| {
        hop.spec.buffers.as_ref().map_or_else(
            || hop.cases.iter().all(|c| c.buffering == Some(Buffering::WholeAnswer)),
            |b| b.value == Buffering::WholeAnswer,
        )
    };
    let holding = hops.iter().rposition(certainly_holds).max(collected_at);
    if let Some(last) = holding {
        modes[..last].fill(Mode::Buffered);
    }
    modes
}

fn needs(link: &Link, upload: Option<Dur>) -> Needs {
    let upload = upload.map(Need::certain);
    match link.mode {
        Mode::Buffered => Needs { wait: link.total.map(Need::certain), upload, ..Needs::default() },
        Mode::Streaming => {
            let beat = |silence: Dur| link.heartbeat.map_or(silence, |beat| silence.min(beat));
            let stream_gap = link.gap.map(beat);
            let longer_gap = || link.gap.into_iter().chain(link.first_byte).max().map(beat);
            let (wait, gap) = match link.headers {
                Some(Headers::Early) => (None, longer_gap().map(Need::certain)),
                Some(Headers::WithFirstToken) => (link.first_byte.map(Need::certain), stream_gap.map(Need::certain)),
                // Both must hold; what only the assumption of early headers asks of the gap is not certain.
                None => (
                    link.first_byte.map(|at| Need { at, certain: false }),
                    longer_gap().map(|at| Need { at, certain: stream_gap.is_some_and(|gap| gap >= at) }),
                ),
            };
            Needs { wait, gap, stream_total: link.total.map(Need::certain), upload }
        }
    }
}

/// What the hop makes of the link inside it for the hops outside.
fn pass_outward(hop: &ResolvedHop, link: &mut Link, before: &mut Dur) {
    if let Some(added) = &hop.spec.before {
        *before = before.plus(added.value);
    }
    let headers = hop.spec.headers.as_ref().map(|h| h.value).or_else(|| common(hop, |c| c.headers));
    if headers.is_some() {
        link.headers = headers;
    }
    let heartbeat = hop.spec.heartbeat.as_ref().map(|h| h.value).or_else(|| common(hop, |c| c.heartbeat));
    if let Some(interval) = heartbeat {
        link.heartbeat = Some(link.heartbeat.map_or(interval, |beat| beat.min(interval)));
        if hop.spec.heartbeat.is_some() {
            // A hop that fills the silence before the first token has sent its headers.
            link.headers = Some(Headers::Early);
        }
    }
}

/// A fact that is the same in every case of the hop.
fn common<T: PartialEq + Copy>(hop: &ResolvedHop, get: impl Fn(&super::HopCase) -> Option<T>) -> Option<T> {
    let first = get(hop.cases.first()?)?;
    hop.cases.iter().all(|c| get(c) == Some(first)).then_some(first)
}
