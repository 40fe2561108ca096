//! Simulations of many requests for people: who fails and why, times, calls, cost, and a comparison.

use super::load::{Cost, Failure, Provider, Report, Simulation, Times, Tokens};
use super::paint::Paint;
use super::table::{Look, Table};
use super::{Options, clean};
use crate::text::grouped;
use std::cmp::Ordering;
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint { on: options.color };
    for one in &report.simulations {
        head(one, paint, out)?;
        ends(one, paint, options.width, out)?;
        out.write_all(all_times(one, paint, options.width).as_bytes())?;
        calls(one, paint, options.width, out)?;
        writeln!(out)?;
    }
    if report.simulations.len() > 1 {
        compare(&report.simulations, paint, options.width, out)?;
    }
    Ok(())
}

fn head(one: &Simulation<'_>, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let name = format!("{}: {}", clean::line(one.file), clean::line(one.label));
    writeln!(out, "{}: {} requests, seed {}", paint.bold(&name), grouped(one.requests), one.seed)?;
    writeln!(out, "  answers: {}, {}", one.mode, one.answers_take)?;
    if !one.assumed.is_empty() {
        let facets: Vec<String> = one.assumed.iter().map(|a| format!("{} {} {}", a.hop, a.facet, a.value)).collect();
        writeln!(out, "  assumed, because no hop states it: {}", clean::line(&facets.join(", ")))?;
    }
    Ok(())
}

fn ends(one: &Simulation<'_>, paint: Paint, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut table =
        Table::new(["requests", "share", "user gets", "when", "because"], [true, true, false, false, false]);
    let until = one.until_answered.map_or(String::new(), |t| format!("up to {}", time(t.max)));
    let answered = (one.answered.requests, one.answered.share);
    table.row([&grouped(answered.0), &percent(answered.0, answered.1), "the answer", &until, ""], Look::Plain);
    for failure in &one.failures {
        let (requests, share) = (failure.share.requests, percent(failure.share.requests, failure.share.share));
        let cells = [&grouped(requests), &share, &sees(failure), &when(failure), &because(one, failure)];
        table.row(cells.map(String::as_str), Look::Red);
    }
    out.write_all(table.text(paint, width).as_bytes())
}

fn sees(failure: &Failure<'_>) -> String {
    match (failure.sees, failure.status) {
        ("truncated", Some(status)) => format!("{status}, then cut off"),
        ("left", _) => "nothing: has left".to_owned(),
        ("nothing", _) => "nothing, ever".to_owned(),
        (_, Some(status)) => status.to_string(),
        _ => failure.exception.unwrap_or("an error without a status").to_owned(),
    }
}

fn when(failure: &Failure<'_>) -> String {
    match (failure.from, failure.to) {
        (Some(from), Some(to)) if time(from) == time(to) => format!("after {}", time(to)),
        (Some(from), Some(to)) => format!("{} to {}", time(from), time(to)),
        _ => "never".to_owned(),
    }
}

fn because(one: &Simulation<'_>, failure: &Failure<'_>) -> String {
    match (failure.hop, &failure.because) {
        (Some(hop), Some(because)) => format!("{hop}: {because}"),
        (Some(hop), None) => format!("{hop}: a limit of its retries"),
        _ if failure.sees == "left" => "the user closed the page".to_owned(),
        _ => format!("{} failed by itself", one.hops.last().map_or("the last hop", |hop| hop.name)),
    }
}

fn all_times(one: &Simulation<'_>, paint: Paint, width: usize) -> String {
    let mut table =
        Table::new(["time until", "p50", "p90", "p95", "p99", "max"], [false, true, true, true, true, true]);
    for (name, times) in [
        ("the first byte", one.until_first_byte),
        ("the whole answer", one.until_answered),
        ("a failure is known", one.until_failed),
    ] {
        if let Some(Times { p50, p90, p95, p99, max }) = times {
            let cells = [p50, p90, p95, p99, max].map(time);
            table.row([name, &cells[0], &cells[1], &cells[2], &cells[3], &cells[4]], Look::Plain);
        }
    }
    table.text(paint, width)
}

fn calls(one: &Simulation<'_>, paint: Paint, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new(["hop", "calls per request", "most"], [false, true, true]);
    for hop in &one.hops {
        table.row([hop.name, &format!("{:.3}", hop.calls_per_request), &grouped(hop.most)], Look::Plain);
    }
    out.write_all(table.text(paint, width).as_bytes())?;
    let Provider { accepted, for_nobody, seconds, seconds_for_nobody, .. } = one.provider;
    writeln!(
        out,
        "  worked for nobody: {} of {} calls, {} of the provider's time",
        grouped(for_nobody),
        grouped(accepted),
        percent_of(seconds_for_nobody, seconds),
    )?;
    if let Some(tokens) = &one.tokens {
        writeln!(out, "  tokens: {}", said_tokens(tokens))?;
    }
    if let Some(Cost { total, for_nobody, with_caching }) = one.cost {
        let cached =
            with_caching.map_or(String::new(), |c| format!("; {} where every repeat is read from the cache", money(c)));
        writeln!(out, "  cost: {}, {} of it for nobody{cached}", money(total), money(for_nobody))?;
    }
    for note in &one.notes {
        writeln!(out, "  note: {note}")?;
    }
    Ok(())
}

