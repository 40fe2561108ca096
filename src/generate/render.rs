//! A template with its holes filled. A text gets into the output only through a quoting filter: anything else that
//! is not a number stops the rendering.

use super::native::{self, NativeTimer};
use super::retries::NativeRetries;
use super::target::{Comment, SHARED, TargetFile};
use super::{Options, quote};
use crate::model::workload::Mode;
use crate::resolve::{Resolved, ResolvedHop};
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, context, syntax::SyntaxConfig};
use std::collections::BTreeMap;

/// What a template can ask for, beside its timers: name and meaning.
pub const VARIABLES: [(&str, &str); 12] = [
    ("chain", "the chain's name"),
    ("hop", "the hop's name"),
    ("next", "the name of the hop inside, or nothing"),
    ("platform", "the platform's name"),
    ("streaming", "whether answers are streamed on this hop"),
    ("explicit", "whether the defaults are to be written too"),
    ("full", "whether a whole file is to be written"),
    ("endpoints", "number of servers behind the hop"),
    ("method", "the request's method"),
    ("facets.NAME", "what `with:` states, with _ for -; empty where it says nothing"),
    ("stated", "whether the chain states any timer of this file"),
    (
        "retries.NAME",
        "repetition: attempts, repetitions, words, backoff, waits, deadline and the others that the built-in templates use",
    ),
];

/// The filters that put a text into its place: name and place.
pub const FILTERS: [(&str, &str); 11] = [
    ("comment", "one line of plain text"),
    ("yaml", "a YAML scalar in double quotes"),
    ("hcl", "a Terraform string"),
    ("python", "a Python string"),
    ("shell", "one word of a shell"),
    ("nginx", "a parameter of an nginx directive"),
    ("go", "a duration as a Go expression"),
    ("identifier", "a name with _"),
    ("dashed", "a name with -"),
    ("word", "a word that the template itself brings"),
    ("ms", "seconds as milliseconds"),
];

pub fn body(
    chain: &Resolved,
    hop: &ResolvedHop,
    (file, comment): (&TargetFile, Comment),
    timers: &[NativeTimer],
    retries: &NativeRetries,
    options: Options,
) -> Result<String, String> {
    let context = context! {
        chain => chain.name.as_str(),
        hop => hop.name(),
        next => next(chain, hop).map(ResolvedHop::name),
        platform => hop.platform.name.as_str(),
        streaming => hop.mode == Mode::Streaming,
        explicit => options.explicit,
        full => options.full,
        endpoints => hop.spec.endpoints.as_ref().map_or(1, |n| n.value),
        method => hop.spec.method.as_ref().map_or("POST", |m| m.value.as_str()),
        facets => facets(hop),
        timers => timers.iter().map(|t| (t.id.replace('-', "_"), timer(t))).collect::<BTreeMap<_, _>>(),
        stated => timers.iter().any(|t| t.stated),
        retries => retry_context(retries),
    };
    let fail = |error: Error| failure(file, &error);
    let mut environment = environment(comment).map_err(fail)?;
    add_shared(&mut environment, &file.text).map_err(fail)?;
    environment.add_template("file", &file.text).map_err(fail)?;
    let text = environment.get_template("file").and_then(|t| t.render(context)).map_err(fail)?;
    Ok(tidy(&text, file.blank_lines))
}

/// The shared templates that a text includes, and those that they include. Reading all of them would cost every run.
fn add_shared(environment: &mut Environment<'_>, text: &str) -> Result<(), Error> {
    for &(name, shared) in SHARED.iter().filter(|(name, _)| text.contains(name)) {
        if environment.get_template(name).is_err() {
            environment.add_template(name, shared)?;
            add_shared(environment, shared)?;
        }
    }
    Ok(())
}

/// What is wrong in a template, with its file, its line and what stands there.
fn failure(file: &TargetFile, error: &Error) -> String {
    // An included template has its own error behind that of the include.
    if let Some(inner) = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Error>()) {
        return failure(file, inner);
    }
    let own = error.name().is_none_or(|name| name == "file");
    let origin = error.name().filter(|_| !own).map_or(file.origin.clone(), |name| format!("built-in template {name}"));
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let Some(line) = error.line() else { return format!("{origin}: {}{detail}", error.kind()) };
    let there = file.text.lines().nth(line.saturating_sub(1)).filter(|_| own).unwrap_or_default();
    let there = if there.is_empty() { String::new() } else { format!("; the line is `{}`", quote::line(there.trim())) };
    format!("{origin}:{line}: {}{detail}{there}", error.kind())
}

