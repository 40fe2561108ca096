//! What the simulation says of a chain: which timer decides for answers of which length, and when the client knows.

use super::moments::Moment;
use super::symptom::Symptom;
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::resolve::Resolved;
use crate::simulate::{Behaviour, Lateness, Request, Run, Script, Seen, Shape, Step, What, World, run, sweep};

/// One way for a request to end by a timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    pub hop: usize,
    /// By its place in the platform.
    pub timer: u16,
    /// Answers that take longer than this end so.
    pub longer_than: Dur,
    pub status: Option<u16>,
    pub truncated: bool,
    pub moment: Moment,
}

/// More worlds than this tell nothing new of a chain.
const MOST_WORLDS: usize = 6;
/// A chain as long as this was made by a program; what its hops are tells enough.
const MOST_HOPS: usize = 40;
/// No answer that people wait for takes longer.
const LONGEST: Dur = Dur::from_secs(2 * 3600);
/// A stream that works: its first piece and the time between two.
const PIECE: Dur = Dur::from_secs(1);

/// Every way of the chain, in all worlds that its unstated facets leave open.
pub fn predictions(chain: &Resolved, symptom: &Symptom) -> Vec<Prediction> {
    let streamed = symptom.cut || symptom.mode == Some(Mode::Streaming);
    // A chain whose work is not streamed says nothing of a stream.
    let other = streamed && chain.hops.first().is_some_and(|hop| hop.mode == Mode::Buffered);
    if chain.hops.len() > MOST_HOPS || other {
        return Vec::new();
    }
    let longest = LONGEST.max(symptom.after.map_or(Dur::ZERO, |after| after.greatest.times(2)));
    let streams = symptom.cut
        || symptom.mode == Some(Mode::Streaming)
        || chain.hops.iter().any(|hop| hop.mode == Mode::Streaming);
    let mut found = Vec::new();
    for world in World::all(chain, MOST_WORLDS) {
        let mut shapes = Vec::new();
        if symptom.mode != Some(Mode::Streaming) && !symptom.cut {
            shapes.push(Shape::Whole);
        }
        if streams {
            shapes.push(Shape::Late { gap: PIECE, lasts: PIECE, early: false });
            shapes.push(Shape::Late { gap: PIECE, lasts: PIECE, early: true });
            shapes.push(Shape::Stream { first: PIECE, gap: PIECE, early: true });
        }
        for shape in shapes {
            for span in sweep(chain, &world, &shape, longest) {
                let mut script = Script::default();
                let inside = span.to.map_or(span.from.plus(PIECE), |to| middle(span.from, to));
                shape.script(inside, &mut script);
                let late = run(chain, &world, &Request { script, leaves: None, late: Lateness::Latest });
                add(&mut found, chain, span.from, &span.run, &late);
            }
        }
        if streams {
            let silent = |late| run(chain, &world, &Request { script: silent(), leaves: None, late });
            add(&mut found, chain, Dur::ZERO, &silent(Lateness::Earliest), &silent(Lateness::Latest));
        }
    }
    found
}

fn middle(a: Dur, b: Dur) -> Dur {
    a.plus(Dur::from_nanos(b.minus(a).as_nanos() / 2))
}

/// A stream that begins and falls silent.
fn silent() -> Script {
    let step = |what| Step { after: PIECE, what };
    let steps = vec![step(What::Headers { status: 200, retry_after: None }), step(What::Byte)];
    Script { calls: vec![Behaviour::Answers(steps)] }
}

fn add(found: &mut Vec<Prediction>, chain: &Resolved, longer_than: Dur, run: &Run, late: &Run) {
    let Some((hop, timer, ended)) = decided(run) else { return };
    let latest = decided(late).filter(|(h, t, _)| (*h, *t) == (hop, timer)).map_or(ended, |(.., ended)| ended);
    let (status, truncated) = match &run.client {
        Seen::Error { status, .. } => (*status, false),
        Seen::Truncated { .. } => (None, true),
        _ => return,
    };
    let mut attempts = Vec::new();
    for (i, calls) in run.calls.windows(2).enumerate().take(chain.hops.len().saturating_sub(1)) {
        let each = calls[1].checked_div(calls[0]).unwrap_or_default();
        if each > 1 && i <= hop {
            attempts.push((chain.hops[i].name().to_owned(), u32::try_from(each).unwrap_or(u32::MAX)));
        }
    }
    // A stream that falls silent may have run for any time before.
    let to = if truncated && longer_than.is_zero() { None } else { Some(ended.max(latest)) };
    let moment = Moment { from: ended.min(latest), to, attempts, weight: 1000 };
    let prediction = Prediction { hop, timer, longer_than, status, truncated, moment };
    if !found.contains(&prediction) {
        found.push(prediction);
    }
}

/// The hop and timer that decided, and when the client knew.
fn decided(run: &Run) -> Option<(usize, u16, Dur)> {
    let fired = &run.fired[run.blame?];
    Some((fired.hop, fired.value?.timer, run.ended?))
}
