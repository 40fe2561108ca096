//! What happens in a run, in words.

use crate::catalog::{Cause, Expiry, Guard, Role};
use crate::resolve::{Resolved, ResolvedHop};
use crate::rules::say;
use crate::simulate::{Event, EventKind, Fired, Run, Seen, Then, hop_at};
use crate::text::list;

pub(super) fn name(chain: &Resolved, hop: usize) -> &str {
    hop_at(chain, hop).name()
}

/// `proxy_read_timeout 60s (default of NGINX)`.
pub(super) fn timer(chain: &Resolved, fired: &Fired) -> String {
    let hop = hop_at(chain, fired.hop);
    match &fired.value {
        Some(value) => say::value(hop, value),
        None => format!("the deadline of its retries (default of {})", hop.platform.name),
    }
}

/// Where the value of a timer is written.
pub(super) fn written(fired: &Fired) -> Option<crate::span::Loc> {
    fired.value.and_then(|value| value.provenance.loc())
}

pub(super) fn fires(chain: &Resolved, fired: &Fired) -> String {
    let hop = hop_at(chain, fired.hop);
    let lasted = fired.at.minus(fired.since);
    let what = match fired.guard {
        Some(Guard::WaitBuffered) => format!("gives up: no answer within {lasted}"),
        Some(Guard::WaitStreaming) => format!("gives up: no first byte within {lasted}"),
        Some(Guard::Gap) => format!("ends the answer: {lasted} of silence"),
        Some(Guard::StreamTotal) => format!("ends the answer: it is not whole within {lasted}"),
        Some(Guard::Upload) => format!("gives up: the request takes longer than {lasted}"),
        None if fired.value.is_some() => format!("gives up: no connection within {lasted}"),
        None => format!("gives up: its deadline of {lasted} is over"),
    };
    let kills = fired.value.is_some_and(|value| hop.timer(&value).expiry == Expiry::Kill);
    if kills { format!("{what}, and the program is killed") } else { what }
}

pub(super) fn cause(cause: Cause) -> String {
    match cause {
        Cause::Status(status) => format!("a {status}"),
        Cause::StatusClass(class) => format!("a {class}xx"),
        Cause::Connect => "no connection".to_owned(),
        Cause::Refused => "a refused connection".to_owned(),
        Cause::Timeout => "a timeout".to_owned(),
        Cause::Reset => "a closed connection".to_owned(),
    }
}

/// What one hop does or meets, without its name. The firing is told apart.
pub(super) fn event(chain: &Resolved, run: &Run, event: &Event) -> String {
    let hop = hop_at(chain, event.hop);
    match &event.kind {
        EventKind::Arrives if event.hop == 0 => "begins".to_owned(),
        EventKind::Arrives if event.attempt > 1 => format!("gets attempt {}", event.attempt),
        EventKind::Arrives => "gets the request".to_owned(),
        EventKind::Refuses => "refuses the connection".to_owned(),
        EventKind::NoConnection => "does not answer the attempt to connect".to_owned(),
        EventKind::Headers { status } => format!("sends the headers of a {status}"),
        EventKind::Answers { status } if hop.platform.role == Role::Client && *status < 400 => {
            "has the answer".to_owned()
        }
        EventKind::Answers { status } if hop.platform.role == Role::Client => format!("fails with a {status}"),
        EventKind::Answers { status } => format!("answers {status}"),
        EventKind::Breaks if hop.platform.role == Role::Client => "has a part of the answer, and an error".to_owned(),
        EventKind::Breaks => "breaks off in the middle of the answer".to_owned(),
        EventKind::Fails { cause } => {
            fails(hop, *cause, run.fired.iter().rev().find(|f| f.hop == event.hop && f.at <= event.at))
        }
        EventKind::Fires { fired } => fires(chain, &run.fired[*fired]),
        EventKind::Repeats { cause: why, wait, hinted, at_least } => {
            let next = event.attempt + 1;
            let wait = match (wait.is_zero(), hinted) {
                (true, _) => "at once".to_owned(),
                (false, true) => format!("after {wait}, as Retry-After asks"),
                (false, false) => format!("after {wait}"),
            };
            let guess = if *at_least { "; how often is not known" } else { "" };
            format!("sees {}, makes attempt {next} {wait}{guess}", cause(*why))
        }
        EventKind::FallsBack { tail, cause: why } => format!("sees {}, turns to fallback {tail}", cause(*why)),
        EventKind::GivesUp { cause: why } => format!("sees {}, makes no other attempt", cause(*why)),
        EventKind::IsLeft { then } => left(*then),
        EventKind::IsKilled => "ends with the program".to_owned(),
        EventKind::EndsUnheard => "is done, and nobody is there to read it".to_owned(),
        EventKind::UserLeaves => "is left by its user, and stops".to_owned(),
    }
}

fn left(then: Then) -> String {
    match then {
        Then::Stops => "is left by its caller, and stops".to_owned(),
        Then::StopsAt(at) => format!("is left by its caller, and learns of it by a write that fails, at {at}"),
        Then::WorksOn => "is left by its caller, and works on".to_owned(),
        Then::MayWorkOn => "is left by its caller; nobody knows whether it stops, so it is taken to work on".to_owned(),
    }
}

fn fails(hop: &ResolvedHop, why: Cause, fired: Option<&Fired>) -> String {
    if hop.platform.role != Role::Client {
        return "closes the connection without an answer".to_owned();
    }
    let exception = fired.and_then(|f| f.value).and_then(|value| hop.timer(&value).on_expiry.exception.clone());
    exception.map_or_else(|| format!("fails with {}", cause(why)), |exception| format!("raises {exception}"))
}

/// What the client sees, as a sentence without its end.
pub(super) fn seen(chain: &Resolved, run: &Run) -> String {
    let when = run.ended.map(|at| format!(" after {at}")).unwrap_or_default();
    match &run.client {
        Seen::Answer { status } => format!("The client has the whole answer ({status}){when}"),
        Seen::Error { status, exception, body } => {
            let what = match (exception, status) {
                (Some(exception), _) => exception.clone(),
                (None, Some(status)) => status.to_string(),
                (None, None) if chain.hops[0].platform.role == Role::Client => "a failed connection".to_owned(),
                (None, None) => "a closed connection without an answer".to_owned(),
            };
            let body = body
                .as_ref()
                .filter(|_| exception.is_none())
                .map(|body| format!(" with the body {}", say::shorten(body)));
            format!("The client sees {what}{}{when}", body.unwrap_or_default())
        }
        Seen::Truncated { status, first_byte, .. } => {
            format!("The client sees a {status} after {first_byte}, and the answer breaks off{when}")
        }
        Seen::Left => format!("The user leaves{when} without the whole answer"),
        Seen::Nothing => "The client waits for ever: no timer of the chain ends this".to_owned(),
    }
}

/// The hops of a list, as `edge, lb and model`.
pub(super) fn names(chain: &Resolved, hops: &[usize]) -> String {
    let names: Vec<&str> = hops.iter().map(|hop| name(chain, *hop)).collect();
    list(&names, "and")
}
