//! One lane: an axis, the work as a band, a row for each hop, and between the rows how far apart two of them are.

use super::ink::{Anchor, Ink, clip, number, width};
use super::scale::Scale;
use super::{Canvas, Layout, sign, word};
use crate::report::show::table::time;
use crate::show::chain::{Bar, Lane, Level, Limit, Margin, Source, Stands, View, Which};

/// What was drawn, for the legend.
#[derive(Default)]
pub struct Drawn {
    pub sources: Vec<Source>,
    pub again: bool,
    pub endless: bool,
    pub unknown: bool,
    pub soft: bool,
    pub broken: bool,
    pub work: bool,
    pub short: bool,
    pub orphan: bool,
    pub margins: bool,
    pub one_program: bool,
}

const BAR: f64 = 16.0;
const VALUE: f64 = 13.0;
const SMALL: f64 = 12.0;
const TAG: f64 = 11.5;

/// Draws from `top` on; gives back where it ends.
pub fn draw(view: &View, lane: &Lane, canvas: Canvas<'_>, top: f64, ink: &mut Ink, drawn: &mut Drawn) -> f64 {
    let layout = canvas.layout;
    let rows: Vec<&Bar> =
        lane.bars.iter().filter(|bar| lane.which == Which::Wait || bar.limit != Limit::Absent).collect();
    let narrow = layout == Layout::Narrow;
    let values = rows.iter().map(|bar| width(&value(bar, narrow).0, VALUE, true)).fold(40.0_f64, f64::max);
    // On a phone a long value goes on into the margin of the bar's own line.
    let most = if narrow { 96.0 } else { 210.0 };
    let scale = Scale::new(times(view, lane), layout.left(), layout.right() - values.min(most) - 16.0);
    let mut drawing = Drawing { view, lane, canvas, scale, drawn, ink: Ink::default() };

    ink.words("lane", (layout.edge(), top + 24.0), Anchor::Start, &[("", &lane.title)]);
    let (band, start) = (top + 40.0, top + 72.0);
    let mut y = start;
    let mut placed: Vec<(usize, f64)> = Vec::new();
    for (n, bar) in rows.iter().enumerate() {
        placed.push((bar.hop, y));
        let end = drawing.row(bar, y);
        let next = rows.get(n + 1);
        y = end + drawing.between(bar, next.map(|next| next.hop), &placed, end);
    }
    let bottom = y;
    ink.open(
        "g",
        "plot",
        &[
            ("data-lane", lane_name(lane.which)),
            ("data-left", &number(scale.left)),
            ("data-right", &number(scale.right)),
            ("data-knee", &scale.knee.to_string()),
            ("data-longest", &scale.longest.to_string()),
        ],
    );
    drawing.ground(&rows, &placed, (band, start, bottom), ink);
    ink.text += &drawing.ink.text;
    ink.line("now", (scale.left, band + 22.0), (scale.left, bottom));
    ink.close("g");
    bottom + 8.0
}

pub const fn lane_name(which: Which) -> &'static str {
    match which {
        Which::Wait => "wait",
        Which::Gap => "gap",
        Which::StreamTotal => "stream-total",
        Which::Upload => "upload",
    }
}

/// Every time that has to have a place on the axis.
fn times<'a>(view: &'a View, lane: &'a Lane) -> impl Iterator<Item = f64> + 'a {
    let of_bar = |bar: &'a Bar| {
        let ends = [&bar.gives_up, &bar.answers].into_iter().flatten().flat_map(|at| [at.from.seconds, at.to.seconds]);
        ends.chain(bar.need.as_ref().map(|need| need.at.seconds))
    };
    let margins = lane.margins.iter().flat_map(|m| [m.outer_at.seconds, m.inner_at.seconds]);
    let orphans = view.orphans.iter().filter(|_| lane.which == Which::Wait);
    let orphans = orphans.flat_map(|o| [Some(o.from.seconds), o.until.as_ref().map(|until| until.seconds)]).flatten();
    lane.bars.iter().flat_map(of_bar).chain(margins).chain(orphans)
}

