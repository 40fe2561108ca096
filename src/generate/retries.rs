//! A hop's repetition in the words of a target, and what the target has no words for.

use super::target::{Feature, Target};
use super::{Note, Refusal};
use crate::catalog::{Backoff, Cause};
use crate::duration::Dur;
use crate::import::units::seconds;
use crate::resolve::ResolvedHop;
use crate::span::Loc;

/// Repetition as a template sees it. Durations are seconds, for code; settings of the platform are timers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NativeRetries {
    /// Stated attempts, the first included.
    pub attempts: Option<u32>,
    /// Attempts in force where nobody stated them.
    pub default_attempts: Option<u32>,
    /// The platform's words for the stated causes.
    pub words: Vec<String>,
    /// The platform's words for the causes in force.
    pub default_words: Vec<String>,
    /// The generated text must repeat by itself: the platform has no setting for something stated.
    pub own_loop: bool,
    pub network: Vec<&'static str>,
    pub statuses: Vec<u16>,
    pub status_classes: Vec<u8>,
    /// After a 504 the call goes on as a stream, and the generated text does that.
    pub streams_504: bool,
    /// The stated back-off has the shape that the platform's own has.
    pub backoff_fits: bool,
    /// `none`, `list` or `exponential`.
    pub backoff: &'static str,
    pub waits: Vec<String>,
    pub initial: String,
    pub factor: String,
    pub longest: Option<String>,
    pub jitter: (String, String),
    pub retry_after: bool,
    pub retry_after_most: Option<String>,
    pub deadline: Option<String>,
    pub window: Option<String>,
}

pub fn of(hop: &ResolvedHop, target: &Target, refusals: &mut Vec<Refusal>) -> NativeRetries {
    let Some(case) = hop.cases.first() else { return NativeRetries::default() };
    let attempts = &case.attempts;
    let stated = hop.spec.retries.as_ref();
    let mut out = NativeRetries {
        attempts: stated.and_then(|r| r.attempts.as_ref()).map(|a| a.value),
        default_attempts: attempts.most.filter(|_| !attempts.declared),
        words: stated.and_then(|r| r.on.as_ref()).map(|on| words(target, &on.value).0).unwrap_or_default(),
        default_words: words(target, &attempts.on).0,
        own_loop: own_features(hop, target).next().is_some(),
        backoff_fits: stated.and_then(|r| r.backoff.as_ref()).is_some_and(|b| fits(target, &b.value.clone().into())),
        streams_504: attempts.streams_504
            && attempts.most.unwrap_or(1) > 1
            && target.retries.own.contains(&Feature::On504),
        retry_after: attempts.obeys_retry_after == Some(true),
        retry_after_most: attempts.retry_after_cap.map(seconds),
        deadline: attempts.deadline.map(seconds),
        window: attempts.window.map(seconds),
        backoff: "none",
        ..NativeRetries::default()
    };
    for cause in &attempts.on {
        match cause {
            Cause::Connect => out.network.push("connect"),
            Cause::Refused => out.network.push("refused"),
            Cause::Timeout => out.network.push("timeout"),
            Cause::Reset => out.network.push("reset"),
            Cause::Status(code) => out.statuses.push(*code),
            Cause::StatusClass(class) => out.status_classes.push(*class),
        }
    }
    match &attempts.backoff {
        Backoff::None => {}
        Backoff::List(list) if list.is_empty() => {}
        Backoff::List(list) => {
            out.backoff = "list";
            out.waits = list.iter().map(|d| seconds(*d)).collect();
        }
        Backoff::Exponential { initial, factor_percent, max, jitter_percent } => {
            out.backoff = "exponential";
            out.initial = seconds(*initial);
            // With a point, so that a language sees no whole number.
            let factor = hundredths(*factor_percent);
            out.factor = if factor.contains('.') { factor } else { format!("{factor}.0") };
            out.longest = max.map(seconds);
            out.jitter = (hundredths(jitter_percent.0), hundredths(jitter_percent.1));
        }
    }
    if let (Some((most, source)), Some(stated)) = (&target.retries.most, stated.and_then(|r| r.attempts.as_ref()))
        && u64::from(stated.value) > *most
    {
        refusals.push(Refusal {
            at: Some(stated.loc),
            message: format!("{} attempts of hop `{}` are more than {most} ({source})", stated.value, hop.name()),
            help: Some(format!("use {most} or fewer")),
        });
    }
    out
}

fn hundredths(percent: u32) -> String {
    seconds(Dur::from_millis(u64::from(percent) * 10))
}

