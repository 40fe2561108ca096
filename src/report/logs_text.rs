//! What logs told, for people: a head, a histogram with the cliffs marked, and a headline for each event.

use super::logs::{Kind, Log, Row, Told};
use super::paint::Paint;
use super::{Options, clean};
use std::io::{self, Write};

/// The head and the histogram.
pub(super) fn head(log: &Log<'_>, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint { on: options.color };
    let files = log.files.join(", ");
    let title = format!("{}: {}, {}", clean::line(&files), count(log.requests, "request"), log.format);
    writeln!(out, "{}", paint.bold(&title))?;
    if let (Some(first), Some(last)) = (&log.first, &log.last) {
        writeln!(out, "  {first} to {last}")?;
    }
    if log.failed > 0 {
        writeln!(out, "  {} failed or were cut ({})", number(log.failed), share(log.failed, log.requests))?;
    }
    for note in log.notes {
        wrapped("  note: ", note, options, out)?;
    }
    if log.unread > 0 {
        let verb = if log.unread == 1 { "is no request" } else { "are no requests" };
        writeln!(out, "  {} {verb} of this format; the first:", count(log.unread, "line"))?;
        for line in &log.first_unread {
            let text = format!("{}:{}: {}", line.file, line.line, line.text);
            let text = clean::line(&text).into_owned();
            writeln!(out, "    {}", cut(&text, options.width.saturating_sub(4)))?;
        }
    }
    if log.timed == 0 && log.requests > 0 {
        let why = "the lines say nothing about how long requests took, so there are no cliffs to see; nginx writes it with \
                   $request_time, Apache with %D (--log-format reads a format of your own)";
        return wrapped("  ", why, options, out);
    }
    writeln!(out)?;
    histogram(log, options, paint, out)?;
    if log.events.iter().all(|event| event.kind != Kind::Cliff) && log.timed > 0 {
        writeln!(out, "\nno cliff: no duration at which more requests end than their neighbours let one expect")?;
    }
    Ok(())
}

fn histogram(log: &Log<'_>, options: &Options, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let most = log.histogram.iter().map(|row| row.requests).max().unwrap_or(1).max(1);
    let names: Vec<String> = log.histogram.iter().map(range).collect();
    let counts: Vec<String> = log.histogram.iter().map(|row| number(row.requests)).collect();
    let widest = |texts: &[String]| texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let (name_width, count_width) = (widest(&names), widest(&counts));
    let marks: Vec<String> = log.histogram.iter().map(|row| mark(row, log)).collect();
    let room = options.width.saturating_sub(name_width + count_width + widest(&marks) + 8).clamp(8, 50);
    for (((row, name), count), mark) in log.histogram.iter().zip(&names).zip(&counts).zip(&marks) {
        let bar = bar(row.requests, most, room, options.unicode);
        let line = format!("  {name:>name_width$}  {count:>count_width$}  {bar}");
        if mark.is_empty() {
            writeln!(out, "{}", line.trim_end())?;
        } else {
            writeln!(out, "{line} {}", paint.yellow(mark))?;
        }
    }
    Ok(())
}

fn range(row: &Row) -> String {
    match &row.to {
        Some(to) => format!("{} to {to}", row.from),
        None => format!("{} or more", row.from),
    }
}

/// Which cliffs lie in a row.
fn mark(row: &Row, log: &Log<'_>) -> String {
    let one = |i: &usize| {
        let event = log.events.get(*i)?;
        Some(format!("{} at {}", what(event), event.from.as_deref().unwrap_or_default()))
    };
    let cliffs: Vec<String> = row.cliffs.iter().filter_map(one).collect();
    if cliffs.is_empty() { String::new() } else { format!("<- {}", clean::line(&cliffs.join(", "))) }
}

/// `504`, `504 UT`, `no status, CC`.
fn what(event: &Told<'_>) -> String {
    let status = event.status.map_or_else(|| "no status".to_owned(), |status| status.to_string());
    if event.flags.is_empty() { status } else { format!("{status} {}", event.flags) }
}

/// Eighths of a block.
const PARTS: [&str; 8] = ["", "\u{258f}", "\u{258e}", "\u{258d}", "\u{258c}", "\u{258b}", "\u{258a}", "\u{2589}"];

