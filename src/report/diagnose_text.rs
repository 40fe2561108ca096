//! Diagnoses for people: what was seen, the suspects in full, best first, and what to look at where it is no timeout.

use super::diagnose::{FIT, Named, Other, Report, Seen, Told};
use super::paint::Paint;
use super::table::{Look, Table};
use super::{Options, clean, logs_text};
use std::io::{self, Write};

/// Suspects with all that is known of them; the others get a line.
const IN_FULL: usize = 3;
/// Lines of others, if they fit half as well as the best.
const IN_LINES: usize = 5;

pub(super) fn write(report: &Report<'_>, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { paint: Paint { on: options.color }, width: options.width, all: options.verbose };
    if !report.logs.is_empty() {
        return logs(report, &page, options, out);
    }
    if let Some(probe) = &report.probe {
        super::probe::text(probe, options, out)?;
        if !report.diagnoses.is_empty() {
            writeln!(out)?;
        }
    }
    for (i, told) in report.diagnoses.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        page.write(told, out)?;
    }
    Ok(())
}

/// Each log with what its events come from.
fn logs(report: &Report<'_>, page: &Page, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for (i, log) in report.logs.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        logs_text::head(log, options, out)?;
        for (i, event) in log.events.iter().enumerate() {
            writeln!(out)?;
            logs_text::event(i + 1, log, event, options, out)?;
            if let Some(told) = event.diagnosis.and_then(|at| report.diagnoses.get(at)) {
                page.write(told, out)?;
            }
        }
    }
    Ok(())
}

struct Page {
    paint: Paint,
    width: usize,
    all: bool,
}

impl Page {
    fn write(&self, told: &Told<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.lines("seen: ", &seen(&told.symptom), out)?;
        let poor = told.suspects.iter().all(|s| s.score < FIT);
        let far = told.suspects.iter().all(|s| s.score < FIT / 2);
        if poor {
            // What has an explanation needs no culprit.
            self.poor(told, out)?;
            self.elsewhere(&told.elsewhere, out)?;
        }
        if !self.all && self.alike(told, out)? {
            return self.after(told, poor, out);
        }
        let (full, rest) = self.split(&told.suspects, poor && (far || !told.elsewhere.is_empty()));
        for (i, suspect) in full.iter().enumerate() {
            self.suspect(i + 1, suspect, out)?;
        }
        let noise = (far && !told.hidden.is_empty()) || (poor && told.chains.is_empty());
        if !rest.is_empty() && !noise {
            let title = if full.is_empty() { "least unlikely of the timers:" } else { "also possible:" };
            writeln!(out, "\n{title}")?;
            out.write_all(self.list(rest, full.len()).as_bytes())?;
        }
        if !told.hidden.is_empty() {
            writeln!(out, "\n{}", self.paint.bold("Not named in the chain, but would fit:"))?;
            out.write_all(self.list(&told.hidden, 0).as_bytes())?;
            self.lines("  confirm: ", told.hidden[0].confirm, out)?;
        }
        self.after(told, poor, out)
    }

    /// What is told after the suspects.
    fn after(&self, told: &Told<'_>, poor: bool, out: &mut dyn Write) -> io::Result<()> {
        if !poor {
            self.elsewhere(&told.elsewhere, out)?;
        }
        if let Some(ask) =
            told.ask.filter(|_| !poor && (self.all || !told.chains.is_empty() || told.suspects.len() <= IN_FULL))
        {
            writeln!(out)?;
            self.lines("to tell the first two apart: ", ask, out)?;
        }
        if !told.fits {
            self.next(&told.symptom, out)?;
        }
        Ok(())
    }

    /// Many platforms have the same value: their names, where nothing tells them apart.
    fn alike(&self, told: &Told<'_>, out: &mut dyn Write) -> io::Result<bool> {
        let best = told.suspects.first().map_or(0, |s| s.score);
        let alike: Vec<&Named<'_>> = told.suspects.iter().filter(|s| s.score >= FIT && s.score + 20 >= best).collect();
        if !told.chains.is_empty() || alike.len() <= IN_FULL {
            return Ok(false);
        }
        let head = format!("{} settings fit equally well ({}):", alike.len(), percent(best));
        writeln!(out, "\n{}", self.paint.bold(&head))?;
        let mut table = Table::new(["", "", ""], [false, true, false]);
        for suspect in &alike {
            let value = suspect.value.as_deref().unwrap_or("not known");
            table.row([suspect.platform_name, value, suspect.native], Look::Plain);
        }
        out.write_all(table.text(self.paint, self.width).as_bytes())?;
        writeln!(out)?;
        let more = "name the chain (a chain file, or deployed configuration), or say more of what was seen: the body and the \
                    headers of the answer name the platform most often";
        self.lines("to tell them apart: ", more, out)?;
        Ok(true)
    }