/// What stands at the end of a bar, and how much it is too short.
fn value(bar: &Bar, narrow: bool) -> (String, String) {
    let text = match &bar.answers {
        Some(_) if bar.attempts > 1 && narrow => format!("{} ×{}", time(bar), bar.attempts),
        Some(answers) if bar.attempts > 1 => format!("{} ×{} = {}", time(bar), bar.attempts, answers.to.text),
        _ => time(bar),
    };
    let text = if text == "-" { String::new() } else { text };
    let missing = bar.need.as_ref().filter(|need| need.fits == Some(Stands::Inverted)).zip(bar.gives_up.as_ref());
    let short = match missing {
        Some(_) if narrow => "too short".to_owned(),
        Some((need, _)) => format!("shorter than the work ({})", need.at.text),
        None => String::new(),
    };
    (text, short)
}

struct Drawing<'a, 'd> {
    view: &'a View,
    lane: &'a Lane,
    canvas: Canvas<'a>,
    scale: Scale,
    drawn: &'d mut Drawn,
    ink: Ink,
}

impl Drawing<'_, '_> {
    const fn layout(&self) -> Layout {
        self.canvas.layout
    }

    /// Axis, grid and the band of the work, behind everything.
    fn ground(
        &mut self,
        rows: &[&Bar],
        placed: &[(usize, f64)],
        (band, start, bottom): (f64, f64, f64),
        ink: &mut Ink,
    ) {
        let scale = self.scale;
        let ends = placed.iter().skip(1).map(|(_, y)| *y).chain([bottom]);
        let mut longest: Option<(f64, String)> = None;
        for ((bar, (_, y)), end) in rows.iter().zip(placed).zip(ends) {
            let Some(need) = &bar.need else { continue };
            self.drawn.work = true;
            let (x, from) = (scale.x(need.at.seconds), if *y > start { *y } else { band + 24.0 });
            ink.rect("work", (scale.left, from), (x - scale.left, end - from), 0.0);
            ink.line("work-end", (x, from), (x, end));
            if longest.as_ref().is_none_or(|(seconds, _)| need.at.seconds > *seconds) {
                longest = Some((need.at.seconds, need.at.text.clone()));
            }
        }
        for (x, name) in scale.ticks(if self.layout() == Layout::Wide { 44.0 } else { 38.0 }) {
            ink.line("grid", (x, band + 24.0), (x, bottom));
            ink.words("tick", (x, band + 18.0), Anchor::Middle, &[("", name)]);
        }
        if let Some((seconds, text)) = longest {
            let (x, text) = (scale.x(seconds), format!("the work: up to {text}"));
            let fits = x - width(&text, SMALL, true) >= self.layout().edge();
            let (at, anchor) = if fits { (x, Anchor::End) } else { (scale.left, Anchor::Start) };
            ink.words("work-text", (at, band + 4.0), anchor, &[("", &text)]);
        }
    }

