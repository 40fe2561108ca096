//! The chain for a terminal: a row for each hop, the margin to the next one between the rows, findings at their hop.

use crate::report::paint::Paint;
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
        Table::new(view, options).write(out)?;
    }
    Ok(())
}

struct Table<'a> {
    view: &'a View,
    paint: Paint,
    marks: &'static Marks,
    width: usize,
    /// Columns of the names, the times and the answers.
    names: usize,
    times: usize,
    answers: usize,
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

impl<'a> Table<'a> {
    fn new(view: &'a View, options: &Options) -> Self {
        let marks = if options.unicode { &UNICODE } else { &ASCII };
        let widest = |texts: &mut dyn Iterator<Item = String>| texts.map(|t| display_width(&t)).max().unwrap_or(0);
        let bars = || view.lanes.iter().flat_map(|lane| lane.bars.iter().map(move |bar| (lane, bar)));
        Self {
            view,
            paint: Paint { on: options.color },
            marks,
            width: options.width.max(40),
            names: widest(&mut view.hops.iter().map(|hop| clean::line(&hop.name).into_owned())).clamp(3, LONGEST_NAME),
            times: widest(&mut bars().map(|(_, bar)| time(bar))).max("gives up".len()),
            answers: widest(&mut bars().map(|(lane, bar)| answers(lane, bar, marks))),
        }
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
        self.rest(out)
    }

    fn lane(&self, lane: &Lane, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "  {}", self.paint.bold(&lane.title))?;
        let heads = self.row("hop", "gives up", if self.answers > 0 { "answers" } else { "" }, "set by");
        writeln!(out, "  {}", self.paint.dim(&heads))?;
        let findings_here = lane.which == Which::Wait;
        let shown: Vec<&Bar> = lane.bars.iter().filter(|bar| findings_here || bar.limit != Limit::Absent).collect();
        for (n, bar) in shown.iter().enumerate() {
            let last = n + 1 == shown.len();
            self.bar(lane, bar, out)?;
            let rail = if last { " " } else { self.marks.rail };
            if let Some(need) = bar.need.as_ref().filter(|need| need.fits == Some(Stands::Inverted)) {
                self.under(rail, Level::Error, &too_short(need), out)?;
            }
            if findings_here {
                self.findings(bar.hop, rail, out)?;
            }
            for margin in lane.margins.iter().filter(|margin| margin.outer == bar.hop) {
                let level = match margin.stands {
                    Stands::Kept => Level::Fine,
                    Stands::TooSmall => Level::Warning,
                    Stands::Inverted => Level::Error,
                };
                let far = shown.get(n + 1).is_none_or(|next| next.hop != margin.inner);
                let name = if far { format!(" from {}", self.view.hops[margin.inner].name) } else { String::new() };
                self.under(rail, level, &format!("{}{name}", margin.text), out)?;
            }
        }
        Ok(())
    }

    fn bar(&self, lane: &Lane, bar: &Bar, out: &mut dyn Write) -> io::Result<()> {
        let hop = &self.view.hops[bar.hop];
        let (name, time, answers) = (self.clip(&hop.name, self.names), time(bar), answers(lane, bar, self.marks));
        let before = self.names + self.times + 6 + if self.answers > 0 { self.answers + 2 } else { 0 };
        let from = self.clip(&self.from(bar), self.width.saturating_sub(before).max(12));
        let line = self.row(&name, &time, &answers, &from);
        let line = line.replacen(&name, &self.paint.bold(&name), 1);
        writeln!(out, "  {line}")
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

    fn findings(&self, hop: usize, rail: &str, out: &mut dyn Write) -> io::Result<()> {
        let (mut line, mut length) = (String::new(), 0);
        for (level, rule) in self.view.rules_at(hop) {
            let word = format!("{} {rule}", self.mark(level));
            if length > 0 && length + display_width(&word) + 8 > self.width {
                writeln!(out, "  {}   {line}", self.paint.dim(rail))?;
                (line, length) = (String::new(), 0);
            }
            line += &format!("{}{}", if length > 0 { "  " } else { "" }, self.colour(level, &word));
            length += display_width(&word) + 2;
        }
        if length > 0 {
            writeln!(out, "  {}   {line}", self.paint.dim(rail))?;
        }
        Ok(())
    }

    /// A line between two rows.
    fn under(&self, rail: &str, level: Level, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let text = self.clip(text, self.width.saturating_sub(8));
        let text = if level == Level::Fine { self.paint.dim(&text) } else { format!("{} {text}", self.mark(level)) };
        writeln!(out, "  {}   {}", self.paint.dim(rail), self.colour(level, &text))
    }

    /// What the length of the answer decides.
    fn spans(&self, out: &mut dyn Write) -> io::Result<()> {
        for sweep in self.view.sweeps.iter().filter(|sweep| sweep.stated) {
            writeln!(out, "\n  {}", self.paint.bold(&sweep.title))?;
            let widest = sweep.spans.iter().map(|span| display_width(&range(span))).max().unwrap_or(0);
            for span in &sweep.spans {
                let level = if span.seen == Seen::Answer { Level::Fine } else { Level::Error };
                let range = range(span);
                let pad = " ".repeat(widest - display_width(&range));
                let text = format!("{range}{pad}  {} {}", self.mark(level), clean::line(&span.text));
                let mut lines = self.fold(&text, widest + 4).into_iter();
                for line in lines.by_ref().take(1) {
                    writeln!(out, "  {}", self.colour(level, &line))?;
                }
                for line in lines {
                    writeln!(out, "  {line}")?;
                }
            }
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

    fn row(&self, name: &str, time: &str, answers: &str, from: &str) -> String {
        let pad = |text: &str, to: usize| " ".repeat(to.saturating_sub(display_width(text)));
        let (n, t) = (self.names, self.times);
        let head = format!("{name}{}  {}{time}", pad(name, n), pad(time, t));
        let head = match self.answers {
            0 => head,
            a => format!("{head}  {answers}{}", pad(answers, a)),
        };
        format!("{head}  {from}").trim_end().to_owned()
    }

    fn wrapped(&self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        self.fold(&clean::line(text), 2).iter().try_for_each(|line| writeln!(out, "  {line}"))
    }

    /// Lines that fit behind two blanks; all but the first stand further in.
    fn fold(&self, text: &str, indent: usize) -> Vec<String> {
        let further = " ".repeat(indent);
        let options = textwrap::Options::new(self.width - 2).subsequent_indent(&further).break_words(true);
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