/// The platform's words for these causes, each once, and the causes that it has none for.
fn words(target: &Target, causes: &[Cause]) -> (Vec<String>, Vec<Cause>) {
    let (mut found, mut missing) = (Vec::<String>::new(), Vec::new());
    for cause in causes {
        let name = cause.to_string();
        match target.retries.causes.iter().find(|(known, _)| *known == name) {
            Some((_, words)) => {
                for word in words {
                    if !found.contains(word) {
                        found.push(word.clone());
                    }
                }
            }
            None => missing.push(*cause),
        }
    }
    (found, missing)
}

/// What the hop states otherwise than its platform does by itself.
fn stated(hop: &ResolvedHop) -> Vec<(Feature, Option<Loc>)> {
    let mut out = Vec::new();
    let rows = || hop.platform.retries.iter().map(|row| &row.value);
    if let Some(spec) = &hop.spec.retries {
        if let Some(attempts) = &spec.attempts {
            out.push((Feature::Attempts, Some(attempts.loc)));
        }
        if let Some(backoff) = &spec.backoff
            && !rows().any(|row| row.backoff == Backoff::from(backoff.value.clone()))
        {
            out.push((Feature::Backoff, Some(backoff.loc)));
        }
        if let Some(obeys) = &spec.obeys_retry_after
            && !rows().any(|row| row.obeys_retry_after.unwrap_or(false) == obeys.value)
        {
            out.push((Feature::RetryAfter, Some(obeys.loc)));
        }
        if let Some(on) = &spec.on {
            let mut stated = on.value.clone();
            stated.sort();
            let same = |own: &[Cause]| {
                let mut own = own.to_vec();
                own.sort();
                own == stated
            };
            if !rows().any(|row| same(&row.on)) {
                out.push((Feature::On, Some(on.loc)));
            }
        }
        if let Some(streams) = spec.streams_504.as_ref().filter(|s| s.value) {
            out.push((Feature::On504, Some(streams.loc)));
        }
        if let Some(window) = &spec.window
            && !rows().any(|row| row.window == Some(window.value))
        {
            out.push((Feature::Window, Some(window.loc)));
        }
    }
    // A deadline that is a timer of the platform is written as that timer.
    let own_timer = hop.platform.timer(crate::resolve::custom::DEADLINE).is_some();
    if let Some(deadline) = hop.spec.deadline.as_ref().filter(|_| own_timer) {
        out.push((Feature::Deadline, Some(deadline.loc)));
    }
    if !hop.spec.fallbacks.is_empty() {
        out.push((Feature::Fallbacks, None));
    }
    out
}

fn own_features<'a>(hop: &'a ResolvedHop, target: &'a Target) -> impl Iterator<Item = Feature> + 'a {
    // One attempt needs no loop.
    let needed = |feature: &Feature| !matches!(feature, Feature::Attempts | Feature::On504) || repeats(hop);
    stated(hop).into_iter().map(|(feature, _)| feature).filter(|f| target.retries.own.contains(f)).filter(needed)
}

pub(super) fn repeats(hop: &ResolvedHop) -> bool {
    hop.cases.iter().any(|case| case.attempts.most.is_none_or(|most| most > 1))
}

/// What the hop states of repetition and the target cannot say.
pub fn notes(hop: &ResolvedHop, target: &Target) -> Vec<Note> {
    let words_of = &target.retries;
    let mut notes = Vec::new();
    for (feature, at) in stated(hop) {
        if feature == Feature::On504 && !repeats(hop) {
            notes.push(Note { at, text: "retries.on-504 does nothing: there is no second attempt.".to_owned() });
            continue;
        }
        let misfit = feature == Feature::Backoff
            && words_of.doubles
            && !hop.cases.iter().all(|case| fits(target, &case.attempts.backoff));
        let misfit = misfit || (feature == Feature::Window && !has_window(hop, target));
        let said = (words_of.native.contains(&feature) && !misfit) || words_of.own.contains(&feature);
        if !said {
            let why = target.why_not(feature.name()).unwrap_or("this target has no setting for it");
            notes.push(Note { at, text: format!("{} is not written: {why}.", said_feature(hop, feature)) });
        }
    }
    notes.extend(servers_note(hop, target));
    let finest = !words_of.causes.is_empty() || words_of.native.contains(&Feature::On);
    if finest && let Some(on) = hop.spec.retries.as_ref().and_then(|r| r.on.as_ref()) {
        // Code that repeats by itself looks at any status; only failures without one have the names of a library.
        let own = words_of.own.contains(&Feature::On);
        let on_status = |cause: &Cause| matches!(cause, Cause::Status(_) | Cause::StatusClass(_));
        let named: Vec<Cause> = on.value.iter().copied().filter(|cause| !(own && on_status(cause))).collect();
        notes.extend(cause_notes(target, &named, on.loc));
    }
    notes
}

