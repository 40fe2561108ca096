//! One page for all chains: pictures, findings, tables, and a request to try. It brings everything along and asks for
//! nothing; without scripts it is the same page without the request to try.

use super::svg::{Canvas, Layout, picture};
use super::table::factor;
use crate::report::{Options, clean};
use crate::show::chain::{Sweep, View};
use minijinja::value::{Serde, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, context};
use serde::Serialize;
use std::io::{self, Write};

const PAGE: &str = include_str!("../../../templates/_show/page.html");
const SCRIPT: &str = include_str!("../../../templates/_show/page.js");
const STYLE: &str =
    concat!(include_str!("../../../templates/_show/picture.css"), include_str!("../../../templates/_show/page.css"));

/// What the page allows itself: its own style and script by their hashes, and nothing from elsewhere. A test keeps it
/// equal to what the page brings.
const POLICY: &str = include_str!("../../../templates/_show/policy.txt");

/// One chain with its pictures.
#[derive(Serialize)]
struct Chain<'a> {
    view: &'a View,
    wide: String,
    narrow: String,
    /// For each sweep the durations that the slider stops at, and the one that it starts with.
    stops: Vec<String>,
    starts: Vec<f64>,
}

pub(super) fn write(views: &[View], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let chains: Vec<Chain<'_>> = views.iter().enumerate().map(|(n, view)| chain(n, view)).collect();
    let page = environment().and_then(|environment| {
        environment.get_template("page")?.render(context! {
            chains => Value::from(Serde(&chains)),
            version => options.version,
            style => STYLE,
            script => SCRIPT,
            policy => POLICY.trim_ascii_end(),
        })
    });
    out.write_all((page.map_err(io::Error::other)? + "\n").as_bytes())
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(cleaned);
    environment.add_function("sign", sign);
    environment.add_function("interval", interval);
    environment.add_function("times", factor);
    environment.add_template("page", PAGE)?;
    Ok(environment)
}

/// Texts without what steers a reader's eye or terminal, escaped for HTML.
fn cleaned(out: &mut Output<'_>, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if value.kind() == ValueKind::String && !value.is_safe() => {
            minijinja::escape_formatter(out, state, &Value::from(clean::line(text).into_owned()))
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// The sign of a level for the eye; the words beside it say the same.
fn sign(level: &str) -> Value {
    let sign = match level {
        "error" => "✗",
        "warning" => "▲",
        "note" => "·",
        _ => "✓",
    };
    let class = if matches!(level, "error" | "warning" | "note") { level } else { "fine" };
    Value::from_safe_string(format!("<span class=\"sign {class}\" aria-hidden=\"true\">{sign}</span>"))
}

/// `60s`, or `60s to 75s`.
fn interval(value: &Value) -> Result<String, Error> {
    let text = |end: &str| value.get_attr(end)?.get_attr("text").map(|text| text.to_string());
    let (from, to) = (text("from")?, text("to")?);
    Ok(if from == to { to } else { format!("{from} to {to}") })
}

fn chain(number: usize, view: &View) -> Chain<'_> {
    let draw = |layout, name: &str| picture(view, Canvas { layout, id: &format!("p{number}-{name}"), alone: false });
    let starts: Vec<f64> = view.sweeps.iter().map(|sweep| first(view, sweep)).collect();
    let stops = view.sweeps.iter().zip(&starts).map(|(sweep, start)| {
        let stops: Vec<String> = stops(sweep, *start).iter().map(f64::to_string).collect();
        stops.join(" ")
    });
    Chain {
        view,
        wide: draw(Layout::Wide, "wide"),
        narrow: draw(Layout::Narrow, "narrow"),
        stops: stops.collect(),
        starts,
    }
}

/// Where the slider starts: at what the work needs.
fn first(view: &View, sweep: &Sweep) -> f64 {
    let work = view.workload.as_ref();
    let need = work.and_then(|work| if sweep.of_start { work.first_byte.as_ref() } else { work.total.as_ref() });
    need.map_or(30.0, |need| need.seconds)
}

/// Steps of a mantissa that a person would choose.
const STEPS: [f64; 10] = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 9.0];

/// About even steps by factors, and on both sides of every place where the outcome changes.
fn stops(sweep: &Sweep, start: f64) -> Vec<f64> {
    let mut stops = vec![0.0, start];
    let mut tens = 0.1;
    while tens <= sweep.longest.seconds {
        stops.extend(STEPS.iter().map(|step| step * tens));
        tens *= 10.0;
    }
    for change in sweep.spans.iter().map(|span| span.from.seconds).filter(|at| *at > 0.0) {
        stops.extend([change, change - if change > 20.0 { 1.0 } else { change / 20.0 }]);
    }
    for stop in &mut stops {
        *stop = (*stop * 1000.0).round() / 1000.0;
    }
    let last = sweep.longest.seconds.max(start);
    stops.retain(|stop| *stop <= last);
    stops.sort_by(f64::total_cmp);
    stops.dedup();
    stops
}
