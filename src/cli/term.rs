//! What standard output and standard error are, and writing to them: colours, width, characters, closed pipes.

use super::args::Color;
use super::fail::Failure;
use crate::report::{Options, clean};
use std::env;
use std::io::{self, BufWriter, IsTerminal, Write};

/// Columns where nobody says how many there are.
const WIDTH: usize = 100;
/// Lines longer than this are hard to read, however wide the window is.
const WIDEST: usize = 140;

#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a stream")]
pub struct Term {
    pub color: bool,
    color_stderr: bool,
    pub stdout_terminal: bool,
    pub stderr_terminal: bool,
}

impl Term {
    pub fn new(choice: Color) -> Self {
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self {
            color: wants_color(choice, out, var),
            color_stderr: wants_color(choice, err, var),
            stdout_terminal: out,
            stderr_terminal: err,
        }
    }

    /// How reports are drawn on standard output.
    pub fn options(self, verbose: bool) -> Options {
        Options {
            color: self.color,
            width: self.width(),
            unicode: !self.stdout_terminal || speaks_unicode(var),
            verbose,
            links: self.stdout_terminal && self.color && knows_links(var),
            ..Options::default()
        }
    }

    pub fn width(self) -> usize {
        let stated = var("COLUMNS").and_then(|c| c.parse().ok()).filter(|&c: &usize| c > 0);
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|&c| c > 0);
        let terminal = if self.stdout_terminal { measured() } else { None };
        stated.or(terminal).map_or(WIDTH, |columns| columns.clamp(40, WIDEST))
    }

    /// Writes to standard output. A reader that has gone away is content with what it has.
    pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let mut out = BufWriter::new(io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                // What is buffered has no reader; writing it at the end would fail again.
                let _ = out.into_parts();
                Ok(())
            }
            other => other.map_err(Failure::Output),
        }
    }

    pub fn print_text(text: &str) -> Result<(), Failure> {
        Self::print(|out| out.write_all(text.as_bytes()))
    }

    /// A line about the run itself, whatever names of files and hops it carries. Standard error has nobody to complain
    /// to.
    pub fn say(text: &str) {
        let _ = writeln!(io::stderr(), "{}", plain(text));
    }

    /// Failures, after all other output.
    pub fn report(self, failures: &[Failure]) {
        let label = if self.color_stderr { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
        for failure in failures {
            let _ = writeln!(io::stderr(), "hoplint: {label}: {}", plain(&failure.to_string()));
        }
    }
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Layout {
    Text,
    Json,
}

/// Rows of three with the first two aligned and the last cut at the terminal's edge.
pub fn columns(rows: &[[String; 3]], term: Term) -> String {
    let widest = |i: usize| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or_default();
    let (first, second) = (widest(0), widest(1));
    let room = term.width().saturating_sub(first + second + 4).max(20);
    let mut out = String::new();
    for [a, b, c] in rows {
        // A pipe gets the whole text: what reads it may want to search.
        let c = if term.stdout_terminal && c.chars().count() > room {
            c.chars().take(room - 3).chain("...".chars()).collect()
        } else {
            c.clone()
        };
        let (bold, plain) = if term.color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
        out.push_str(&format!("{bold}{a:first$}{plain}  {b:second$}  {c}\n"));
    }
    out
}

/// A text that cannot command the terminal; its lines stay lines.
pub fn plain(text: &str) -> String {
    clean::block(text).into_owned()
}

fn var(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
}

/// `--color` first, then `NO_COLOR`, `CLICOLOR_FORCE` and `CLICOLOR` as their conventions say, then the terminal.
fn wants_color(choice: Color, terminal: bool, var: impl Fn(&str) -> Option<String>) -> bool {
    let is = |name, value| var(name).as_deref() == Some(value);
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if var("NO_COLOR").is_some() => false,
        Color::Auto if var("CLICOLOR_FORCE").is_some_and(|v| v != "0") => true,
        Color::Auto => {
            terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb") && (cfg!(windows) || var("TERM").is_some())
        }
    }
}

fn speaks_unicode(var: impl Fn(&str) -> Option<String>) -> bool {
    if matches!(var("TERM").as_deref(), Some("dumb" | "linux")) {
        return false;
    }
    if cfg!(windows) {
        return var("WT_SESSION").is_some() || var("TERM_PROGRAM").is_some();
    }
    let locale = var("LC_ALL").or_else(|| var("LC_CTYPE")).or_else(|| var("LANG")).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Terminals that are known to draw links; others may print the raw sequence.
fn knows_links(var: impl Fn(&str) -> Option<String>) -> bool {
    let vte = var("VTE_VERSION").and_then(|v| v.parse::<u32>().ok()).is_some_and(|v| v >= 5000);
    let program = var("TERM_PROGRAM").is_some_and(|p| ["iTerm.app", "WezTerm", "vscode", "ghostty"].contains(&&*p));
    vte || program || var("WT_SESSION").is_some() || var("KITTY_WINDOW_ID").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(vars: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        |name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
    }

    #[test]
    fn colours_follow_the_conventions() {
        let auto = |terminal, vars| wants_color(Color::Auto, terminal, with(vars));
        assert!(auto(true, &[("TERM", "xterm")]));
        assert!(!auto(false, &[("TERM", "xterm")]));
        assert!(!auto(true, &[("TERM", "dumb")]));
        assert!(!auto(true, &[("TERM", "xterm"), ("NO_COLOR", "1")]));
        assert!(!auto(true, &[("TERM", "xterm"), ("CLICOLOR", "0")]));
        assert!(auto(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!auto(false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert!(!auto(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(wants_color(Color::Always, false, with(&[("NO_COLOR", "1")])));
        assert!(!wants_color(Color::Never, true, with(&[("CLICOLOR_FORCE", "1"), ("TERM", "xterm")])));
    }

    #[test]
    fn unicode_needs_a_locale_that_says_so() {
        assert!(speaks_unicode(with(&[("LANG", "de_DE.UTF-8"), ("TERM", "xterm")])) || cfg!(windows));
        assert!(!speaks_unicode(with(&[("LANG", "C"), ("TERM", "xterm")])));
        assert!(!speaks_unicode(with(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")])));
        assert!(!speaks_unicode(with(&[("LANG", "de_DE.UTF-8"), ("TERM", "linux")])));
    }

    #[test]
    fn names_cannot_command_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\n\tc\u{202e}"), "a<U+001B>[31mb\n\tc<U+202E>");
    }
}