/// Whether the timer that the target writes a window as exists on the hop.
fn has_window(hop: &ResolvedHop, target: &Target) -> bool {
    let Some(id) = &target.retries.window_timer else { return true };
    let index = hop.platform.timers.iter().position(|timer| timer.id == *id);
    index.is_some_and(|index| hop.cases.iter().any(|case| case.timer_value(index).is_some()))
}

/// Whether a back-off is one that the platform can be told: doubling, fully jittered, up to a longest wait.
fn fits(target: &Target, backoff: &Backoff) -> bool {
    let doubling = |factor: u32, jitter: (u32, u32)| factor == 200 && jitter == (0, 100);
    match backoff {
        Backoff::Exponential { initial, factor_percent, max: Some(max), jitter_percent } => {
            target.retries.doubles && doubling(*factor_percent, *jitter_percent) && initial <= max && !initial.is_zero()
        }
        _ => false,
    }
}

/// More attempts than servers, where a platform tries each server once.
fn servers_note(hop: &ResolvedHop, target: &Target) -> Option<Note> {
    let attempts = hop.spec.retries.as_ref()?.attempts.as_ref()?;
    let servers = hop.spec.endpoints.as_ref().map_or(1, |n| n.value);
    let each_once = hop.platform.retries.iter().any(|row| row.value.endpoints);
    if !each_once || !target.retries.native.contains(&Feature::Attempts) || attempts.value <= servers {
        return None;
    }
    let has = match &hop.spec.endpoints {
        Some(stated) if stated.value == 1 => "`endpoints` says that there is one".to_owned(),
        Some(stated) => format!("`endpoints` says that there are {}", stated.value),
        None => "the chain says nothing of a second one (endpoints: 2)".to_owned(),
    };
    let text = format!(
        "{} attempts need as many servers behind {}, which tries each of them once; {has}.",
        attempts.value, hop.platform.name
    );
    Some(Note { at: Some(attempts.loc), text })
}

fn cause_notes(target: &Target, on: &[Cause], at: Loc) -> Vec<Note> {
    let mut notes = Vec::new();
    let (chosen, mut missing) = words(target, on);
    for cause in on {
        let remark = target.retries.remarks.iter().find(|(name, _)| cause.to_string() == *name);
        if let Some((_, remark)) = remark {
            missing.retain(|without| without != cause);
            notes.push(Note { at: Some(at), text: format!("{remark}.") });
        }
    }
    if !missing.is_empty() {
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        let text = format!("There is no word for repeating after {}, so it is not written.", missing.join(", "));
        notes.push(Note { at: Some(at), text });
    }
    let asked = |name: &str| on.iter().any(|cause| cause.to_string() == name || covered(*cause, name));
    let all_chosen = |words: &[String]| !words.is_empty() && words.iter().all(|word| chosen.contains(word));
    let by_words = target.retries.causes.iter().filter(|(_, words)| all_chosen(words)).map(|(name, _)| name);
    let covers = target.retries.covers.iter().filter(|(word, _)| chosen.contains(word));
    let mut also: Vec<&str> = Vec::new();
    for name in by_words.chain(covers.flat_map(|(_, causes)| causes)) {
        if !asked(name) && !also.contains(&name.as_str()) {
            also.push(name);
        }
    }
    if !also.is_empty() {
        let text = format!("`{}` also repeats after {}; nothing finer exists.", chosen.join(" "), also.join(", "));
        notes.push(Note { at: Some(at), text });
    }
    notes
}

fn covered(on: Cause, name: &str) -> bool {
    Cause::parse(name).is_some_and(|cause| on.covers(cause))
}

fn said_feature(hop: &ResolvedHop, feature: Feature) -> String {
    let spec = hop.spec.retries.as_ref();
    match feature {
        Feature::Attempts => {
            let n = spec.and_then(|r| r.attempts.as_ref()).map_or(1, |a| a.value);
            format!("retries.attempts {n}")
        }
        Feature::Window => {
            let window = spec.and_then(|r| r.window.as_ref()).map(|w| w.value.to_string()).unwrap_or_default();
            format!("retries.window {window}")
        }
        Feature::Deadline => {
            use crate::model::Declared::Set;
            match hop.spec.deadline.as_ref().map(|d| d.value) {
                Some(Set(crate::catalog::Setting::At(at))) => format!("deadline {at}"),
                _ => "deadline".to_owned(),
            }
        }
        Feature::RetryAfter => {
            let obeys = spec.and_then(|r| r.obeys_retry_after.as_ref()).is_none_or(|o| o.value);
            format!("retries.retry-after {}", if obeys { "obey" } else { "ignore" })
        }
        Feature::Backoff => "retries.backoff".to_owned(),
        Feature::On504 => "retries.on-504 stream".to_owned(),
        Feature::On => "retries.on".to_owned(),
        Feature::Fallbacks => "fallbacks".to_owned(),
    }
}