    /// Why there is no culprit, in one sentence.
    fn poor(&self, told: &Told<'_>, out: &mut dyn Write) -> io::Result<()> {
        let what = match (&told.symptom.took, told.symptom.body.or(told.symptom.exception)) {
            (Some(took), Some(_)) => format!("ends at {took} with these words"),
            (Some(took), None) => format!("ends at {took} this way"),
            (None, _) => "looks like this".to_owned(),
        };
        let nothing = match told.chains {
            [] => "No timer that is known",
            [_] => "Nothing in the chain",
            _ => "Nothing in the chains",
        };
        let sentence = match told.hidden.first() {
            Some(hidden) => format!("{nothing} {what}; {} that the chain does not name would.", hidden.platform_name),
            None => format!("{nothing} {what}."),
        };
        writeln!(out)?;
        for line in textwrap::wrap(&clean::line(&sentence), self.width) {
            writeln!(out, "{}", self.paint.yellow(&line))?;
        }
        Ok(())
    }

    fn split<'t, 'a>(&self, suspects: &'t [Named<'a>], explained: bool) -> (&'t [Named<'a>], &'t [Named<'a>]) {
        let best = suspects.first().map_or(0, |s| s.score);
        let near = suspects.iter().take_while(|s| s.score * 2 >= best && s.score >= FIT / 2).count();
        let full = match (self.all, explained) {
            (true, _) => suspects.len(),
            (_, true) => 0,
            _ => near.clamp(1.min(suspects.len()), IN_FULL),
        };
        let best = suspects.first().map_or(0, |s| s.score);
        let (full, rest) = suspects.split_at(full);
        let lines = rest.iter().take_while(|s| s.score * 2 >= best).count().min(IN_LINES);
        (full, if self.all { rest } else { &rest[..lines] })
    }

    fn suspect(&self, number: usize, suspect: &Named<'_>, out: &mut dyn Write) -> io::Result<()> {
        let head = format!("{number}. {}", what(suspect));
        let fit = percent(suspect.score);
        let painted = match suspect.score {
            700.. => self.paint.green(&fit),
            FIT.. => self.paint.yellow(&fit),
            _ => self.paint.red(&fit),
        };
        writeln!(out, "\n{} {painted}", self.paint.bold(&head))?;
        if let Some(at) = &suspect.location {
            let chain = suspect.chain.map(|chain| format!(" (chain {chain})")).unwrap_or_default();
            let place = format!("   {}:{}:{}{chain}", at.file, at.line, at.column);
            writeln!(out, "{}", self.paint.dim(&clean::line(&place)))?;
        }
        let mut table = Table::new(["", "", ""], [false, false, false]);
        for fit in &suspect.fits {
            let (word, look) = match fit.score {
                850.. => ("fits", Look::Plain),
                500.. => ("maybe", Look::Plain),
                250.. => ("hardly", Look::Yellow),
                _ => ("no", Look::Red),
            };
            table.row([&format!(" {}", fit.aspect), word, fit.words], look);
        }
        out.write_all(table.text(self.paint, self.width).as_bytes())?;
        self.lines("   confirm: ", suspect.confirm, out)?;
        self.lines("   change:  ", suspect.change, out)?;
        match suspect.finding {
            Some(finding) => self.lines("   check:   ", finding, out),
            None => Ok(()),
        }
    }

    fn list(&self, suspects: &[Named<'_>], before: usize) -> String {
        let mut table = Table::new(["", "", ""], [false, false, false]);
        for (i, suspect) in suspects.iter().enumerate() {
            let weakest = suspect.fits.iter().min_by_key(|fit| fit.score);
            let why = weakest.filter(|fit| fit.score < 850).or(suspect.fits.first());
            let why = why.map(|fit| format!("{}: {}", fit.aspect, fit.words)).unwrap_or_default();
            let name = if before > 0 || suspect.chain.is_some() {
                format!("{}. {}", before + i + 1, what(suspect))
            } else {
                what(suspect)
            };
            table.row([&name, &percent(suspect.score), &why], Look::Plain);
        }
        table.text(self.paint, self.width)
    }

    fn elsewhere(&self, others: &[Other<'_>], out: &mut dyn Write) -> io::Result<()> {
        if others.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}", self.paint.bold("Perhaps no timeout at all:"))?;
        for other in others {
            self.lines(&format!("  {}: ", other.name), other.text, out)?;
            self.lines("    look at: ", other.look, out)?;
        }
        Ok(())
    }

    /// What to measure where nothing fits.
    fn next(&self, symptom: &Seen<'_>, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\nwhat to measure next:")?;
        if symptom.after.is_none() {
            self.lines(
                "  - ",
                "how long it takes, ten times over: a timer ends requests at one duration (--after)",
                out,
            )?;
        }
        if symptom.status.is_none() && symptom.exception.is_none() {
            self.lines("  - ", "the status, or the exception with its text (--status, --exception)", out)?;
        }
        if symptom.body.is_none() {
            self.lines(
                "  - ",
                "the body and the headers of the answer: `curl -sS -i --max-time 900 URL` (--body, --header)",
                out,
            )?;
        }
        self.lines(
            "  - ",
            "the same request from inside, hop by hop: the first hop past which it no longer happens did it",
            out,
        )
    }

    /// Text behind a label, wrapped under itself.
    fn lines(&self, label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let text = clean::line(text);
        let indent = " ".repeat(label.chars().count());
        let room = self.width.saturating_sub(indent.len()).max(30);
        for (i, line) in textwrap::wrap(&text, room).iter().enumerate() {
            let before = if i == 0 { self.paint.dim(label) } else { indent.clone() };
            writeln!(out, "{}", format!("{before}{line}").trim_end())?;
        }
        Ok(())
    }
}

