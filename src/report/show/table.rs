//! The chain for a terminal: a row for each hop, the margin to the next one between the rows, findings at their hop.

use crate::report::paint::Paint;
use crate::report::table::{Look, Table, in_words};
use crate::report::{Options, clean};
use crate::show::chain::{Bar, Lane, Level, Limit, Need, Seen, Source, Span, Stands, View, Which};
use std::borrow::Cow;
use std::io::{self, Write};
use textwrap::core::display_width;

pub(super) fn write(views: &[View], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for (i, view) in views.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        Sheet::new(view, options).write(out)?;
    }
    Ok(())
}

struct Sheet<'a> {
    view: &'a View,
    paint: Paint,
    marks: &'static Marks,
    width: usize,
}

/// What stands for a state, beside its colour.
struct Marks {
    error: &'static str,
    warning: &'static str,
    note: &'static str,
    fine: &'static str,
    rail: &'static str,
    more: &'static str,
    times: &'static str,
}

const UNICODE: Marks =
    Marks { error: "✗", warning: "▲", note: "·", fine: "✓", rail: "│", more: "…", times: "×" };
const ASCII: Marks = Marks { error: "x", warning: "!", note: "-", fine: "+", rail: "|", more: "~", times: "x" };

const LONGEST_NAME: usize = 20;

impl<'a> Sheet<'a> {
    fn new(view: &'a View, options: &Options) -> Self {
        let marks = if options.unicode { &UNICODE } else { &ASCII };
        Self { view, paint: Paint { on: options.color }, marks, width: options.width.max(40) }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let view = self.view;
        let at = view.location.as_ref().map(|at| clean::line(&at.line()).into_owned());
        let name = clean::line(&view.name);
        match at {
            // The name of a part of a chain is that of its file.
            Some(at) if !at.starts_with(&*name) => {
                writeln!(out, "{}  {}", self.paint.bold(&name), self.paint.dim(&at))?;
            }
            _ => writeln!(out, "{}", self.paint.bold(&name))?,
        }
        let work = view.workload.as_ref().map_or("no workload is known".to_owned(), |work| work.text.clone());
        self.wrapped(&format!("order {}, margin {}", view.order, view.margin), out)?;
        self.wrapped(&work, out)?;
        let verdict = format!("{} {}", self.mark(view.verdict.level), clean::line(&view.verdict.text));
        for line in self.fold(&verdict, 2) {
            writeln!(out, "  {}", self.colour(view.verdict.level, &line))?;
        }
        for lane in &view.lanes {
            writeln!(out)?;
            self.lane(lane, out)?;
        }
        self.spans(out)?;
        self.rest(out)?;
        view.notes.iter().try_for_each(|note| self.wrapped(&format!("note: {note}"), out))
    }

