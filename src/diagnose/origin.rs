//! Every timer of a chain as a suspect: what it would look like from where somebody saw it.

use super::change;
use super::evidence::Everything;
use super::fit::{self, Worded, fit};
use super::moments::{self, Moment, Outward, outward};
use super::predicted::Prediction;
use super::suspect::{Aspect, Fit, Kind, Score, Suspect, together};
use super::symptom::Symptom;
use crate::catalog::{Cause, DefaultValue, Expiry, Guard, Phase, Role, Setting, Side, Timer};
use crate::duration::Dur;
use crate::model::workload::Mode;
use crate::resolve::hop::Firing;
use crate::resolve::{HopCase, Resolved, ResolvedHop, TimerValue, WorkloadSource};
use crate::rules::{Context, keepalive_race, say};

/// What one diagnosis looks at.
pub struct Scene<'a> {
    pub context: &'a Context<'a>,
    pub symptom: &'a Symptom,
    pub evidence: &'a Everything,
    /// The hop whose caller saw it.
    pub at: usize,
    /// Somebody named this chain; else it is one platform of the catalogue.
    pub named: bool,
    /// What the simulation of the chain comes to; empty where there is none to be had.
    pub predictions: Vec<Prediction>,
}

impl<'a> Scene<'a> {
    fn chain(&self) -> &'a Resolved {
        self.context.chain
    }

    /// All suspects of the chain, one for each setting of each hop.
    pub fn suspects(&self) -> Vec<Suspect> {
        let mut found: Vec<(usize, String, Suspect)> = Vec::new();
        for (i, hop) in self.chain().hops.iter().enumerate() {
            for case in &hop.cases {
                for value in &case.timers {
                    for suspect in self.timer(i, hop, case, value) {
                        keep_best(&mut found, (i, hop.timer(value).knob.clone(), suspect));
                    }
                }
            }
        }
        let mut suspects: Vec<Suspect> = found.into_iter().map(|(.., suspect)| suspect).collect();
        suspects.extend(self.idle_closes());
        suspects
    }

    /// How hop `i` calls the next one in this request.
    fn mode(&self, hop: &ResolvedHop) -> Option<Mode> {
        match &self.chain().workload {
            WorkloadSource::Stated(..) => Some(if self.symptom.cut { Mode::Streaming } else { hop.mode }),
            _ => self.symptom.mode,
        }
    }

    fn timer(&self, i: usize, hop: &'a ResolvedHop, case: &HopCase, value: &TimerValue) -> Vec<Suspect> {
        let timer = hop.timer(value);
        let only = |phase: Phase| timer.phases.iter().all(|p| *p == phase);
        if only(Phase::Keepalive) {
            return Vec::new();
        }
        if i < self.at && !(self.left() && hop.platform.role != Role::L4) {
            // Outside of the hop that wrote it down: only by leaving.
            return Vec::new();
        }
        let from_text = self.set_by_code(i, hop, case, value);
        if matches!(value.setting, Some(Setting::None | Setting::Off)) {
            return from_text.into_iter().collect();
        }
        let as_set = self.fired(i, hop, case, value, value.setting, None);
        // What is written may not be what runs, where a duration says so.
        let time = as_set.fit(Aspect::Time).map(|fit| fit.score);
        let mut suspects = vec![as_set];
        suspects.extend(from_text.filter(|_| !self.named));
        if value.provenance.is_written()
            && time.is_some_and(|score| score < MAYBE)
            && let Some(default) = default_of(timer).filter(|at| Some(Setting::At(*at)) != value.setting)
        {
            let why = format!("as if {} were not in force", say::setting(value.setting));
            suspects.push(self.fired(i, hop, case, value, Some(Setting::At(default)), Some(&why)));
        }
        suspects
    }

    /// A timer that the text of an exception names, at the value that the text names: code sets it where no file says so.
    fn set_by_code(&self, i: usize, hop: &'a ResolvedHop, case: &HopCase, value: &TimerValue) -> Option<Suspect> {
        let timer = hop.timer(value);
        let found = self.evidence.exception.of(&hop.platform.id)?;
        if !timer.settable || found.strength < NAMED || !found.timers.contains(&timer.id) {
            return None;
        }
        let limit = self.symptom.reading().limits.first().map(|at| Setting::At(*at));
        if limit.is_some() && limit == value.setting {
            return None;
        }
        let why = "as if code had set it, where nothing else says so";
        let mut suspect = self.fired(i, hop, case, value, limit, Some(why));
        for fit in suspect.fits.iter_mut().filter(|fit| fit.aspect == Aspect::Chain) {
            fit.score = if self.named { BEFORE } else { SET_BY_CODE };
        }
        for fit in suspect.fits.iter_mut().filter(|fit| fit.aspect == Aspect::Time && limit.is_none()) {
            fit.score = NEUTRAL;
        }
        suspect.score = together(&suspect.fits);
        let from = if limit.is_some() { "named in the text" } else { "set by code" };
        from.clone_into(&mut suspect.provenance);
        suspect.change = change::change(self.context, i, value, timer, self.symptom);
        Some(suspect)
    }

    /// One timer of one hop, had it fired at this value.
    fn fired(
        &self,
        i: usize,
        hop: &'a ResolvedHop,
        case: &HopCase,
        value: &TimerValue,
        setting: Option<Setting>,
        not_as_set: Option<&str>,
    ) -> Suspect {
        let timer = hop.timer(value);
        let fires = moments::fires(setting, timer.late);
        let link_cause = if timer.phases.contains(&Phase::Connect) { Cause::Connect } else { Cause::Timeout };
        let after_headers = self.symptom.cut || self.symptom.status.is_some_and(|s| (200..300).contains(&s));
        let gap_only = after_headers && timer.guards.contains(&Guard::Gap);
        let own = match fires {
            Some(fires) if gap_only => {
                vec![Moment { from: fires.0, to: None, attempts: Vec::new(), weight: 1000 }]
            }
            Some(fires) => moments::own(hop.name(), &case.attempts, fires, link_cause, timer.on_expiry.retried),
            None => Vec::new(),
        };
        let cause = reports(hop, timer, link_cause);
        let Outward { mut moments, mut cause, worded_by } = outward(self.chain(), self.at.min(i), i, cause, own);
        let predicted = if not_as_set.is_some() { None } else { self.predicted(i, value) };
        if let Some(prediction) = predicted {
            cause = prediction.status.map(Cause::Status).or(cause);
            moments.push(prediction.moment.clone());
        }
        let mut fits = Vec::new();
        let mut expected = moments.last().map(|m| (m.from, m.to.unwrap_or(Dur::MAX)));
        if let (Some(silence), Some(fires), true) = (self.symptom.silence, fires, gap_only) {
            // Whoever watched knows what such a timer measures.
            let silent = fit::time(silence, &[Moment::once(fires.0, fires.1)]);
            fits.extend(
                silent.map(|(time, _)| fit(Aspect::Time, time.score, format!("of the last silence, {}", time.words))),
            );
        } else if let Some(seen) = self.symptom.after {
            match fit::time(seen, &moments) {
                Some((mut time, moment)) => {
                    time.score = time.score * self.time_weight(timer) / 1000;
                    fits.push(time);
                    expected = Some((moment.from, moment.to.unwrap_or(Dur::MAX)));
                }
                None => fits.push(fit(Aspect::Time, 250, "nobody knows its value")),
            }
        }
        self.answer_fits(i, timer, cause, worded_by, &mut fits);
        fits.extend(self.not_the_writer(hop));
        fits.extend(fit::stream(self.symptom, self.mode(hop), timer));
        fits.extend(self.symptom.when.map(|when| fit::when(when, timer, false)));
        fits.extend(match not_as_set {
            Some(why) => Some(fit(Aspect::Chain, 450, why)),
            // Of a platform by itself there is nothing good to tell.
            None => {
                Some(self.place(i, hop, case, value, fires, predicted)).filter(|fit| self.named || fit.score < 1000)
            }
        });
        let setting_words = match setting {
            Some(Setting::At(at)) => Some(at),
            _ => None,
        };
        let provenance = match not_as_set {
            Some(_) => format!("default of {}", hop.platform.name),
            None => say::provenance(hop, value),
        };
        Suspect {
            score: together(&fits),
            kind: Kind::Timer,
            chain: self.named.then(|| self.chain().name.clone()),
            hop: if self.named { hop.name() } else { &hop.platform.id }.to_owned(),
            platform: hop.platform.id.clone(),
            platform_name: hop.platform.name.clone(),
            timer: timer.id.clone(),
            native: say::native(timer).to_owned(),
            value: setting_words,
            provenance,
            at: value.provenance.loc().or_else(|| self.named.then_some(hop.spec.at)),
            expected,
            fits,
            confirm: change::confirm(self.chain(), i, timer, setting_words),
            change: match not_as_set {
                Some(_) => change::deploy(hop, value, timer),
                None => change::change(self.context, i, value, timer, self.symptom),
            },
            finding: None,
        }
    }

    /// A timer that ends no request by itself explains a duration less.
    fn time_weight(&self, timer: &Timer) -> Score {
        let ends = !timer.guards.is_empty()
            || timer.phases.iter().any(|p| matches!(p, Phase::Connect | Phase::Queue | Phase::Send | Phase::Total));
        let kills = timer.expiry == Expiry::Kill;
        if ends || kills || (self.symptom.cut && timer.phases.contains(&Phase::WriteStall)) { 1000 } else { 400 }
    }

    /// Status, body, headers and exception.
    fn answer_fits(&self, i: usize, timer: &Timer, cause: Option<Cause>, worded_by: usize, fits: &mut Vec<Fit>) {
        let (symptom, chain) = (self.symptom, self.chain());
        let (hop, teller) = (&chain.hops[i], &chain.hops[worded_by]);
        let after_headers = timer.guards.iter().any(|g| matches!(g, Guard::Gap | Guard::StreamTotal));
        if let Some(seen) = symptom.status {
            if self.says_caller_left() {
                fits.push(self.caller_left(i));
            } else {
                fits.push(fit::status(seen, cause, teller.name(), symptom.cut, after_headers));
            }
        }
        let worded = Worded {
            platform: &teller.platform.id,
            name: &teller.platform.name,
            own: (worded_by == i).then_some(timer.id.as_str()),
            known: teller.known,
        };
        if symptom.body.is_some() {
            fits.push(fit::body(&self.evidence.body, &worded, timer.on_expiry.body.as_deref()));
        }
        if !symptom.headers.is_empty() {
            fits.extend(fit::headers(&self.evidence.headers, &worded));
        }
        if symptom.exception.is_some() {
            fits.push(self.exception(hop, timer, cause));
        }
        if !self.evidence.flags.is_empty() {
            fits.push(fit::flags(&self.evidence.flags, &hop.platform.id, &timer.id, self.wrote(i, hop)));
        }
    }

    fn exception(&self, hop: &ResolvedHop, timer: &Timer, cause: Option<Cause>) -> Fit {
        let evidence = &self.evidence.exception;
        let reading = self.symptom.reading();
        let say = |score, words: String| fit(Aspect::Exception, score, words);
        let mut told = match evidence.of(&hop.platform.id) {
            Some(found) if found.timers.contains(&timer.id) => {
                say(found.strength, format!("`{}` is what it leaves", found.found))
            }
            Some(found) if found.blames_others() => {
                say(200, format!("`{}` says that it was something else", found.found))
            }
            Some(found) if found.timers.is_empty() => {
                say(found.strength * 9 / 10, format!("`{}` is its own", found.found))
            }
            Some(found) => say(350, format!("`{}` comes from {}", found.found, found.timers.join(", "))),
            None => {
                use super::reading::Sees;
                let sees = |what: Sees| reading.sees.contains(&what);
                let status = reading.status.is_some();
                match cause {
                    // Words that every program has point at no platform.
                    _ if !self.named && !status => say(300, "nothing in the text names it".into()),
                    Some(Cause::Reset) if sees(Sees::Reset) => {
                        say(800, "a connection that it closes looks like this".into())
                    }
                    Some(Cause::Connect) if sees(Sees::ConnectTimeout) => {
                        say(800, "it is about setting up a connection".into())
                    }
                    Some(Cause::Timeout) if sees(Sees::Timeout) && !hop.known => {
                        say(700, "a timeout, by whatever runs here".into())
                    }
                    Some(Cause::Timeout) if sees(Sees::Timeout) => {
                        say(450, "a timeout, but in other words than its own".into())
                    }
                    Some(Cause::Status(_)) if status => say(900, "the caller tells of a status".into()),
                    Some(Cause::Status(_)) if sees(Sees::Timeout) && !fit::raises(hop.platform.role) => {
                        say(400, "a timeout, but not told as a status".into())
                    }
                    None => say(500, "nobody knows what the caller makes of it".into()),
                    _ => say(250, "it would be told in other words".into()),
                }
            }
        };
        if !reading.limits.is_empty() {
            let value = hop.cases.iter().filter_map(|c| c.timers.iter().find(|v| hop.timer(v).id == timer.id));
            let named =
                value.clone().any(|v| matches!(v.setting, Some(Setting::At(at)) if reading.limits.contains(&at)))
                    || default_of(timer).is_some_and(|at| reading.limits.contains(&at));
            if !named && value.clone().any(|v| matches!(v.setting, Some(Setting::At(_)))) {
                told.score = told.score * 500 / 1000;
                let limits: Vec<String> = reading.limits.iter().map(ToString::to_string).collect();
                told.words = format!("{}; the text names {}", told.words, crate::text::list(&limits, "and"));
            }
        }
        told
    }

    /// Whether this hop wrote the log.
    fn wrote(&self, i: usize, hop: &ResolvedHop) -> bool {
        let symptom = self.symptom;
        symptom.at.is_some() && i == self.at || symptom.logged_by.as_ref() == Some(&hop.platform.id)
    }

    /// Whoever called had gone.
    fn left(&self) -> bool {
        matches!(self.symptom.status, Some(499 | 460)) || self.flags_say_caller_left()
    }

    /// Without a chain: a log speaks first of the platform that wrote it.
    fn not_the_writer(&self, hop: &ResolvedHop) -> Option<Fit> {
        let by =
            self.symptom.logged_by.as_deref().filter(|by| !self.named && *by != hop.platform.id && !self.left())?;
        let score = if self.symptom.unanswered { 150 } else { 500 };
        Some(fit(Aspect::Chain, score, format!("the log is one of {by}")))
    }

    fn flags_say_caller_left(&self) -> bool {
        let mut says = self.evidence.flags.all().flat_map(|(_, found)| &found.says);
        says.any(|(says, _)| *says == crate::catalog::Says::CallerLeft)
    }

    /// The status says that whoever called had gone.
    fn says_caller_left(&self) -> bool {
        self.evidence
            .status
            .all()
            .any(|(_, m)| m.says.iter().any(|(says, _)| *says == crate::catalog::Says::CallerLeft))
    }

    fn caller_left(&self, i: usize) -> Fit {
        let chain = self.chain();
        let logs = (0..chain.hops.len()).rev().find(|j| self.evidence.status.of(&chain.hops[*j].platform.id).is_some());
        match logs {
            Some(j) if i < j => {
                fit(Aspect::Status, 1000, format!("{} writes it where its caller leaves first", chain.hops[j].name()))
            }
            Some(j) => fit(
                Aspect::Status,
                120,
                format!("{} writes it where somebody outside of it leaves", chain.hops[j].name()),
            ),
            None if fit::raises(chain.hops[i].platform.role) => {
                fit(Aspect::Status, 900, "a caller that leaves first is written down so")
            }
            None => fit(Aspect::Status, 300, "it is what a hop writes whose caller left"),
        }
    }

    /// The way of the chain that ends by this timer, the one that is nearest in time.
    fn predicted(&self, hop: usize, value: &TimerValue) -> Option<&Prediction> {
        let cut = self.symptom.cut;
        let of = self.predictions.iter().filter(|p| p.hop == hop && p.timer == value.timer && p.truncated == cut);
        of.max_by_key(|p| {
            let time = self.symptom.after.map_or(0, |seen| fit::time_score(seen, &p.moment));
            (time, std::cmp::Reverse(p.longer_than))
        })
    }

    /// Whether something else of the chain would have ended the request before.
    fn place(
        &self,
        i: usize,
        hop: &ResolvedHop,
        case: &HopCase,
        value: &TimerValue,
        fires: Option<(Dur, Dur)>,
        predicted: Option<&Prediction>,
    ) -> Fit {
        if let Some(Prediction { longer_than, truncated, .. }) = predicted {
            let words = match (longer_than.is_zero(), truncated) {
                (true, true) => "simulated: a stream that falls silent ends this way".to_owned(),
                (true, false) => "simulated: every answer ends this way".to_owned(),
                _ => format!("simulated: answers that take longer than {longer_than} end this way"),
            };
            return fit(Aspect::Chain, 1000, words);
        }
        let timer = hop.timer(value);
        let guard = if self.symptom.cut && timer.guards.contains(&Guard::Gap) {
            Guard::Gap
        } else if self.symptom.cut {
            Guard::StreamTotal
        } else if self.mode(hop) == Some(Mode::Streaming) {
            Guard::WaitStreaming
        } else {
            Guard::WaitBuffered
        };
        let Some((from, _)) = fires.filter(|_| timer.guards.contains(&guard)) else {
            return off_the_answer(timer);
        };
        if let Some(first) = case.guard(guard).firing()
            && first.value.timer != value.timer
            && first.latest() < from
        {
            return fit(
                Aspect::Chain,
                300,
                format!("{} of {} ends it at {}", say::native(hop.timer(&first.value)), hop.name(), first.at),
            );
        }
        let chain = self.chain();
        let surely = |other: &ResolvedHop, answers: bool| {
            other
                .cases
                .iter()
                .map(|case| {
                    if answers {
                        case.answer(guard).map(|a| a.latest)
                    } else {
                        case.guard(guard).firing().map(Firing::latest)
                    }
                })
                .try_fold(Dur::ZERO, |most, at| at.map(|at| most.max(at)))
        };
        for (j, other) in chain.hops.iter().enumerate().skip(self.at.min(i)) {
            if j == i {
                continue;
            }
            if let Some(at) = surely(other, j > i).filter(|at| *at < from) {
                let verb = if j < i { "leaves" } else { "answers" };
                return fit(Aspect::Chain, BEFORE, format!("{} {verb} before it, at {at}", other.name()));
            }
        }
        if self.predictions.is_empty() {
            return fit(Aspect::Chain, 1000, "nothing else in the chain ends the request before it");
        }
        fit(Aspect::Chain, UNSEEN, "in the simulation of the chain another timer always comes first")
    }

    /// Servers that close connections which their callers still use.
    fn idle_closes(&self) -> Vec<Suspect> {
        let chain = self.chain();
        keepalive_race::races(self.context)
            .iter()
            .filter(|race| race.pool >= self.at)
            .filter_map(|race| {
                let (pool, server) = (&chain.hops[race.pool], &chain.hops[race.server]);
                let value = race.closing(chain)?;
                let timer = server.timer(value);
                let cause = match pool.emits(Cause::Reset) {
                    Some(status) if status > 0 => Some(Cause::Status(status)),
                    _ if fit::raises(pool.platform.role) => Some(Cause::Reset),
                    _ => None,
                };
                let mut fits = Vec::new();
                if let Some(seen) = self.symptom.after {
                    let score = fit::time_score(seen, &Moment::once(Dur::ZERO, SOON));
                    fits.push(fit(Aspect::Time, score, "a request that meets a closed connection fails at once"));
                }
                let Outward { cause, worded_by, .. } = outward(chain, self.at, race.pool, cause, Vec::new());
                let told = &chain.hops[worded_by];
                if let Some(seen) = self.symptom.status {
                    fits.push(fit::status(seen, cause, told.name(), false, false));
                }
                let worded =
                    Worded { platform: &told.platform.id, name: &told.platform.name, own: None, known: told.known };
                if self.symptom.body.is_some() {
                    fits.push(fit::body(&self.evidence.body, &worded, None));
                }
                if !self.symptom.headers.is_empty() {
                    fits.extend(fit::headers(&self.evidence.headers, &worded));
                }
                if self.symptom.exception.is_some() {
                    let reset = self.symptom.reading().sees.contains(&super::reading::Sees::Reset);
                    let score = if reset { 1000 } else { 200 };
                    let words = if reset {
                        "a closed connection looks like this"
                    } else {
                        "it would tell of a closed connection"
                    };
                    fits.push(fit(Aspect::Exception, score, words));
                }
                if self.symptom.cut {
                    fits.push(fit(Aspect::Stream, 100, "it happens before an answer begins"));
                }
                fits.extend(self.symptom.when.map(|when| fit::when(when, timer, true)));
                let kept = race.kept.map_or_else(|| "for ever".to_owned(), |at| format!("for {at}"));
                let words = format!(
                    "{} keeps idle connections {kept}, {} closes them after {}",
                    pool.name(),
                    server.name(),
                    race.closes
                );
                let score = match (race.is_repeated(chain), race.only_margin) {
                    (Some(true), _) => 300,
                    (_, true) => 500,
                    // Seen only where something else than a duration speaks for it.
                    _ if self.symptom.when.is_none() && self.symptom.after.is_none() => 700,
                    _ => 1000,
                };
                fits.push(fit(Aspect::Chain, score, words));
                Some(Suspect {
                    score: together(&fits),
                    kind: Kind::IdleClose,
                    chain: self.named.then(|| chain.name.clone()),
                    hop: if self.named { server.name() } else { &server.platform.id }.to_owned(),
                    platform: server.platform.id.clone(),
                    platform_name: server.platform.name.clone(),
                    timer: timer.id.clone(),
                    native: say::native(timer).to_owned(),
                    value: Some(race.closes),
                    provenance: say::provenance(server, value),
                    at: value.provenance.loc().or_else(|| self.named.then_some(server.spec.at)),
                    expected: Some((Dur::ZERO, SOON)),
                    fits,
                    confirm: change::confirm_idle(pool, server, race.closes),
                    change: change::idle(self.context, race, pool, server, timer),
                    finding: None,
                })
            })
            .collect()
    }
}

