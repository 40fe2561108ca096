//! What `hoplint::simulate` says of a run, and where what happened differs.

use crate::observed::{Observed, Saw};
use crate::scenario::{Play, Upstream, What};
use crate::sdk;
use hoplint::duration::Dur;
use hoplint::resolve::{Resolved, hop::Verdict};
use hoplint::simulate::{self, Behaviour, Lateness, Request, Run, Script, Seen, Step, Work, World};

/// The same request where every timer fires and every back-off ends as early, and as late, as it may.
pub struct Predicted {
    early: Run,
    late: Run,
    /// The platform of the hop whose timer decided.
    author: Option<String>,
    decided_by: Option<usize>,
    /// The timer that decided, as `hop.timer`.
    pub decided: Option<String>,
    /// Nobody can see a caller leave where a reset is prepared, and nothing where there is no upstream.
    watched: bool,
    reached: bool,
    by_sdk: bool,
}

/// How much later a script begins and ends, and how much earlier or later the user leaves.
#[derive(Clone, Copy, Default)]
struct Shift {
    begins: Dur,
    ends: Dur,
    leaves: Dur,
    stays: Dur,
}

/// How much earlier and later than predicted is still as predicted, in seconds.
const EARLY: f64 = 0.05;
const LATE: f64 = 0.35;

impl Predicted {
    pub fn new(chain: &Resolved, play: &Play) -> Predicted {
        let world = World::usual(chain);
        let run =
            |late| simulate::run(chain, &world, &Request { script: script(&play.upstream), leaves: play.leaves, late });
        let (early, late) = (run(Lateness::Earliest), run(Lateness::At(1000)));
        let blamed = early.blame.map(|n| &early.fired[n]);
        let of_timer = blamed.and_then(|fired| {
            let hop = &chain.hops[fired.hop];
            Some(format!("{}.{}", hop.name(), hop.timer(fired.value.as_ref()?).id))
        });
        Predicted {
            author: blamed.map(|fired| chain.hops[fired.hop].platform.id.clone()),
            decided_by: blamed.map(|fired| fired.hop),
            decided: of_timer.or_else(|| blamed.map(|fired| format!("{}.deadline", chain.hops[fired.hop].name()))),
            watched: !has_reset(&play.upstream),
            reached: matches!(play.upstream, Upstream::Scripted(_)),
            by_sdk: sdk::of(&chain.hops[0].platform.id).is_some(),
            early,
            late,
        }
    }

    /// Whether everything happens so far from everything else that a tenth of a second changes nothing but times.
    pub fn is_clear(chain: &Resolved, play: &Play) -> bool {
        let world = World::usual(chain);
        let run = |shift: Shift, late| {
            let mut script = script(&play.upstream);
            for call in &mut script.calls {
                let Behaviour::Answers(steps) = call else { continue };
                for (n, step) in steps.iter_mut().enumerate() {
                    let ends = step.what == simulate::What::End;
                    step.after = step.after.plus(if n == 0 { shift.begins } else { Dur::ZERO });
                    step.after = step.after.plus(if n > 0 && ends { shift.ends } else { Dur::ZERO });
                }
            }
            let leaves = play.leaves.map(|at| at.minus(shift.leaves).plus(shift.stays));
            simulate::run(chain, &world, &Request { script, leaves, late })
        };
        let story = |run: Run| {
            let ends: Vec<_> =
                run.provider.iter().map(|w| (w.finished, w.cancelled.is_some(), w.ended.is_some())).collect();
            let blame =
                run.blame.map(|n| (run.fired[n].hop, run.fired[n].value.map(|v| v.timer), run.fired[n].attempt));
            (std::mem::discriminant(&run.client), ends, blame, run.calls)
        };
        let tenth = Dur::from_millis(110);
        let shifts = [
            Shift { begins: tenth, ..Shift::default() },
            Shift { ends: tenth, ..Shift::default() },
            Shift { leaves: tenth, ..Shift::default() },
            Shift { stays: tenth, ..Shift::default() },
            Shift { begins: tenth.times(2), ..Shift::default() },
        ];
        let plain = story(run(Shift::default(), Lateness::Earliest));
        let late = run(Shift::default(), Lateness::At(1000));
        let over = late.ended.unwrap_or(Dur::MAX);
        // Whether HAProxy tries again for a client that has left is a race, and how soon a second one in a row learns.
        let going_on =
            chain.hops.iter().filter(|hop| hop.verdict(|case| case.cancels == Some(false)) == Verdict::Always);
        let races =
            late.provider.iter().any(|work| work.started > over) || (going_on.count() > 1 && !late.orphans.is_empty());
        // Nobody here waits so long.
        let short = over < Dur::from_secs(8);
        short
            && !races
            && story(late) == plain
            && shifts.into_iter().all(|s| story(run(s, Lateness::Earliest)) == plain)
    }

