//! Markdown for the summary page of a CI step or a comment: one table, then each finding's reasons and repair folded
//! away. Texts from linted files can neither be markup nor notify anybody.

use super::{Run, about, clean, rule_url, summary, text};
use crate::diag::Diagnostic;
use crate::rules;
use std::io::{self, Write};

pub(super) fn write(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let outcome = run.outcome;
    writeln!(out, "### hoplint: {}\n", summary::findings(outcome))?;
    if !outcome.findings.is_empty() {
        writeln!(out, "| Level | Rule | Where | Hop | Finding |")?;
        writeln!(out, "| --- | --- | --- | --- | --- |")?;
        for finding in &outcome.findings {
            row(run, finding, out)?;
        }
        writeln!(out)?;
    }
    for finding in &outcome.findings {
        details(finding, out)?;
    }
    if run.options.verbose && !outcome.unchecked.is_empty() {
        writeln!(out, "Not judged:\n")?;
        for unchecked in &outcome.unchecked {
            let place = format!("hop {} of chain {}", unchecked.hop, unchecked.chain);
            writeln!(out, "- {}: {} ({})", escape(unchecked.rule), escape(&unchecked.why), escape(&place))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", escape(&summary::line(outcome, run.options.verbose)))
}

fn row(run: &Run, finding: &Diagnostic, out: &mut dyn Write) -> io::Result<()> {
    let place = run.place(finding);
    let place = place.map(|p| format!("{}:{}:{}", p.path, p.start.line, p.start.column)).unwrap_or_default();
    let rule = match rules::find(finding.rule) {
        Some(rule) => format!("[{}]({})", rule.name, rule_url(rule.name)),
        None => escape(finding.rule),
    };
    let (level, hop) = (finding.severity.name(), finding.hop.as_deref().unwrap_or(""));
    writeln!(out, "| {level} | {rule} | {} | {} | {} |", escape(&place), escape(hop), escape(&finding.message))
}

fn details(finding: &Diagnostic, out: &mut dyn Write) -> io::Result<()> {
    if finding.notes.is_empty() && finding.help.is_none() && finding.fixes.is_empty() {
        return Ok(());
    }
    let about = about(finding).map(|about| format!(", {about}")).unwrap_or_default();
    writeln!(out, "<details><summary>{}</summary>\n", escape(&format!("{}{about}", finding.rule)))?;
    writeln!(out, "{}\n", escape(&finding.message))?;
    for note in &finding.notes {
        writeln!(out, "- {}", escape(note))?;
    }
    if let Some(help) = &finding.help {
        writeln!(out, "- **help:** {}", escape(help))?;
    }
    for fix in &finding.fixes {
        writeln!(out, "- **fix ({}):** {}", text::applied(fix.applicability), escape(&fix.title))?;
    }
    writeln!(out, "\n</details>\n")
}

/// On one line. Punctuation that Markdown reads is escaped in a way that HTML blocks, tables and plain text all show
/// as the character itself; a name behind `@` or a number behind `#` becomes no link.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let text = text.replace("\r\n", " ").replace('\n', " ");
    for c in clean::line(&text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' | '#' => {
                out.push(c);
                out.push_str("&#8203;");
            }
            '|' | '`' | '*' | '_' | '~' | '[' | ']' | '\\' | '!' | '$' => {
                out.push_str("&#");
                out.push_str(&u32::from(c).to_string());
                out.push(';');
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(escape("a|b`c`<b>&*_"), "a&#124;b&#96;c&#96;&lt;b&gt;&amp;&#42;&#95;");
        assert_eq!(escape("@all #1\r\nx\u{1b}"), "@&#8203;all #&#8203;1 x&lt;U+001B&gt;");
    }
}