fn said_tokens(tokens: &Tokens) -> String {
    let part = |name: &str, all: Option<u64>, lost: Option<u64>| {
        all.map(|all| format!("{} {name}, {} for nobody", grouped(all), grouped(lost.unwrap_or(0))))
    };
    let input = part("input", tokens.input, tokens.input_for_nobody);
    let output = part("output", tokens.output, tokens.output_for_nobody);
    input.into_iter().chain(output).collect::<Vec<_>>().join("; ")
}

fn compare(all: &[Simulation<'_>], paint: Paint, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let cost = if all.iter().any(|one| one.cost.is_some()) { "cost" } else { "" };
    let heads = ["", "answered", "answer p50", "answer p99", "failure p50", "calls each", "for nobody", cost];
    let mut table = Table::new(heads, [false, true, true, true, true, true, true, true]);
    for one in all {
        let times =
            |times: Option<Times>, which: fn(&Times) -> f64| times.as_ref().map_or("-".to_owned(), |t| time(which(t)));
        table.row(
            [
                one.label,
                &percent(one.answered.requests, one.answered.share),
                &times(one.until_answered, |t| t.p50),
                &times(one.until_answered, |t| t.p99),
                &times(one.until_failed, |t| t.p50),
                &format!("{:.3}", one.provider.calls_per_request),
                &percent_of(one.provider.seconds_for_nobody, one.provider.seconds),
                &one.cost.map_or(String::new(), |cost| money(cost.total)),
            ],
            Look::Plain,
        );
    }
    writeln!(out, "{}", paint.bold("side by side, the same requests:"))?;
    out.write_all(table.text(paint, width).as_bytes())?;
    for (what, value, least) in [
        ("most answers", (|s: &Simulation<'_>| Some(s.answered.share)) as fn(&Simulation<'_>) -> Option<f64>, false),
        ("failures known soonest", |s| s.until_failed.map(|t| t.p50), true),
        ("fewest calls of the provider", |s| Some(s.provider.calls_per_request), true),
        ("least work for nobody", |s| Some(s.provider.seconds_for_nobody), true),
    ] {
        if let Some(best) = best(all, value, least) {
            writeln!(out, "  {what}: {}", clean::line(best))?;
        }
    }
    Ok(())
}

/// The one that is alone in front.
fn best<'a>(all: &[Simulation<'a>], value: fn(&Simulation<'_>) -> Option<f64>, least: bool) -> Option<&'a str> {
    let mut ranked: Vec<(f64, &str)> = all.iter().filter_map(|one| Some((value(one)?, one.label))).collect();
    ranked.sort_by(|a, b| {
        let order = a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal);
        if least { order } else { order.reverse() }
    });
    let [first, second, ..] = ranked.as_slice() else { return None };
    ((first.0 - second.0).abs() > f64::EPSILON).then_some(first.1)
}

/// Three figures: `412ms`, `8.21s`, `61.3s`, `181s`.
fn time(seconds: f64) -> String {
    match seconds {
        s if s < 0.9995 => format!("{:.0}ms", s * 1e3),
        s if s < 9.995 => format!("{s:.2}s"),
        s if s < 99.95 => format!("{s:.1}s"),
        s => format!("{s:.0}s"),
    }
}

/// What is not all is not shown as all, what is not nothing not as nothing.
fn percent(part: u64, share: f64) -> String {
    match share * 100.0 {
        _ if part == 0 => "0 %".to_owned(),
        p if p < 0.01 => "<0.01 %".to_owned(),
        p if p > 99.99 && share < 1.0 => ">99.99 %".to_owned(),
        p if share < 1.0 => format!("{p:.2} %"),
        _ => "100 %".to_owned(),
    }
}

fn percent_of(part: f64, whole: f64) -> String {
    if part <= 0.0 || whole <= 0.0 { "0 %".to_owned() } else { percent(1, part / whole) }
}

fn money(amount: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is never negative")]
    let (whole, cents) = ((amount * 100.0).round() as u64 / 100, (amount * 100.0).round() as u64 % 100);
    if amount > 0.0 && amount < 1.0 { format!("{amount:.4}") } else { format!("{}.{cents:02}", grouped(whole)) }
}
