//! Suppressions: which findings somebody has accepted, by a comment, at a hop or in the settings; and which
//! suppressions silence nothing, give no reason, or name no rule. Applied once, by the engine.

pub mod comment;

use crate::config::Config;
use crate::diag::{Applicability, Diagnostic, Edit, Fix};
use crate::model::{Chain, Hop, Ignore};
use crate::rules::{suppression_without_reason, unused_suppression};
use crate::span::{FileId, Loc, Span};
use crate::text::{nearest, same_word};
use comment::{Comment, Lines, Named};

/// One file whose findings are known.
pub struct File<'a> {
    pub file: FileId,
    /// Relative to the folder of the settings.
    pub path: &'a str,
    pub text: &'a str,
    pub comments: &'a [Span],
    pub chains: &'a [Chain],
    pub config: &'a Config,
    /// The whole file could be read. In a broken one nobody knows what a suppression would have silenced.
    pub complete: bool,
    /// Every name a finding can have.
    pub rules: &'a [&'static str],
}

/// What became of the findings.
#[derive(Debug, Default)]
pub struct Applied {
    pub kept: Vec<Diagnostic>,
    pub suppressed: usize,
    /// Findings about the suppressions themselves.
    pub own: Vec<Own>,
    /// Which `[[ignore]]` of the settings silenced something.
    pub used: Vec<usize>,
}

/// A finding about a suppression.
#[derive(Debug)]
pub struct Own {
    pub diagnostic: Diagnostic,
    /// The key of an entry whose removal is the repair.
    pub remove: Option<Loc>,
}

impl From<Diagnostic> for Own {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostic, remove: None }
    }
}

/// Silences what somebody has accepted.
pub fn apply(findings: Vec<Diagnostic>, file: &File<'_>) -> Applied {
    let mut applied = Applied::default();
    let hops = hops(file.chains);
    let comments = comments(file, &hops);
    let ignores: Vec<(&Site<'_>, &Ignore)> =
        hops.iter().flat_map(|site| site.hop.ignores.iter().map(move |ignore| (site, ignore))).collect();
    if comments.is_empty() && ignores.is_empty() && file.config.ignores.is_empty() {
        applied.kept = findings;
        return applied;
    }
    let lines = Lines::of(file.text);
    let mut used = Used::new(&comments, ignores.len());
    for finding in findings {
        let mut silenced = false;
        for (c, comment) in comments.iter().enumerate() {
            for (r, rule) in comment.comment.rules.iter().enumerate() {
                if rule.name == finding.rule && comment.covers(&finding, file.file, &lines) {
                    used.comments[c][r] = true;
                    silenced = true;
                }
            }
        }
        for (i, (site, ignore)) in ignores.iter().enumerate() {
            if ignore.rule.value == finding.rule && site.is_of(&finding) {
                used.hops[i] = true;
                silenced = true;
            }
        }
        for (i, ignore) in file.config.ignores.iter().enumerate() {
            let hop = ignore.hop.as_deref().is_none_or(|hop| names(&finding, hop));
            if ignore.rule.value == finding.rule && hop && ignore.covers(file.path) {
                if !applied.used.contains(&i) {
                    applied.used.push(i);
                }
                silenced = true;
            }
        }
        if silenced {
            applied.suppressed += 1;
        } else {
            applied.kept.push(finding);
        }
    }
    for (comment, used) in comments.iter().zip(&used.comments) {
        about_comment(&comment.comment, used, file, &mut applied.own);
    }
    for ((site, ignore), used) in ignores.iter().zip(&used.hops) {
        about_hop(site, ignore, *used, file, &mut applied.own);
    }
    applied
}

/// A hop of a chain, fallbacks included.
struct Site<'a> {
    chain: &'a str,
    hop: &'a Hop,
}

impl Site<'_> {
    /// Whether a finding is about this hop, alone or as one of a pair.
    fn is_of(&self, finding: &Diagnostic) -> bool {
        finding.chain.as_deref().is_none_or(|chain| chain == self.chain) && names(finding, &self.hop.name)
    }
}

fn names(finding: &Diagnostic, hop: &str) -> bool {
    finding.hop.as_deref() == Some(hop) || finding.related_hops.iter().any(|related| related == hop)
}

fn hops(chains: &[Chain]) -> Vec<Site<'_>> {
    fn add<'a>(chain: &'a str, hop: &'a Hop, sites: &mut Vec<Site<'a>>) {
        sites.push(Site { chain, hop });
        for inner in hop.fallbacks.iter().flatten() {
            add(chain, inner, sites);
        }
    }
    let mut sites = Vec::new();
    for chain in chains {
        for hop in &chain.hops {
            add(&chain.name, hop, &mut sites);
        }
    }
    sites
}

/// A comment with what it stands at.
struct Placed<'a> {
    comment: Comment,
    /// The line it speaks of.
    line: Option<usize>,
    /// The hops that begin on that line: one, or a shared one in each of its chains.
    hops: Vec<&'a Site<'a>>,
}

impl Placed<'_> {
    fn covers(&self, finding: &Diagnostic, file: FileId, lines: &Lines) -> bool {
        let Some(line) = self.line else { return false };
        let on_line = |loc: &Loc| loc.file == file && lines.at(loc.span.start) == line;
        finding.labels.iter().any(|label| on_line(&label.loc)) || self.hops.iter().any(|site| site.is_of(finding))
    }
}