fn bar(count: u64, most: u64, room: usize, unicode: bool) -> String {
    if count == 0 {
        return String::new();
    }
    let eighths = usize::try_from(u128::from(count) * (room as u128) * 8 / u128::from(most)).unwrap_or(0).max(1);
    if !unicode {
        return "#".repeat(eighths.div_ceil(8));
    }
    "\u{2588}".repeat(eighths / 8) + PARTS[eighths % 8]
}

/// The headline of an event and what its requests have in common.
pub(super) fn event(
    number_: usize,
    log: &Log<'_>,
    event: &Told<'_>,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let paint = Paint { on: options.color };
    let requests = count(event.requests, "request");
    let share = share(event.requests, log.requests);
    let title = match event.kind {
        Kind::Cliff => {
            let (from, to) = (event.from.as_deref().unwrap_or_default(), event.to.as_deref().unwrap_or_default());
            let span = if from == to { from.to_owned() } else { format!("{from} to {to}") };
            format!("cliff {number_}: {requests} ({share}) ended with {} after {span}", what(event))
        }
        Kind::Failures => format!("{requests} ({share}) ended with {} at no common time", what(event)),
    };
    writeln!(out, "{}", paint.bold(&clean::line(&title)))?;
    let mut facts: Vec<String> = Vec::new();
    if let (Kind::Failures, Some(from), Some(to)) = (event.kind, &event.from, &event.to) {
        facts.push(if from == to { format!("after {from}") } else { format!("after {from} to {to}") });
    }
    if let Some(expected) = event.expected {
        facts.push(format!("{} would be usual", usual(expected)));
    }
    if let (Some(first), Some(last)) = (&event.first, &event.last) {
        facts.push(format!("first {first}, last {last}"));
    }
    match (event.attempts, &event.upstream) {
        (Some(1), Some(time)) => facts.push(format!("one attempt at the upstream, {time}")),
        (Some(n), Some(time)) => facts.push(format!("{n} attempts at upstreams, the longest {time}")),
        (Some(n), None) if n > 1 => facts.push(format!("{n} attempts at upstreams")),
        _ => {}
    }
    if event.unanswered {
        facts.push("no upstream answered".to_owned());
    }
    facts.extend(event.pattern.as_ref().map(|pattern| pattern.words.clone()));
    facts.extend(event.path.map(|path| format!("most for {path}")));
    facts.extend(event.agent.map(|agent| format!("most from {agent}")));
    wrapped("  ", &facts.join("; "), options, out)
}

fn usual(expected: f64) -> String {
    if expected < 1.0 { "less than one".to_owned() } else { format!("about {expected:.0}") }
}

fn wrapped(before: &str, text: &str, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let text = clean::line(text);
    let indent = " ".repeat(before.len());
    let wrap = textwrap::Options::new(options.width.max(40)).initial_indent(before).subsequent_indent(&indent);
    // A path is one word.
    let wrap = wrap.word_separator(textwrap::WordSeparator::AsciiSpace);
    for line in textwrap::wrap(&text, wrap) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(3)).chain("...".chars()).collect()
}

fn count(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{} {what}s", number(n)) }
}

/// With a comma between thousands.
fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn share(part: u64, whole: u64) -> String {
    let percent = part as f64 * 100.0 / whole.max(1) as f64;
    match percent {
        p if p >= 10.0 => format!("{p:.0} %"),
        p if p >= 0.1 => format!("{p:.1} %"),
        _ => format!("{percent:.3} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bars_are_for_people() {
        assert_eq!([1, 999, 1_000, 1_234_567].map(number), ["1", "999", "1,000", "1,234,567"]);
        assert_eq!([(1, 3), (1, 200), (1, 100_000)].map(|(a, b)| share(a, b)), ["33 %", "0.5 %", "0.001 %"]);
        assert_eq!(bar(0, 10, 8, true), "");
        assert_eq!(bar(1, 1_000_000, 8, true), "\u{258f}");
        assert_eq!(bar(5, 10, 8, true), "\u{2588}".repeat(4));
        assert_eq!(bar(1, 1_000_000, 8, false), "#");
        assert_eq!(bar(10, 10, 8, false), "########");
    }
}