/// Something else of the chain, as it is written, ends the request before.
const BEFORE: Score = 550;
/// A text that says this much of a timer names it.
const NAMED: Score = 700;
/// A value that nobody knows speaks neither for nor against.
const NEUTRAL: Score = 600;
/// Nothing but the text says that it is set.
const SET_BY_CODE: Score = 900;
/// No length of an answer makes it the first.
const UNSEEN: Score = 700;
/// Less is no good fit.
const MAYBE: Score = 500;

/// What a timer runs on that does not wait for the answer: each of these happens less often than a slow answer.
fn off_the_answer(timer: &Timer) -> Fit {
    let phase = |phase: Phase| timer.phases.contains(&phase);
    let (score, words) = match () {
        () if !timer.guards.is_empty() && timer.guards != [Guard::Upload] => (500, "it runs in another kind of answer"),
        () if phase(Phase::Connect) => (420, "it runs only while a connection is set up"),
        () if phase(Phase::Queue) => (420, "it runs only while the request waits for a free slot"),
        () if phase(Phase::Send) || timer.guards == [Guard::Upload] => (350, "it runs only while the request is sent"),
        () if phase(Phase::WriteStall) => (350, "it runs only while nobody reads the answer"),
        () => (300, "it ends no request by itself"),
    };
    fit(Aspect::Chain, score, words)
}