    /// One hop; gives back where its row ends.
    fn row(&mut self, bar: &Bar, y: f64) -> f64 {
        let (layout, scale) = (self.layout(), self.scale);
        let hop = &self.view.hops[bar.hop];
        let tags = self.tags(bar);
        let top = y + if layout == Layout::Wide { 6.0 } else { 24.0 };
        let middle = top + BAR / 2.0;
        let end = Self::end_of_row(top, &tags);
        self.ink.open("g", "hop", &[("data-hop", &bar.hop.to_string())]);
        self.ink.title(&self.about(bar));
        self.ink.rect("row", (4.0, y - 3.0), (layout.width() - 8.0, end - y + 6.0), 6.0);
        if layout == Layout::Wide {
            let room = layout.left() - layout.edge() - 18.0;
            self.ink.words(
                "hop-name",
                (layout.edge(), top + 13.0),
                Anchor::Start,
                &[("", &clip(&hop.name, room, 14.0, true))],
            );
            let platform = clip(&hop.platform_name, room, SMALL, false);
            self.ink.words("muted", (layout.edge(), top + 31.0), Anchor::Start, &[("", &platform)]);
        } else {
            let room = layout.right() - layout.edge();
            let name = clip(&hop.name, room * 0.62, 14.0, true);
            let after = width(&name, 14.0, true) + 8.0;
            let platform = clip(&hop.platform_name, room - after, SMALL, false);
            self.ink.words("hop-name", (layout.edge(), y + 14.0), Anchor::Start, &[("", &name)]);
            if room - after > 40.0 {
                self.ink.words("muted", (layout.edge() + after, y + 14.0), Anchor::Start, &[("", &platform)]);
            }
        }
        let mut right = self.bar(bar, top);
        if let Some(need) = bar.need.as_ref().filter(|need| need.fits == Some(Stands::Inverted)) {
            self.drawn.short = true;
            let (from, to) = (right, scale.x(need.at.seconds));
            let fill = format!("url(#{}-short)", self.canvas.id);
            let at = [from, top + 2.0, to - from, BAR - 4.0].map(number);
            if to > from {
                let [x, y, width, height] = at.each_ref().map(String::as_str);
                let place = [("x", x), ("y", y), ("width", width), ("height", height), ("fill", &fill)];
                self.ink.empty("rect", "short", &place);
            }
            right = right.max(to);
        }
        right = right.max(self.orphan(bar, top));
        self.cap(bar, middle);
        self.value(bar, right, middle);
        self.ink.words("muted", (scale.left, top + BAR + 15.0), Anchor::Start, &[("", &self.said(bar))]);
        self.draw_tags(&tags, top + BAR + 22.0);
        self.ink.close("g");
        end
    }