fn comments<'a>(file: &File<'_>, hops: &'a [Site<'a>]) -> Vec<Placed<'a>> {
    let mut found: Vec<Comment> = Vec::new();
    for span in file.comments {
        found.extend(comment::read(*span, file.text));
    }
    if found.is_empty() {
        return Vec::new();
    }
    let lines = Lines::of(file.text);
    let begins = |site: &Site<'_>, line: usize| {
        let places = [site.hop.body, site.hop.at, site.hop.platform.loc];
        places.iter().any(|loc| loc.file == file.file && lines.at(loc.span.start) == line)
    };
    let place = |comment: Comment| {
        let line = comment::target(comment.span, file.text, file.comments, &lines);
        let hops = line.map_or(Vec::new(), |line| hops.iter().filter(|site| begins(site, line)).collect());
        Placed { comment, line, hops }
    };
    found.into_iter().map(place).collect()
}

/// Which suppressions silenced something.
struct Used {
    comments: Vec<Vec<bool>>,
    hops: Vec<bool>,
}

impl Used {
    fn new(comments: &[Placed<'_>], hops: usize) -> Self {
        let comments = comments.iter().map(|c| vec![false; c.comment.rules.len()]).collect();
        Self { comments, hops: vec![false; hops] }
    }
}

fn about_comment(comment: &Comment, used: &[bool], file: &File<'_>, own: &mut Vec<Own>) {
    let Comment { span, rules, reason, problem } = comment;
    if let Some(problem) = problem {
        let diagnostic = unused_suppression::RULE
            .finding(problem.clone())
            .label(Loc::new(file.file, *span), "")
            .help("write it as # hoplint: ignore[rule-name] reason");
        own.push(diagnostic.into());
        return;
    }
    let unknown = |rule: &&Named| !file.rules.contains(&rule.name.as_str());
    for rule in rules.iter().filter(unknown) {
        own.push(unknown_rule(&rule.name, Loc::new(file.file, rule.span), file.rules).into());
    }
    let silent: Vec<&Named> = rules
        .iter()
        .zip(used)
        .filter(|(rule, used)| !**used && !unknown(rule) && file.config.is_on(&rule.name))
        .map(|(rule, _)| rule)
        .collect();
    if file.complete {
        for rule in &silent {
            let removed = if silent.len() == rules.len() {
                comment::without(*span, file.text)
            } else {
                comment::without_rule(rule, rules)
            };
            let fix = Fix {
                title: format!("remove the suppression of `{}`", rule.name),
                applicability: Applicability::Safe,
                edits: vec![Edit { loc: Loc::new(file.file, removed), text: String::new() }],
            };
            own.push(unused(&rule.name, Loc::new(file.file, rule.span)).fix(fix).into());
        }
    }
    if reason.is_none() && silent.len() < rules.len() {
        own.push(without_reason(Loc::new(file.file, *span), "write it behind the bracket").into());
    }
}

fn about_hop(site: &Site<'_>, ignore: &Ignore, used: bool, file: &File<'_>, own: &mut Vec<Own>) {
    let (name, at) = (&ignore.rule.value, ignore.rule.loc);
    let about = |mut diagnostic: Diagnostic| {
        diagnostic.chain = Some(site.chain.to_owned());
        diagnostic.hop = Some(site.hop.name.clone());
        diagnostic
    };
    let known = own.iter().any(|o| o.diagnostic.primary() == Some(at));
    if known {
        // A shared hop stands in several chains; its text is one.
        return;
    }
    if !file.rules.contains(&name.as_str()) {
        own.push(about(unknown_rule(name, at, file.rules)).into());
    } else if !used && file.complete && file.config.is_on(name) {
        own.push(Own { diagnostic: about(unused(name, at)), remove: Some(at) });
    } else if ignore.reason.is_none() {
        own.push(about(without_reason(at, "write it as the value: {rule: reason}")).into());
    }
}

/// A suppression that silences nothing.
pub fn unused(rule: &str, at: Loc) -> Diagnostic {
    unused_suppression::RULE
        .finding(format!("nothing here is reported by `{rule}`, so this suppression does nothing"))
        .label(at, "")
        .help("remove it; left alone it would hide the next finding of this rule")
}

/// A suppression that says not why.
pub fn without_reason(at: Loc, how: &str) -> Diagnostic {
    suppression_without_reason::RULE
        .finding("this suppression gives no reason")
        .label(at, "")
        .help(format!("say why it is accepted, and until when; {how}"))
}

fn unknown_rule(name: &str, at: Loc, rules: &[&str]) -> Diagnostic {
    let shown = crate::text::clip(name);
    let diagnostic =
        unused_suppression::RULE.finding(format!("`{shown}` is no rule, so this suppression does nothing"));
    let diagnostic = diagnostic.label(at, "");
    let Some(near) = nearest(name, rules.iter().copied()) else {
        return diagnostic.help("`hoplint rules` lists them");
    };
    let applicability = if same_word(name, near) { Applicability::Safe } else { Applicability::Display };
    let edits = vec![Edit { loc: at, text: near.to_owned() }];
    diagnostic.help(format!("did you mean `{near}`?")).fix(Fix {
        title: format!("write `{near}`"),
        applicability,
        edits,
    })
}
