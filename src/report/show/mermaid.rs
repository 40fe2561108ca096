//! Mermaid, for READMEs: a box for each hop, what it waits for on the arrow to the next one.

use crate::show::chain::{Bar, Level, Limit, Stands, View, Which};
use std::fmt::Write as _;
use std::io::{self, Write};

pub(super) fn write(views: &[View], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(diagram(views).as_bytes())
}

/// One flowchart; several chains are boxes of it.
fn diagram(views: &[View]) -> String {
    let mut text = String::from("flowchart TB\n");
    let (mut bad, mut close, mut link) = (Vec::new(), Vec::new(), 0);
    for (c, view) in views.iter().enumerate() {
        let inside = views.len() > 1;
        let indent = if inside { "    " } else { "  " };
        if inside {
            let _ = writeln!(text, "  subgraph c{c} [\"{}\"]", label(&view.name));
        }
        for (h, hop) in view.hops.iter().enumerate() {
            let class = match hop.level {
                Level::Error => ":::error",
                Level::Warning => ":::warning",
                Level::Note | Level::Fine => "",
            };
            let names = if hop.name == hop.platform {
                label(&hop.name)
            } else {
                format!("{}<br/>{}", label(&hop.name), label(&hop.platform_name))
            };
            let own = own_limit(view, h);
            let _ = writeln!(text, "{indent}c{c}h{h}[\"{names}{own}\"]{class}");
        }
        for h in 0..view.hops.len().saturating_sub(1) {
            let words = edge(view, h);
            let _ = writeln!(text, "{indent}c{c}h{h} -->|\"{words}\"| c{c}h{}", h + 1);
            match worst(view, h) {
                Some(Stands::Inverted) => bad.push(link.to_string()),
                Some(Stands::TooSmall) => close.push(link.to_string()),
                _ => {}
            }
            link += 1;
        }
        if inside {
            text.push_str("  end\n");
        }
    }
    for (class, colour) in [("error", "#b42318"), ("warning", "#9a6700")] {
        if views.iter().any(|view| view.hops.iter().any(|hop| word(hop.level) == class)) {
            let _ = writeln!(text, "  classDef {class} stroke:{colour},stroke-width:3px");
        }
    }
    for (links, colour) in [(bad, "#b42318"), (close, "#9a6700")] {
        if !links.is_empty() {
            let _ = writeln!(text, "  linkStyle {} stroke:{colour},stroke-width:3px", links.join(","));
        }
    }
    text
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
        Level::Fine => "fine",
    }
}

/// The last hop has no arrow for its time to stand on.
fn own_limit(view: &View, hop: usize) -> String {
    let wait = view.lanes.iter().find(|lane| lane.which == Which::Wait).map(|lane| &lane.bars[hop]);
    let limited = wait.filter(|bar| hop + 1 == view.hops.len() && bar.limit == Limit::Limited);
    limited.map_or(String::new(), |bar| format!("<br/>gives up after {}", label(&time(bar))))
}

/// What a hop waits for of the next one, one line for each lane in which it has a timer.
fn edge(view: &View, hop: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for lane in &view.lanes {
        let bar = &lane.bars[hop];
        if bar.limit == Limit::Absent {
            continue;
        }
        let what = match lane.which {
            Which::Wait => "waits",
            Which::Gap => "silence",
            Which::StreamTotal => "stream",
            Which::Upload => "upload",
        };
        lines.push(format!("{what} {}", label(&time(bar))));
        for margin in lane.margins.iter().filter(|m| m.outer == hop && m.stands != Stands::Kept) {
            let name =
                if margin.inner == hop + 1 { String::new() } else { format!(" ({})", view.hops[margin.inner].name) };
            lines.push(label(&format!("{}{name}", margin.text)));
        }
    }
    if lines.is_empty() { "no limit of its own".to_owned() } else { lines.join("<br/>") }
}

fn time(bar: &Bar) -> String {
    match (bar.limit, &bar.gives_up, &bar.answers) {
        (Limit::Limited, Some(at), Some(answers)) if bar.attempts > 1 => {
            format!("{}, {} attempts, in all {}", at.words(), bar.attempts, answers.to.text)
        }
        (Limit::Limited, Some(at), _) => at.words(),
        (Limit::Unknown, ..) => "for nobody knows how long".to_owned(),
        _ => "without a limit".to_owned(),
    }
}

fn worst(view: &View, outer: usize) -> Option<Stands> {
    let margins = view.lanes.iter().flat_map(|lane| &lane.margins).filter(|margin| margin.outer == outer);
    margins.map(|margin| margin.stands).max_by_key(|stands| match stands {
        Stands::Kept => 0,
        Stands::TooSmall => 1,
        Stands::Inverted => 2,
    })
}

/// Text between double quotes: whatever Mermaid, Markdown or HTML would obey stands as the number of its character.
fn label(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in crate::report::clean::line(text).chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | ',' | ':' | '-' | '_' | '(' | ')' | '/' | '+' | '%' | '=') {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn nothing_in_a_name_is_obeyed() {
        assert_eq!(label("a\"]; click x \"javascript:1\""), "a#34;#93;#59; click x #34;javascript:1#34;");
        assert_eq!(label("<b>`#`|&"), "#60;b#62;#96;#35;#96;#124;#38;");
        assert_eq!(label("a\nb"), "a#60;U+000A#62;b");
    }
}