    /// How many calls should reach the upstream.
    pub fn calls_expected(&self) -> usize {
        if self.reached { self.late.provider.len() } else { 0 }
    }

    /// Until when, in seconds after the click, something is still expected.
    pub fn settles(&self) -> f64 {
        let ends = self.late.provider.iter().map(|work| work.cancelled.or(work.ended));
        let last = ends.chain([self.late.ended]).flatten().map(Dur::as_secs_f64).fold(0.0, f64::max);
        (last + LATE + 0.2).min(10.0)
    }

    /// In one line, as the table shows it.
    pub fn words(&self) -> String {
        let mut words = vec![match (self.seen(), self.early.ended) {
            (seen, Some(at)) => format!("{seen} at {}", interval(at, self.late.ended)),
            (seen, None) => seen,
        }];
        if let Some(decided) = &self.decided {
            words.push(format!("by {decided}"));
        }
        if self.reached {
            let n = self.early.provider.len();
            words.push(if n == 1 { "1 call".to_owned() } else { format!("{n} calls") });
            let ends = self.early.provider.iter().zip(&self.late.provider);
            let ends: Vec<String> = ends.filter_map(|(early, late)| Self::end_of(early, late)).collect();
            if !ends.is_empty() {
                words.push(format!("stopped at {}", ends.join(" and ")));
            }
        }
        words.join(", ")
    }

    fn end_of(early: &Work, late: &Work) -> Option<String> {
        match (early.cancelled, early.ended) {
            (Some(at), _) => Some(interval(at, late.cancelled)),
            (None, None) => Some("no time".to_owned()),
            _ => None,
        }
    }

    fn seen(&self) -> String {
        match &self.early.client {
            Seen::Answer { status } | Seen::Error { status: Some(status), exception: None, .. } => status.to_string(),
            Seen::Error { status, exception: Some(exception), .. } => match status {
                Some(status) => format!("{} ({status})", class(exception)),
                None => class(exception).to_owned(),
            },
            Seen::Error { status: None, exception: None, .. } => "no answer".to_owned(),
            Seen::Truncated { status, .. } => format!("{status}, cut off"),
            Seen::Left => "left".to_owned(),
            Seen::Nothing => "nothing".to_owned(),
        }
    }

    /// All that differs from what was observed, in words; empty where they agree.
    pub fn differs(&self, observed: &Observed) -> Vec<String> {
        let mut wrong = Vec::new();
        if std::mem::discriminant(&self.early.client) != std::mem::discriminant(&self.late.client) {
            wrong.push(format!("late timers change the outcome to {:?}: no scenario to judge by", self.late.client));
        }
        if !self.saw_that(&observed.saw) {
            wrong.push(format!("the client saw {}", observed.saw));
        }
        match self.early.ended {
            Some(early) => {
                time("the client knew", early, self.late.ended.unwrap_or(early), observed.ended, &mut wrong);
            }
            None if observed.saw != Saw::Nothing => wrong.push(format!("the client knew at {:.2} s", observed.ended)),
            None => {}
        }
        if let (Seen::Truncated { first_byte, .. }, Some(first), false) =
            (&self.early.client, observed.first, self.by_sdk)
        {
            time("the first byte came", *first_byte, *first_byte, first, &mut wrong);
        }
        let author = observed.author();
        if let (Some(predicted), Some(author), Seen::Error { .. }) = (&self.author, author, &self.early.client)
            && predicted != author
        {
            wrong.push(format!("{author} wrote the error"));
        }
        if self.reached {
            self.calls(observed, &mut wrong);
        }
        wrong
    }