    fn lane(&self, lane: &Lane, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "  {}", self.paint.bold(&lane.title))?;
        let all = lane.which == Which::Wait;
        let shown: Vec<&Bar> = lane.bars.iter().filter(|bar| all || bar.limit != Limit::Absent).collect();
        let answers: Vec<String> = shown.iter().map(|bar| answers(lane, bar, self.marks)).collect();
        let head = if answers.iter().any(|text| !text.is_empty()) { "answers" } else { "" };
        let mut table = Table::new(["hop", "gives up", head, "set by"], [false, true, false, false]);
        for (n, (bar, answers)) in shown.iter().zip(&answers).enumerate() {
            let name = self.clip(&self.view.hops[bar.hop].name, LONGEST_NAME);
            table.row([&name, &time(bar), answers, &self.from(bar)], Look::Plain);
            let next = shown.get(n + 1).map(|next| next.hop);
            self.below(lane, bar, next).into_iter().for_each(|line| table.under(line));
        }
        out.write_all(table.text(self.paint, self.width).as_bytes())
    }

    /// What is wrong at a hop, and how far the next one is away.
    fn below(&self, lane: &Lane, bar: &Bar, next: Option<usize>) -> Vec<String> {
        let rail = if next.is_some() { self.marks.rail } else { " " };
        let mut lines: Vec<String> = Vec::new();
        if let Some(need) = bar.need.as_ref().filter(|need| need.fits == Some(Stands::Inverted)) {
            lines.push(self.under(Level::Error, &too_short(need)));
        }
        if lane.which == Which::Wait {
            lines.extend(self.findings(bar.hop));
        }
        for margin in lane.margins.iter().filter(|margin| margin.outer == bar.hop) {
            let level = match margin.stands {
                Stands::Kept => Level::Fine,
                Stands::TooSmall => Level::Warning,
                Stands::Inverted => Level::Error,
            };
            let far = next != Some(margin.inner);
            let name = if far { format!(" from {}", self.view.hops[margin.inner].name) } else { String::new() };
            lines.push(self.under(level, &format!("{}{name}", margin.text)));
        }
        lines.into_iter().map(|line| format!("{}   {line}", self.paint.dim(rail))).collect()
    }

    /// `timeout.read, declared :9`.
    fn from(&self, bar: &Bar) -> String {
        let Some(timer) = &bar.timer else { return clean::line(&bar.source_text).into_owned() };
        let own = self.view.location.as_ref().map(|at| at.file.as_str());
        let place = bar.location.as_ref().map_or(String::new(), |at| {
            if own == Some(at.file.as_str()) { format!(" :{}", at.line) } else { format!(" {}", at.line()) }
        });
        let open = match (&bar.depends_on, bar.maybe_unlimited) {
            (Some(facets), true) => format!(", or no limit: {facets}"),
            (Some(facets), false) => format!(", by {facets}"),
            (None, _) => String::new(),
        };
        let source = match (bar.limit, bar.source) {
            (Limit::Unknown, Source::Fixed) => "fixed",
            (_, source) => short(source),
        };
        clean::line(&format!("{timer}, {source}{open}{place}")).into_owned()
    }

    /// The rules that found something at a hop, in lines that fit.
    fn findings(&self, hop: usize) -> Vec<String> {
        let (mut lines, mut used): (Vec<String>, usize) = (Vec::new(), 0);
        for (level, rule) in self.view.rules_at(hop) {
            let word = format!("{} {rule}", self.mark(level));
            let painted = self.colour(level, &word);
            match lines.last_mut() {
                Some(line) if used + display_width(&word) + 8 <= self.width => *line += &format!("  {painted}"),
                _ => {
                    lines.push(painted);
                    used = 0;
                }
            }
            used += display_width(&word) + 2;
        }
        lines
    }

    /// A line between two rows.
    fn under(&self, level: Level, text: &str) -> String {
        let text = self.clip(text, self.width.saturating_sub(10));
        if level == Level::Fine {
            return self.paint.dim(&text);
        }
        self.colour(level, &format!("{} {text}", self.mark(level)))
    }

    /// What the length of the answer decides.
    fn spans(&self, out: &mut dyn Write) -> io::Result<()> {
        for sweep in self.view.sweeps.iter().filter(|sweep| sweep.stated) {
            writeln!(out)?;
            for line in self.fold(&sweep.title, 2) {
                writeln!(out, "  {}", self.paint.bold(&line))?;
            }
            let mut table = Table::new(["", ""], [false, false]);
            for span in &sweep.spans {
                let (level, look) =
                    if span.seen == Seen::Answer { (Level::Fine, Look::Plain) } else { (Level::Error, Look::Red) };
                table.row([&range(span), &format!("{} {}", self.mark(level), span.text)], look);
            }
            out.write_all(table.text(self.paint, self.width).as_bytes())?;
            for assumed in &sweep.assumed {
                writeln!(out, "  {}", self.paint.dim(&self.clip(&format!("taken: {assumed}"), self.width - 4)))?;
            }
        }
        Ok(())
    }

    /// Retries, and work for nobody.
    fn rest(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.view.repeats.is_empty() {
            writeln!(out, "\n  {}", self.paint.bold("Calls for one request"))?;
            for repeats in &self.view.repeats {
                let factors: Vec<String> = repeats
                    .factors
                    .iter()
                    .map(|f| format!("{} {} {}", self.view.hops[f.hop].name, self.marks.times, factor(f.times)))
                    .collect();
                let text = format!("{} after {}: {}", repeats.calls, repeats.failure, factors.join(", "));
                self.wrapped(&text, out)?;
            }
        }
        if !self.view.orphans.is_empty() {
            writeln!(out, "\n  {}", self.paint.bold("Work for nobody, where the answer never comes"))?;
            for orphan in &self.view.orphans {
                self.wrapped(&format!("{} {}", self.view.hops[orphan.hop].name, orphan.text), out)?;
            }
        }
        Ok(())
    }

    fn wrapped(&self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        self.fold(&clean::line(text), 2).iter().try_for_each(|line| writeln!(out, "  {line}"))
    }

    /// Lines that fit behind two blanks; all but the first stand further in.
    fn fold(&self, text: &str, indent: usize) -> Vec<String> {
        let further = " ".repeat(indent);
        let options = in_words(self.width - 2).subsequent_indent(&further);
        textwrap::wrap(text, options).into_iter().map(Cow::into_owned).collect()
    }

    fn clip(&self, text: &str, most: usize) -> String {
        let text = clean::line(text);
        if display_width(&text) <= most {
            return text.into_owned();
        }
        let mut kept = String::new();
        for c in text.chars() {
            if display_width(&kept) + display_width(c.encode_utf8(&mut [0; 4])) + 1 > most {
                break;
            }
            kept.push(c);
        }
        kept + self.marks.more
    }

    const fn mark(&self, level: Level) -> &'static str {
        match level {
            Level::Error => self.marks.error,
            Level::Warning => self.marks.warning,
            Level::Note => self.marks.note,
            Level::Fine => self.marks.fine,
        }
    }

    fn colour(&self, level: Level, text: &str) -> String {
        match level {
            Level::Error => self.paint.red(text),
            Level::Warning => self.paint.yellow(text),
            Level::Note | Level::Fine => text.to_owned(),
        }
    }
}

