//! Which format a log has: the one that reads most of its first lines.

use super::field::Field;
use super::names::Sample;
use super::tail::{self, Tail};
use super::value::Unit;
use super::{Format, Record, Shape, json, known};

/// A format that fits, and how well.
#[derive(Clone, Debug)]
pub struct Detected {
    pub format: Format,
    /// Of the lines of the sample.
    pub read: usize,
    pub of: usize,
}

/// What the user says about a log.
#[derive(Clone, Debug, Default)]
pub struct Wish<'w> {
    /// A name of [`known::names`].
    pub name: Option<&'w str>,
    /// Formats that the user or a configuration gives; they come first.
    pub given: &'w [Format],
    pub unit: Option<Unit>,
}

/// The format that reads most of the lines; nothing where none reads any.
pub fn detect(lines: &[&str], wish: &Wish<'_>) -> Option<Detected> {
    let lines: Vec<&str> =
        lines.iter().copied().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).collect();
    let wanted = |format: &Format| wish.name.is_none_or(|name| name == format.name);
    let computed = [json_lines(&lines, wish.unit), Some(error_log()), logfmt(&lines, wish.unit)];
    let candidates = wish
        .given
        .iter()
        .cloned()
        .chain(known::closed())
        .chain(known::open().map(|format| extended(format, &lines, wish.unit)))
        .chain(computed.into_iter().flatten())
        .filter(|format| wanted(format) || wish.name == Some("json") && matches!(format.shape, Shape::Json(_)));
    let mut best: Option<Detected> = None;
    for format in candidates {
        let read = lines.iter().filter(|line| format.read(line).is_some()).count();
        if read > best.as_ref().map_or(0, |best| best.read) {
            best = Some(Detected { format, read, of: lines.len() });
        }
    }
    best
}

/// A format whose lines go on, with what their ends mean.
fn extended(format: Format, lines: &[&str], unit: Option<Unit>) -> Format {
    let Shape::Line(pattern) = &format.shape else { return format };
    let ends: Vec<&str> = lines
        .iter()
        .filter_map(|line| pattern.read(line, &mut Record::default()))
        .filter(|rest| !rest.trim().is_empty())
        .collect();
    if ends.is_empty() {
        return format;
    }
    let (tail, notes) = Tail::guess(&ends, unit);
    // Fractions of seconds at the end are what nginx writes.
    let platform = tail.has(|field| matches!(field, Field::Duration(Unit::Seconds))).then_some("nginx");
    Format { platform, shape: Shape::Tail(pattern.clone(), tail), notes, ..format }
}

fn json_lines(lines: &[&str], unit: Option<Unit>) -> Option<Format> {
    let mut sample = Sample::default();
    for line in lines {
        json::leaves(line, &mut |path, raw| {
            if raw != "null" {
                sample.add(path, &json::text(raw));
            }
        });
    }
    let (keys, tool, notes) = sample.keys(unit);
    let name = tool.map_or("json", |tool| tool.name).to_owned();
    let platform = tool.and_then(|tool| tool.platform);
    (keys != super::names::Keys::default()).then_some(Format { name, platform, shape: Shape::Json(keys), notes })
}

fn logfmt(lines: &[&str], unit: Option<Unit>) -> Option<Format> {
    let (keys, tool, notes) = tail::pairs(lines, unit)?;
    let name = tool.map_or("logfmt", |tool| tool.name).to_owned();
    let platform = tool.and_then(|tool| tool.platform);
    Some(Format { name, platform, shape: Shape::Logfmt(keys), notes })
}

fn error_log() -> Format {
    let (name, platform) = ("nginx-error".to_owned(), Some("nginx"));
    Format { name, platform, shape: Shape::NginxError, notes: Vec::new() }
}