/// A template that says nothing in some place leaves blank lines there; `most` of them stay.
fn tidy(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines().map(str::trim_end) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank <= most {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn environment(comment: Comment) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("hoplint".into()));
    environment.set_formatter(|out, _, value| {
        let plain = matches!(value.kind(), ValueKind::Number);
        if plain || value.is_safe() {
            return write!(out, "{value}").map_err(Error::from);
        }
        let what = if value.is_none() { "nothing is there" } else { "a text needs a quoting filter" };
        Err(Error::new(ErrorKind::InvalidOperation, format!("{what}: {}", quote::line(&value.to_string()))))
    });
    environment.add_filter("comment", move |text: &str| safe(quote::comment(text, comment)));
    environment.add_filter("yaml", |text: &str| safe(quote::yaml(text)));
    environment.add_filter("hcl", |text: &str| safe(quote::hcl(text)));
    environment.add_filter("shell", |text: &str| safe(quote::shell(text)));
    environment.add_filter("python", |text: &str| safe(quote::python(text)));
    // Seconds as text in, milliseconds out.
    environment.add_filter("ms", |seconds: &str| {
        let fail = || Error::new(ErrorKind::InvalidOperation, format!("not seconds: {}", quote::line(seconds)));
        native::millis(seconds).map(safe).ok_or_else(fail)
    });
    // Seconds or a duration in, a `time.Duration` out.
    environment.add_filter("go", |text: &str| {
        let fail = || Error::new(ErrorKind::InvalidOperation, format!("not a duration: {}", quote::line(text)));
        native::go(text).map(safe).ok_or_else(fail)
    });
    environment.add_filter("identifier", |text: &str| safe(quote::slug(text, '_')));
    environment.add_filter("dashed", |text: &str| safe(quote::slug(text, '-')));
    environment.add_filter("nginx", |text: &str| {
        quote::nginx(text).map(safe).ok_or_else(|| {
            let why = format!("nginx has no spelling for the text {}", quote::line(text));
            Error::new(ErrorKind::InvalidOperation, why)
        })
    });
    environment.add_filter("word", |text: &str| {
        if quote::is_word(text) {
            Ok(safe(text.to_owned()))
        } else {
            Err(Error::new(ErrorKind::InvalidOperation, format!("not a plain word: {}", quote::line(text))))
        }
    });
    Ok(environment)
}

fn safe(text: String) -> Value {
    Value::from_safe_string(text)
}

fn next<'a>(chain: &'a Resolved, hop: &ResolvedHop) -> Option<&'a ResolvedHop> {
    let at = chain.hops.iter().position(|other| std::ptr::eq(other, hop))?;
    chain.hops.get(at + 1)
}

/// Every facet of the platform with the stated value, empty where the chain says nothing.
fn facets(hop: &ResolvedHop) -> BTreeMap<String, String> {
    let stated = |id: &str| hop.spec.with.iter().find(|(key, _)| key.value == id).map(|(_, v)| v.value.clone());
    let value = |id: &str| stated(id).unwrap_or_default().to_ascii_lowercase();
    hop.platform.facets.iter().map(|f| (f.id.replace('-', "_"), value(&f.id))).collect()
}

fn timer(timer: &NativeTimer) -> Value {
    context! {
        value => timer.value.clone().map(safe),
        default => timer.default.clone().map(safe),
        stated => timer.stated,
        unlimited => timer.unlimited,
    }
}

fn retry_context(r: &NativeRetries) -> Value {
    let texts = |list: &[String]| list.iter().cloned().map(safe).collect::<Vec<_>>();
    context! {
        attempts => r.attempts,
        repetitions => r.attempts.map(|n| n.saturating_sub(1)),
        default_attempts => r.default_attempts,
        default_repetitions => r.default_attempts.map(|n| n.saturating_sub(1)),
        words => texts(&r.words),
        default_words => texts(&r.default_words),
        own_loop => r.own_loop,
        network => r.network.clone(),
        statuses => r.statuses.clone(),
        status_classes => r.status_classes.clone(),
        backoff => r.backoff,
        waits => texts(&r.waits),
        initial => safe(r.initial.clone()),
        factor => safe(r.factor.clone()),
        longest => r.longest.clone().map(safe),
        jitter_low => safe(r.jitter.0.clone()),
        jitter_high => safe(r.jitter.1.clone()),
        jitter => r.jitter.0 != r.jitter.1 || r.jitter.0 != "1",
        streams_504 => r.streams_504,
        backoff_fits => r.backoff_fits,
        retry_after => r.retry_after,
        retry_after_most => r.retry_after_most.clone().map(safe),
        deadline => r.deadline.clone().map(safe),
        window => r.window.clone().map(safe),
    }
}