    fn end_of_row(top: f64, tags: &[Vec<Tag>]) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
        let lines = tags.len() as f64;
        top + BAR + 22.0 + lines * 22.0
    }

    /// The bar itself; gives back where it ends.
    fn bar(&mut self, bar: &Bar, top: f64) -> f64 {
        let (scale, middle) = (self.scale, top + BAR / 2.0);
        let (Some(gives_up), Some(answers)) = (&bar.gives_up, &bar.answers) else {
            match bar.limit {
                Limit::None => self.endless(scale.left, top),
                Limit::Unknown => {
                    self.drawn.unknown = true;
                    self.ink.rect("unknown", (scale.left, top + 1.0), (scale.right - scale.left, BAR - 2.0), 3.0);
                }
                _ => {
                    self.ink.line("absent", (scale.left, middle), (scale.right, middle));
                    return scale.left;
                }
            }
            return scale.right;
        };
        let (from, to, end) =
            (scale.x(gives_up.from.seconds), scale.x(gives_up.to.seconds), scale.x(answers.to.seconds));
        self.ink.rect("bar", (scale.left, top), (from - scale.left, BAR), 3.0);
        if bar.maybe_unlimited {
            self.endless(from, top);
            return scale.right;
        }
        if to - from >= 1.0 {
            self.drawn.soft = true;
            let fill = format!("url(#{}-soft)", self.canvas.id);
            let at = [from, top, to - from, BAR].map(number);
            let [x, y, width, height] = at.each_ref().map(String::as_str);
            self.ink.empty("rect", "", &[("x", x), ("y", y), ("width", width), ("height", height), ("fill", &fill)]);
        }
        if bar.attempts > 1 && end > to {
            self.drawn.again = true;
            let next = bar.starts.iter().skip(1).map(|at| scale.x(at.seconds)).filter(|x| *x < end);
            let starts: Vec<f64> = next.collect();
            for (n, start) in starts.iter().enumerate() {
                let stop = starts.get(n + 1).copied().unwrap_or(end);
                self.ink.rect("again", (start.max(to) + 1.5, top), ((stop - start.max(to) - 1.5).max(0.8), BAR), 2.0);
            }
        }
        if scale.is_beyond(answers.to.seconds) {
            self.broken(top);
        }
        end.max(to)
    }

    /// The sign that a bar goes on far beyond the axis.
    fn broken(&mut self, top: f64) {
        self.drawn.broken = true;
        let x = self.scale.right - 22.0;
        let [left, right, above, below] = [x, x + 6.0, top - 2.0, top + BAR + 2.0].map(number);
        let [next_left, next_right] = [x + 5.0, x + 11.0].map(number);
        self.ink.path("break", &format!("M{left} {below} L{right} {above} M{next_left} {below} L{next_right} {above}"));
    }

    /// A bar without an end.
    fn endless(&mut self, from: f64, top: f64) {
        self.drawn.endless = true;
        let (right, tip) = (self.scale.right, 12.0);
        self.ink.rect("endless", (from, top), (right - tip - from, BAR), 3.0);
        let [x, end, above, below, middle] =
            [right - tip, right, top - 2.0, top + BAR + 2.0, top + BAR / 2.0].map(number);
        self.ink.path("endless-tip", &format!("M{x} {above} L{end} {middle} L{x} {below} Z"));
    }

    /// Where the value comes from, as a shape at its end.
    fn cap(&mut self, bar: &Bar, middle: f64) {
        let Some(at) = &bar.gives_up else { return };
        if !self.drawn.sources.contains(&bar.source) {
            self.drawn.sources.push(bar.source);
        }
        cap(bar.source, (self.scale.x(at.from.seconds), middle), &mut self.ink);
    }

    /// Work that goes on for nobody, over the bar; gives back where it ends.
    fn orphan(&mut self, bar: &Bar, top: f64) -> f64 {
        let mut right = 0.0_f64;
        for orphan in self.view.orphans.iter().filter(|o| self.lane.which == Which::Wait && o.hop == bar.hop) {
            self.drawn.orphan = true;
            let from = self.scale.x(orphan.from.seconds);
            let to = orphan.until.as_ref().map_or(self.scale.right, |until| self.scale.x(until.seconds));
            let fill = format!("url(#{}-orphan)", self.canvas.id);
            let at = [from, top + 3.0, (to - from).max(3.0), BAR - 6.0].map(number);
            let [x, y, width, height] = at.each_ref().map(String::as_str);
            self.ink.empty(
                "rect",
                "orphan",
                &[("x", x), ("y", y), ("width", width), ("height", height), ("fill", &fill)],
            );
            right = right.max(to);
        }
        right
    }

    /// The time at the end of the bar, where there is room for it.
    fn value(&mut self, bar: &Bar, right: f64, middle: f64) {
        let (text, short) = value(bar, self.layout() == Layout::Narrow);
        let room = self.layout().right() - right - 10.0;
        let both = width(&format!("{text} "), VALUE, true) + width(&short, SMALL, false);
        let short = if both <= room && !short.is_empty() { format!("  {short}") } else { String::new() };
        let text = clip(&text, room, VALUE, true);
        let pieces = [("", text.as_str()), ("error short-text", short.as_str())];
        self.ink.words("value halo", (right + 9.0, middle + 4.5), Anchor::Start, &pieces);
    }

    /// Timer and source, under the bar.
    fn said(&self, bar: &Bar) -> String {
        let mut parts: Vec<String> = bar.timer.iter().cloned().collect();
        parts.push(bar.source_text.clone());
        if bar.maybe_unlimited {
            parts.push("or no limit".to_owned());
        }
        parts.extend(bar.depends_on.as_ref().map(|facets| format!("depends on {facets}")));
        let own = self.view.location.as_ref().map(|at| at.file.as_str());
        parts.extend(bar.location.as_ref().map(|at| match at.file.rsplit('/').next() {
            _ if own == Some(at.file.as_str()) => format!("line {}", at.line),
            Some(name) => format!("{name}:{}", at.line),
            None => at.line(),
        }));
        clip(&parts.join(" · "), self.layout().right() - self.scale.left, SMALL, false)
    }

    /// For the pointer: everything, with whole names.
    fn about(&self, bar: &Bar) -> String {
        let hop = &self.view.hops[bar.hop];
        let mut said = vec![format!("{} ({})", hop.name, hop.platform_name)];
        let (time, _) = value(bar, false);
        if !time.is_empty() {
            said.push(format!("{}: {time}", self.lane.title));
        }
        said.push(bar.timer.iter().chain([&bar.source_text]).cloned().collect::<Vec<_>>().join(", "));
        said.extend(bar.location.as_ref().map(crate::show::chain::At::line));
        let findings = self.view.findings.iter().filter(|f| f.hop == Some(bar.hop));
        said.extend(findings.map(|f| format!("{}: {}", f.rule, f.message)));
        said.join("\n")
    }

    /// Findings and orphaned work of a hop in lines that fit.
    fn tags(&self, bar: &Bar) -> Vec<Vec<Tag>> {
        if self.lane.which != Which::Wait {
            return Vec::new();
        }
        let rules = self.view.rules_at(bar.hop).into_iter();
        let mut tags: Vec<Tag> =
            rules.map(|(level, rule)| Tag { level, class: word(level), text: rule.to_owned() }).collect();
        let room = self.layout().right() - self.scale.left;
        for orphan in self.view.orphans.iter().filter(|o| o.hop == bar.hop) {
            let text = match (self.layout(), &orphan.until) {
                (Layout::Wide, _) => orphan.text.clone(),
                (Layout::Narrow, Some(until)) => format!("for nobody, {} to {}", orphan.from.text, until.text),
                (Layout::Narrow, None) => format!("for nobody, from {} on", orphan.from.text),
            };
            let text = clip(&text, room - 34.0, TAG, true);
            tags.push(Tag { level: Level::Warning, class: "orphan-tag", text });
        }
        let mut lines: Vec<Vec<Tag>> = Vec::new();
        let mut used = 0.0;
        for tag in tags {
            let wide = tag.width() + 6.0;
            if lines.is_empty() || used + wide > room {
                lines.push(Vec::new());
                used = 0.0;
            }
            used += wide;
            if let Some(line) = lines.last_mut() {
                line.push(tag);
            }
        }
        lines
    }

    fn draw_tags(&mut self, lines: &[Vec<Tag>], top: f64) {
        let mut y = top;
        for line in lines {
            let mut x = self.scale.left;
            for tag in line {
                self.ink.rect(&format!("tag {}", tag.class), (x, y), (tag.width(), 18.0), 9.0);
                sign(tag.level, (x + 12.0, y + 9.0), 4.2, &mut self.ink);
                let class = format!("tag-text {}", word(tag.level));
                self.ink.words(&class, (x + 21.0, y + 13.0), Anchor::Start, &[("", &tag.text)]);
                x += tag.width() + 6.0;
            }
            y += 22.0;
        }
    }

    /// The margins that end at the next row, and the sign that two hops are one program; gives back the height.
    fn between(&mut self, bar: &Bar, next: Option<usize>, placed: &[(usize, f64)], top: f64) -> f64 {
        let Some(next) = next else { return 6.0 };
        let ending: Vec<&Margin> = self.lane.margins.iter().filter(|m| m.inner == next).collect();
        let one_program = self.view.hops[bar.hop].same_process && next == bar.hop + 1;
        if one_program {
            self.drawn.one_program = true;
            let x = self.layout().edge() - 10.0;
            let above = placed.last().map_or(top, |(_, y)| *y) + 12.0;
            let d = format!(
                "M{} {} H{} V{} H{}",
                number(x + 5.0),
                number(above),
                number(x),
                number(top + 24.0),
                number(x + 5.0)
            );
            self.ink.path("one-program", &d);
        }
        let mut y = top;
        for margin in ending {
            self.drawn.margins = true;
            self.margin(margin, y + 13.0, placed);
            y += 26.0;
        }
        if y > top { y - top } else { 14.0 }
    }

    /// Like a dimension in a drawing: from the time of the one to the time of the other.
    fn margin(&mut self, margin: &Margin, y: f64, placed: &[(usize, f64)]) {
        let (a, b) = (self.scale.x(margin.outer_at.seconds), self.scale.x(margin.inner_at.seconds));
        let (from, to) = (a.min(b), a.max(b));
        let level = match margin.stands {
            Stands::Kept => Level::Fine,
            Stands::TooSmall => Level::Warning,
            Stands::Inverted => Level::Error,
        };
        let class = format!("between {}", word(level));
        if let Some((_, outer)) = placed.iter().find(|(hop, _)| *hop == margin.outer) {
            let below = outer + BAR + if self.layout() == Layout::Wide { 6.0 } else { 24.0 };
            self.ink.line("drop", (a, below), (a, y));
        }
        self.ink.line("drop", (b, y), (b, y + 18.0));
        for x in [a, b] {
            self.ink.line(&class, (x, y - 4.0), (x, y + 4.0));
        }
        let far = margin.inner != margin.outer + 1;
        let name = if far { format!(" from {}", self.view.hops[margin.outer].name) } else { String::new() };
        let text = format!("{}{name}", margin.text);
        let room = self.layout().right() - self.layout().left();
        let text = clip(&text, room - 20.0, SMALL, false);
        let wide = width(&text, SMALL, false);
        let sign_room = if level == Level::Fine { 0.0 } else { 14.0 };
        let all = wide + sign_room;
        let signed = level != Level::Fine;
        let (x, anchor) = if to + 10.0 + all <= self.layout().right() {
            (to + 10.0, Anchor::Start)
        } else if from - 10.0 - all >= self.scale.left {
            if signed { (from - 10.0 - all, Anchor::Start) } else { (from - 10.0, Anchor::End) }
        } else {
            let left = f64::midpoint(from, to) - all / 2.0;
            (left.clamp(self.scale.left, self.layout().right() - all), Anchor::Start)
        };
        let inside = anchor == Anchor::Start && x < to && x + all > from;
        if inside {
            self.ink.line(&class, (from, y), ((x - 4.0).max(from), y));
            self.ink.line(&class, ((x + all + 4.0).min(to), y), (to, y));
        } else {
            self.ink.line(&class, (from, y), (to, y));
        }
        let text_at = if signed { x + 14.0 } else { x };
        if signed {
            sign(level, (x + 4.0, y), 4.2, &mut self.ink);
        }
        self.ink.words(&format!("apart halo {}", word(level)), (text_at, y + 4.0), anchor, &[("", &text)]);
    }
}

