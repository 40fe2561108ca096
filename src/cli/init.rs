//! `hoplint init`: a first chain file to change.

use super::fail::{Exit, Failure};
use super::run::working;
use super::term::Term;
use crate::text::{list, nearest};
use crate::workspace::{self, write};
use clap::builder::PossibleValuesParser;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// A starter chain.
pub struct Preset {
    pub name: &'static str,
    pub text: &'static str,
}

impl Preset {
    /// Its first comment.
    fn summary(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }
}

macro_rules! presets {
    ($($name:literal),+ $(,)?) => {
        pub const PRESETS: &[Preset] =
            &[$(Preset { name: $name, text: include_str!(concat!("init/", $name, ".chain.yaml")) }),+];
    };
}

presets![
    "openai-nginx-fastapi",
    "aws-apigw-lambda-bedrock",
    "cloudflare-alb-litellm",
    "kubernetes-ingress-vllm",
    "vercel-ai",
];

/// Write a first chain file
///
/// Writes a chain with comments that lints without errors, to be changed into your own. On a terminal it asks which one.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Which chain to begin with
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(PRESETS.iter().map(|p| p.name)))]
    pub preset: Option<String>,

    /// The file to write; - is standard output
    #[arg(long, value_name = "FILE", default_value = "llm.chain.yaml", value_hint = clap::ValueHint::FilePath)]
    pub out: PathBuf,

    /// Write over a file that exists
    #[arg(long)]
    pub force: bool,

    /// Print what there is to begin with
    #[arg(long)]
    pub list: bool,
}

pub fn run(args: &Args, term: Term) -> Exit {
    if args.list {
        let lines: Vec<String> = PRESETS.iter().map(|p| format!("{:<26}{}\n", p.name, p.summary())).collect();
        return Term::print_text(&lines.concat()).into();
    }
    let preset = match &args.preset {
        Some(name) => PRESETS.iter().find(|preset| preset.name == name),
        None if term.stdout_terminal && io::stdin().is_terminal() => ask(),
        None => None,
    };
    let Some(preset) = preset else {
        let names: Vec<&str> = PRESETS.iter().map(|p| p.name).collect();
        return Err(Failure::Usage(format!("say which chain to begin with: --preset {}", list(&names, "or")))).into();
    };
    if args.out.as_os_str() == "-" {
        return Term::print_text(preset.text).into();
    }
    written(preset, &args.out, args.force).into()
}

fn written(preset: &Preset, out: &Path, force: bool) -> Result<(), Failure> {
    // A link that leads nowhere is a file somebody wants to have there, too.
    if !force && out.symlink_metadata().is_ok() {
        let why = "it exists already; --force writes over it".to_owned();
        return Err(Failure::Write { path: out.to_owned(), why });
    }
    write::atomic(out, preset.text.as_bytes()).map_err(|error| Failure::write(out, &error))?;
    let shown = workspace::shown(out, &working());
    Term::say(&format!("wrote {shown}; change it into your own chain, then run hoplint check {shown}"));
    Ok(())
}

/// Asks until there is an answer, or no more input.
fn ask() -> Option<&'static Preset> {
    Term::say("Which chain is most like yours?\n");
    for (i, preset) in PRESETS.iter().enumerate() {
        Term::say(&format!("  {}  {:<26}{}", i + 1, preset.name, preset.summary()));
    }
    let mut lines = io::stdin().lock().lines();
    loop {
        let _ = write!(io::stderr(), "\nNumber or name [1]: ");
        let answer = lines.next()?.ok()?;
        match chosen(answer.trim()) {
            Ok(preset) => return Some(preset),
            Err(hint) => Term::say(&hint),
        }
    }
}

fn chosen(answer: &str) -> Result<&'static Preset, String> {
    if answer.is_empty() {
        return PRESETS.first().ok_or_else(String::new);
    }
    if let Ok(number) = answer.parse::<usize>() {
        return number.checked_sub(1).and_then(|i| PRESETS.get(i)).ok_or(format!("1 to {}, please", PRESETS.len()));
    }
    PRESETS.iter().find(|preset| preset.name == answer).ok_or_else(|| {
        match nearest(answer, PRESETS.iter().map(|preset| preset.name)) {
            Some(near) => format!("did you mean {near}?"),
            None => "that is none of them".to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_numbers_or_names() {
        let name = |answer: &str| chosen(answer).map(|preset| preset.name);
        assert_eq!(name(""), Ok("openai-nginx-fastapi"));
        assert_eq!(name("5"), Ok("vercel-ai"));
        assert_eq!(name("vercel-ai"), Ok("vercel-ai"));
        assert_eq!(name("vercel-a"), Err("did you mean vercel-ai?".to_owned()));
        assert!(name("0").is_err() && name("6").is_err() && name("x").is_err());
    }
}