fn what(suspect: &Named<'_>) -> String {
    let value = suspect.value.as_deref().unwrap_or("(value not known)");
    let closes = if suspect.kind == "idle-close" { " closes idle connections" } else { "" };
    let name = if suspect.chain.is_some() { suspect.hop } else { suspect.platform_name };
    let of = if suspect.chain.is_some() { format!(" ({})", suspect.provenance) } else { String::new() };
    clean::line(&format!("{name}{closes}: {} {value}{of}", suspect.native)).into_owned()
}

fn percent(score: u32) -> String {
    format!("{} %", score / 10)
}

/// One sentence of what was seen.
fn seen(symptom: &Seen<'_>) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(symptom.status.map(|status| status.to_string()));
    parts.extend(symptom.took.as_ref().map(|took| format!("after {took}")));
    match (symptom.mode, symptom.cut) {
        (_, true) => parts.push("an answer that began and broke off".to_owned()),
        (Some("streaming"), _) => parts.push("streaming".to_owned()),
        (Some(_), _) => parts.push("not streaming".to_owned()),
        (None, _) => {}
    }
    parts.extend(symptom.body.map(|body| format!("body `{}`", short(body))));
    parts.extend(symptom.headers.iter().map(|header| format!("`{}`", short(header))));
    parts.extend(symptom.exception.map(|text| format!("`{}`", short(text))));
    parts.extend(symptom.when.map(str::to_owned));
    parts.extend(symptom.at.map(|hop| format!("as {hop} wrote it down")));
    if parts.is_empty() { "nothing yet".to_owned() } else { parts.join(", ") }
}

/// The line of a text that says most: of a Python traceback the last, else the first with words that are no tags.
fn short(text: &str) -> String {
    const SHOWN: usize = 70;
    let mut lines: Vec<String> = text.lines().map(untagged).filter(|line| says_something(line)).collect();
    if text.trim_start().starts_with("Traceback") {
        lines.reverse();
    }
    let line = lines.into_iter().next().unwrap_or_else(|| text.trim().to_owned());
    let cut: String = line.chars().take(SHOWN).collect();
    if cut.len() < line.len() { format!("{cut}...") } else { cut }
}

fn untagged(line: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in line.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            _ if !inside => out.push(c),
            _ => {}
        }
    }
    out.trim().to_owned()
}

fn says_something(line: &str) -> bool {
    line.chars().filter(|c| c.is_alphanumeric()).count() >= 3
}
