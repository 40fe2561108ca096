//! The picture of a chain: for each lane a waterfall of bars, one for each hop from client to provider.
//!
//! Text is measured and placed so that nothing overlaps, in a wide layout and in a narrow one for phones. Colours stand in
//! templates/_show/picture.css; every state has a shape as well.

mod ink;
mod lane;
mod legend;
mod scale;

use crate::show::chain::{Level, View};
use ink::{Anchor, Ink, clip, number, wrap};
use lane::Drawn;

const STYLE: &str = include_str!("../../../../templates/_show/picture.css");

/// How a picture is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Canvas<'a> {
    pub layout: Layout,
    /// Distinguishes it from other pictures of one page.
    pub id: &'a str,
    /// A file of its own, which brings its colours, its title and its ground along.
    pub alone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Wide,
    /// For a phone: names stand above their bars.
    Narrow,
}

impl Layout {
    const fn width(self) -> f64 {
        match self {
            Self::Wide => 960.0,
            Self::Narrow => 340.0,
        }
    }

    const fn edge(self) -> f64 {
        match self {
            Self::Wide => 28.0,
            Self::Narrow => 14.0,
        }
    }

    /// Where bars begin.
    const fn left(self) -> f64 {
        match self {
            Self::Wide => 216.0,
            Self::Narrow => self.edge(),
        }
    }

    const fn right(self) -> f64 {
        self.width() - self.edge()
    }
}

/// One chain as an SVG document or as a part of a page.
pub fn picture(view: &View, canvas: Canvas<'_>) -> String {
    let mut body = Ink::default();
    let mut y = if canvas.alone { head(view, canvas.layout, &mut body) } else { 4.0 };
    let mut drawn = Drawn::default();
    for lane in &view.lanes {
        y = lane::draw(view, lane, canvas, y, &mut body, &mut drawn);
    }
    y = legend::draw(&drawn, canvas, y, &mut body);
    let (width, height) = (number(canvas.layout.width()), number(y + 6.0));
    let mut out = Ink::default();
    let (title, about) = (format!("{}-title", canvas.id), format!("{}-about", canvas.id));
    out.open(
        "svg",
        "hoplint",
        &[
            ("xmlns", "http://www.w3.org/2000/svg"),
            ("viewBox", &format!("0 0 {width} {height}")),
            ("width", &width),
            ("height", &height),
            ("role", "img"),
            ("aria-labelledby", &format!("{title} {about}")),
        ],
    );
    let name = format!("The timeouts of {} from client to provider", view.name);
    out.text += &format!("<title id=\"{title}\">{}</title>\n", crate::report::xml::escape(&name));
    out.text += &format!("<desc id=\"{about}\">{}</desc>\n", crate::report::xml::escape(&in_words(view)));
    if canvas.alone {
        out.text += &format!("<style>{STYLE}</style>\n");
    }
    out.text += &patterns(canvas.id);
    if canvas.alone {
        out.rect("ground", (0.5, 0.5), (canvas.layout.width() - 1.0, y + 5.0), 10.0);
    }
    out.text += &body.text;
    out.close("svg");
    out.text
}

/// For those who do not see it: the same in sentences.
fn in_words(view: &View) -> String {
    let mut said = vec![view.verdict.text.clone()];
    for lane in &view.lanes {
        let bars = lane.bars.iter().map(|bar| {
            let time = super::table::time(bar);
            format!("{} {}", view.hops[bar.hop].name, if time == "-" { "no timer" } else { &time })
        });
        said.push(format!("{}: {}", lane.title, bars.collect::<Vec<_>>().join(", ")));
    }
    said.join(". ")
}

/// Name, work, order and verdict, above the lanes.
fn head(view: &View, layout: Layout, ink: &mut Ink) -> f64 {
    let (edge, room) = (layout.edge(), layout.right() - layout.edge());
    let mut y = 38.0;
    ink.words("name", (edge, y), Anchor::Start, &[("", &clip(&view.name, room, 20.0, true))]);
    let work = view.workload.as_ref().map_or("no workload is known", |work| work.text.as_str());
    for line in wrap(&format!("{work}; order {}, margin {}", view.order, view.margin), room, 13.0, false) {
        y += 19.0;
        ink.words("about", (edge, y), Anchor::Start, &[("", &line)]);
    }
    y += 5.0;
    for (n, line) in wrap(&view.verdict.text, room - 20.0, 14.0, true).iter().enumerate() {
        y += 20.0;
        if n == 0 {
            sign(view.verdict.level, (edge + 6.0, y - 5.0), 6.0, ink);
        }
        let class = format!("verdict {}", word(view.verdict.level));
        ink.words(&class, (edge + 20.0, y), Anchor::Start, &[("", line)]);
    }
    y + 14.0
}

/// The sign of a level: a shape, so that it can be told without its colour.
pub(super) fn sign(level: Level, (x, y): (f64, f64), r: f64, ink: &mut Ink) {
    let at = |dx: f64, dy: f64| format!("{} {}", number(x + dx * r), number(y + dy * r));
    let class = format!("sign {}", word(level));
    match level {
        Level::Error => {
            let arms = [(-0.75, -0.75), (0.75, 0.75), (-0.75, 0.75), (0.75, -0.75)].map(|(dx, dy)| at(dx, dy));
            ink.path(&class, &format!("M{} L{} M{} L{}", arms[0], arms[1], arms[2], arms[3]));
        }
        Level::Warning => {
            ink.path(&format!("{class} filled"), &format!("M{} L{} L{} Z", at(0.0, -0.9), at(1.0, 0.8), at(-1.0, 0.8)));
        }
        Level::Note => ink.path(&class, &format!("M{} L{}", at(-0.7, 0.0), at(0.7, 0.0))),
        Level::Fine => ink.path(&class, &format!("M{} L{} L{}", at(-0.8, 0.05), at(-0.2, 0.7), at(0.9, -0.7))),
    }
}

pub(super) const fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
        Level::Fine => "fine",
    }
}

/// Hatchings, and the soft end of a range.
fn patterns(id: &str) -> String {
    let hatch = |name: &str, class: &str, turn: i32| {
        format!(
            "<pattern id=\"{id}-{name}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate({turn})\"><rect class=\"{class}-ground\" width=\"6\" height=\"6\"/>\
             <rect class=\"{class}-line\" width=\"2\" height=\"6\"/></pattern>\n"
        )
    };
    format!(
        "<defs>\n{}{}<linearGradient id=\"{id}-soft\"><stop class=\"soft-from\" offset=\"0\"/>\
         <stop class=\"soft-to\" offset=\"1\"/></linearGradient>\n</defs>\n",
        hatch("short", "short", 45),
        hatch("orphan", "orphan", -45)
    )
}