/// A request that meets a closed connection fails within this.
const SOON: Dur = Dur::from_millis(500);

/// What its caller gets when this timer of a hop fires.
fn reports(hop: &ResolvedHop, timer: &Timer, link: Cause) -> Option<Cause> {
    if matches!(hop.platform.role, Role::Client | Role::L4) {
        return Some(link);
    }
    match timer.on_expiry.status.filter(|status| *status > 0) {
        Some(status) => Some(Cause::Status(status)),
        None if matches!(timer.expiry, Expiry::Close | Expiry::Kill) => Some(Cause::Reset),
        None if timer.side == Side::Downstream => None,
        None => {
            let usual = if link == Cause::Timeout { 504 } else { 502 };
            hop.emits(link).or_else(|| (!hop.known).then_some(usual)).filter(|s| *s > 0).map(Cause::Status)
        }
    }
}

fn default_of(timer: &Timer) -> Option<Dur> {
    timer.defaults.iter().find_map(|row| match row.value {
        DefaultValue::Is(Setting::At(at)) => Some(at),
        _ => None,
    })
}

/// One suspect for each knob of a hop; the first of equals.
fn keep_best(found: &mut Vec<(usize, String, Suspect)>, new: (usize, String, Suspect)) {
    match found.iter_mut().find(|(hop, knob, _)| (*hop, knob) == (new.0, &new.1)) {
        Some(known) if known.2.score >= new.2.score => {}
        Some(known) => *known = new,
        None => found.push(new),
    }
}
