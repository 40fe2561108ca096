//! Plans for people: a table for each chain, or the proof and the ways out.

use super::paint::Paint;
use super::plan::{At, Chain, Report, Said};
use super::summary::plural;
use super::table::{Look, Table};
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
                out.write_all(table(chain, paint, options.width).as_bytes())?;
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

fn table(chain: &Chain<'_>, paint: Paint, width: usize) -> String {
    let mut table = Table::new(HEADS, [false, false, true, true, false]);
    for value in &chain.values {
        let planned = if value.changed { &value.planned } else { "keep" };
        let look = if value.changed { Look::Bold } else { Look::Plain };
        table.row([value.hop, value.timer, &value.now, planned, &value.why], look);
    }
    table.text(paint, width)
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