/// A pill with a name in it.
struct Tag {
    level: Level,
    class: &'static str,
    text: String,
}

impl Tag {
    fn width(&self) -> f64 {
        width(&self.text, TAG, true) + 30.0
    }
}

/// The shape of a source.
pub fn cap(source: Source, (x, y): (f64, f64), ink: &mut Ink) {
    let at = |dx: f64, dy: f64| format!("{} {}", number(x + dx), number(y + dy));
    match source {
        Source::Declared | Source::Default => {
            let class = if source == Source::Declared { "cap solid" } else { "cap" };
            ink.empty("circle", class, &[("cx", &number(x)), ("cy", &number(y)), ("r", "5")]);
        }
        Source::Deployed => ink.rect("cap solid", (x - 4.5, y - 4.5), (9.0, 9.0), 1.0),
        Source::Fixed => ink.rect("cap solid", (x - 2.0, y - 12.0), (4.0, 24.0), 1.0),
        Source::Claimed => {
            let corners = [at(0.0, -6.0), at(6.0, 0.0), at(0.0, 6.0), at(-6.0, 0.0)];
            ink.path("cap", &format!("M{} Z", corners.join(" L")));
        }
        Source::Unseen => ink.path("cap", &format!("M{} L{} L{} Z", at(-5.0, 5.0), at(5.0, 5.0), at(0.0, -6.0))),
    }
}