    fn saw_that(&self, saw: &Saw) -> bool {
        match (&self.early.client, saw) {
            (Seen::Answer { status } | Seen::Error { status: Some(status), .. }, Saw::Answer(seen))
            | (Seen::Truncated { status, .. }, Saw::Truncated(seen)) => status == seen,
            (Seen::Answer { status }, Saw::Raised(_, seen)) => Some(*status) == *seen,
            (Seen::Error { status, exception, .. }, Saw::Raised(raised, seen)) => {
                let names = exception.as_ref().is_none_or(|exception| class(exception) == raised);
                names && (status.is_none() || status == seen)
            }
            (Seen::Error { status: None, .. }, Saw::Closed) => !self.by_sdk,
            // What an SDK makes of a stream that breaks is known where its own timer broke it.
            (Seen::Truncated { sees, .. }, Saw::Raised(raised, None)) => {
                let own = self.decided_by == Some(0);
                self.by_sdk && (!own || sees.as_ref().is_none_or(|sees| sees.contains(raised.as_str())))
            }
            (Seen::Left, Saw::Left) | (Seen::Nothing, Saw::Nothing) => true,
            _ => false,
        }
    }

    fn calls(&self, observed: &Observed, wrong: &mut Vec<String>) {
        if self.early.provider.len() != observed.calls.len() {
            wrong.push(format!("{} calls reached the upstream", observed.calls.len()));
            return;
        }
        let in_order = |run: &Run| {
            let mut works = run.provider.clone();
            works.sort_by_key(|work| work.started);
            works
        };
        let works = in_order(&self.early).into_iter().zip(in_order(&self.late));
        for (n, (call, (early, late))) in observed.calls.iter().zip(works).enumerate() {
            let since = |at: f64| at - observed.clicked;
            time(&format!("call {} came", n + 1), early.started, late.started, since(call.came), wrong);
            let left = call.left.map(since);
            match (early.cancelled, left) {
                _ if !self.watched => {}
                (Some(at), Some(left)) => {
                    time(&format!("call {} was stopped", n + 1), at, late.cancelled.unwrap_or(at), left, wrong);
                }
                (Some(_), None) if call.finished.is_some() => wrong.push(format!("call {} ran to its end", n + 1)),
                (Some(_), None) => wrong.push(format!("call {} still ran", n + 1)),
                // Who has the status and repeats at once need not read the last chunk.
                (None, Some(left)) if early.ended.is_none_or(|end| left < end.as_secs_f64() - EARLY) => {
                    wrong.push(format!("call {} was stopped at {left:.2} s", n + 1));
                }
                _ => {}
            }
        }
    }
}

fn time(what: &str, early: Dur, late: Dur, seen: f64, wrong: &mut Vec<String>) {
    if seen < early.as_secs_f64() - EARLY || seen > late.as_secs_f64() + LATE {
        wrong.push(format!("{what} at {seen:.2} s"));
    }
}

fn interval(early: Dur, late: Option<Dur>) -> String {
    match late {
        Some(late) if late != early => format!("{early} to {late}"),
        _ => early.to_string(),
    }
}

/// `openai.APITimeoutError` and `TypeError: terminated` by their class.
fn class(exception: &str) -> &str {
    let name = exception.split([':', ' ']).next().unwrap_or(exception);
    if name == "DOMException" {
        return exception.split(' ').nth(1).unwrap_or(name);
    }
    name.rsplit('.').next().unwrap_or(name)
}

fn has_reset(upstream: &Upstream) -> bool {
    let Upstream::Scripted(calls) = upstream else { return false };
    calls.iter().flatten().any(|step| matches!(step.what, What::Reset))
}

/// The upstream's script in the simulation's words.
fn script(upstream: &Upstream) -> Script {
    match upstream {
        Upstream::Refused => Script::always(Behaviour::Refuses),
        Upstream::Dead => Script::always(Behaviour::NeverConnects),
        Upstream::Scripted(calls) => Script {
            calls: calls
                .iter()
                .map(|steps| {
                    Behaviour::Answers(steps.iter().map(|step| Step::new(step.after, what(&step.what))).collect())
                })
                .collect(),
        },
    }
}

fn what(what: &What) -> simulate::What {
    match *what {
        What::Status { status, retry_after } => simulate::What::Headers { status, retry_after },
        What::Byte => simulate::What::Byte,
        What::Bytes { count, every } => simulate::What::Trickle { every, count },
        What::End => simulate::What::End,
        What::Reset | What::Close => simulate::What::Reset,
    }
}
