//! Plans for people: a table for each chain, or the proof and the ways out.

use super::plan::{At, Chain, Report, Said};
use super::summary::plural;
use super::{Options, clean};
use std::io::{self, Write};

const HEADS: [&str; 5] = ["hop", "timer", "now", "planned", "why"];

pub(super) fn write(report: &Report<'_>, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint { on: options.color };
    for file in &report.files {
        for problem in &file.problems {
            writeln!(out, "{}: {}: {}", place(problem, file.path), paint.red("error"), clean::line(&problem.text))?;
        }
        for chain in &file.chains {
            let name = format!("{}: {}", clean::line(file.path), clean::line(chain.name));
            let how = format!("order {}, margin {}", chain.order, chain.margin);
            if chain.feasible {
                writeln!(out, "{} ({how}): {}", paint.bold(&name), verdict(chain))?;
                table(chain, paint, out)?;
            } else {
                writeln!(out, "{} ({how}): {}", paint.bold(&name), paint.red("no values can work"))?;
                argument(chain, file.path, out)?;
            }
            for note in &chain.notes {
                writeln!(out, "  note: {}", clean::line(note))?;
            }
            writeln!(out)?;
        }
        if !file.problems.is_empty() {
            writeln!(out, "{}: nothing is written before its errors are repaired", clean::line(file.path))?;
        }
        if file.rounds > 1 {
            let name = clean::line(file.path);
            writeln!(
                out,
                "{name}: note: hops that had no certain limit have one then; --write adjusts the rest to it"
            )?;
        }
    }
    let summary = &report.summary;
    let of = format!("{} in {}", plural(summary.chains, "chain"), plural(summary.files, "file"));
    let mut line = match summary.changes {
        0 if summary.infeasible == 0 => format!("nothing to change: {of}"),
        n => format!("{} to make: {of}", plural(n, "change")),
    };
    if summary.infeasible > 0 {
        line += &format!("; {} without a plan", plural(summary.infeasible, "chain"));
    }
    writeln!(out, "{line}")
}

fn verdict(chain: &Chain<'_>) -> String {
    let timers = chain.values.iter().filter(|value| value.timer != "-").count();
    match chain.values.iter().filter(|value| value.changed).count() {
        0 => "all values agree".to_owned(),
        n => format!("{n} of {} change", plural(timers, "value")),
    }
}

fn table(chain: &Chain<'_>, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 5]> = chain
        .values
        .iter()
        .map(|value| {
            let planned = if value.changed { value.planned.clone() } else { "keep".to_owned() };
            [value.hop, value.timer, &value.now, &planned, &value.why].map(|cell| clean::line(cell).into_owned())
        })
        .collect();
    let widest = |i: usize| rows.iter().map(|row| row[i].chars().count()).chain([HEADS[i].len()]).max().unwrap_or(0);
    let widths = [widest(0), widest(1), widest(2), widest(3)];
    let line = |cells: [&str; 5]| {
        let [hop, timer, now, planned, why] = cells;
        let [hops, timers, nows, plans] = widths;
        format!("  {hop:hops$}  {timer:timers$}  {now:>nows$}  {planned:>plans$}  {why}").trim_end().to_owned()
    };
    if !rows.is_empty() {
        writeln!(out, "{}", paint.dim(&line(HEADS)))?;
    }
    for (row, value) in rows.iter().zip(&chain.values) {
        let text = line(row.each_ref().map(String::as_str));
        writeln!(out, "{}", if value.changed { paint.bold(&text) } else { text })?;
    }
    Ok(())
}

fn argument(chain: &Chain<'_>, file: &str, out: &mut dyn Write) -> io::Result<()> {
    if let Some(proof) = &chain.proof {
        for said in [&proof.from].into_iter().chain(&proof.steps).chain([&proof.to]) {
            writeln!(out, "  {}  [{}]", clean::line(&said.text), place(said, file))?;
        }
    }
    if !chain.ways_out.is_empty() {
        writeln!(out, "  ways out, each of them solved again:")?;
    }
    for (i, way) in chain.ways_out.iter().enumerate() {
        writeln!(out, "    {}. {}", i + 1, clean::line(way.text))?;
    }
    Ok(())
}

fn place(said: &Said<'_>, file: &str) -> String {
    match &said.location {
        Some(At { file, line, column, .. }) => clean::line(&format!("{file}:{line}:{column}")).into_owned(),
        None => clean::line(file).into_owned(),
    }
}

#[derive(Clone, Copy)]
struct Paint {
    on: bool,
}

impl Paint {
    fn code(self, code: &str, text: &str) -> String {
        if self.on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.code("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.code("2", text)
    }

    fn red(self, text: &str) -> String {
        self.code("31", text)
    }
}
