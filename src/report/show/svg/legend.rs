//! What the shapes mean: only those that were drawn.

use super::ink::{Anchor, Ink, number, width};
use super::lane::{Drawn, cap};
use super::{Canvas, Layout};
use crate::show::chain::Source;

const SIZE: f64 = 12.0;
const SWATCH: f64 = 26.0;

enum Sample {
    Cap(Source),
    Rect(&'static str),
    Hatch(&'static str),
    Margins,
    OneProgram,
    Arrow,
    Broken,
}

pub fn draw(drawn: &Drawn, canvas: Canvas<'_>, top: f64, ink: &mut Ink) -> f64 {
    let samples = samples(drawn);
    if samples.is_empty() {
        return top;
    }
    let layout: Layout = canvas.layout;
    ink.line("grid", (layout.edge(), top + 4.0), (layout.right(), top + 4.0));
    let (mut x, mut y) = (layout.edge(), top + 26.0);
    ink.open("g", "legend", &[]);
    for (sample, text) in samples {
        let wide = SWATCH + width(text, SIZE, false) + 18.0;
        if x + wide - 18.0 > layout.right() && x > layout.edge() {
            (x, y) = (layout.edge(), y + 22.0);
        }
        swatch(&sample, canvas, (x, y - 4.0), ink);
        ink.words("muted", (x + SWATCH, y), Anchor::Start, &[("", text)]);
        x += wide;
    }
    ink.close("g");
    y + 12.0
}

fn samples(drawn: &Drawn) -> Vec<(Sample, &'static str)> {
    let sources = [
        (Source::Declared, "declared in the chain file"),
        (Source::Deployed, "read from a deployed file"),
        (Source::Default, "a default that nobody set"),
        (Source::Fixed, "fixed, or held by a hard limit"),
        (Source::Claimed, "claimed: there is no such setting"),
        (Source::Unseen, "not known"),
    ];
    let mut samples: Vec<(Sample, &'static str)> = Vec::new();
    let seen = sources.into_iter().filter(|(source, _)| drawn.sources.contains(source));
    samples.extend(seen.map(|(source, text)| (Sample::Cap(source), text)));
    for (is, sample, text) in [
        (drawn.again, Sample::Rect("again"), "further attempts"),
        (drawn.soft, Sample::Hatch("soft"), "somewhere in here"),
        (drawn.endless, Sample::Arrow, "no limit"),
        (drawn.broken, Sample::Broken, "far beyond the axis"),
        (drawn.unknown, Sample::Rect("unknown"), "nobody knows"),
        (drawn.work, Sample::Rect("work"), "what the work needs"),
        (drawn.short, Sample::Hatch("short"), "missing for the work"),
        (drawn.orphan, Sample::Hatch("orphan"), "work for nobody"),
        (drawn.margins, Sample::Margins, "distance to the next hop"),
        (drawn.one_program, Sample::OneProgram, "one program"),
    ] {
        if is {
            samples.push((sample, text));
        }
    }
    samples
}

fn swatch(sample: &Sample, canvas: Canvas<'_>, (x, y): (f64, f64), ink: &mut Ink) {
    match sample {
        Sample::Cap(source) => cap(*source, (x + 8.0, y), ink),
        Sample::Rect(class) => ink.rect(class, (x, y - 5.0), (18.0, 10.0), 2.0),
        Sample::Hatch(name) => {
            let fill = format!("url(#{}-{name})", canvas.id);
            let class = if *name == "soft" { "" } else { name };
            let [left, above] = [x, y - 5.0].map(number);
            ink.empty(
                "rect",
                class,
                &[("x", &left), ("y", &above), ("width", "18"), ("height", "10"), ("fill", &fill)],
            );
        }
        Sample::Margins => {
            ink.line("between fine", (x, y), (x + 18.0, y));
            ink.line("between fine", (x, y - 4.0), (x, y + 4.0));
            ink.line("between fine", (x + 18.0, y - 4.0), (x + 18.0, y + 4.0));
        }
        Sample::OneProgram => {
            let [left, right, above, below] = [x + 6.0, x + 11.0, y - 6.0, y + 6.0].map(number);
            ink.path("one-program", &format!("M{right} {above} H{left} V{below} H{right}"));
        }
        Sample::Broken => {
            ink.rect("bar", (x, y - 5.0), (18.0, 10.0), 2.0);
            let [first, second, third, above, below] = [x + 4.0, x + 8.0, x + 12.0, y - 7.0, y + 7.0].map(number);
            ink.path("break", &format!("M{first} {below} L{second} {above} M{second} {below} L{third} {above}"));
        }
        Sample::Arrow => {
            ink.rect("endless", (x, y - 4.0), (12.0, 8.0), 1.0);
            let [from, to, above, below, middle] = [x + 11.0, x + 19.0, y - 6.0, y + 6.0, y].map(number);
            ink.path("endless-tip", &format!("M{from} {above} L{to} {middle} L{from} {below} Z"));
        }
    }
}