/// Where a value comes from, in a column.
pub(super) const fn short(source: Source) -> &'static str {
    match source {
        Source::Declared => "declared",
        Source::Deployed => "deployed",
        Source::Default => "default",
        Source::Fixed => "hard limit",
        Source::Claimed => "claimed",
        Source::Unseen => "not known",
    }
}

/// When a hop gives up, in a column.
pub(super) fn time(bar: &Bar) -> String {
    match (bar.limit, &bar.gives_up) {
        (Limit::Limited, Some(at)) => at.words(),
        (Limit::None, _) => "no limit".to_owned(),
        (Limit::Unknown, _) => "not known".to_owned(),
        _ => "-".to_owned(),
    }
}

/// When it answers, where that is later than when it gives up once.
fn answers(lane: &Lane, bar: &Bar, marks: &Marks) -> String {
    match &bar.answers {
        Some(answers) if bar.attempts > 1 && lane.which == Which::Wait => {
            format!("{}{} {}", marks.times, bar.attempts, answers.to.text)
        }
        _ => String::new(),
    }
}

fn too_short(need: &Need) -> String {
    let maybe = if need.certain { "" } else { " (if the headers come late)" };
    format!("the work takes up to {}{maybe}", need.at.text)
}

fn range(span: &Span) -> String {
    match &span.to {
        Some(to) => format!("under {}", to.text),
        None if span.from.seconds > 0.0 => format!("from {}", span.from.text),
        None => "any".to_owned(),
    }
}

pub(super) fn factor(times: f64) -> String {
    if (times - times.round()).abs() < 0.05 { format!("{times:.0}") } else { format!("{times:.1}") }
}
