//! The rules. Each is one file: its doc comment (which `explain`, the website, SARIF help and the editor show), its
//! metadata, its check and its small tests.
//!
//! A rule sees the resolved chain only: no YAML, no path, no number that belongs to a platform.
//! To add one: a file here, and its line in [`all`].

mod cost;
#[cfg(test)]
mod cost_tests;
mod failure;
pub mod fold;
mod need;
mod pair;
mod problem;
pub mod say;
mod search;
mod stream;
#[cfg(test)]
mod testing;

use crate::catalog::Guard;
use crate::config::Thresholds;
use crate::diag::{Applicability, Diagnostic, Severity, Unchecked};
use crate::duration::Dur;
use crate::import::{INCLUDE, TEMPLATE};
use crate::resolve::Resolved;
use crate::resolve::cost::Cost;
use crate::solve::{Infeasible, Path, Target, path};
use crate::span::Loc;
use crate::syntax::decode::{INVALID_VALUE, MISSING_KEY, UNKNOWN_KEY};
use crate::syntax::{DUPLICATE_KEY, SYNTAX};
use std::cell::OnceCell;

/// Declares the modules of the rules and the list of them.
macro_rules! rules {
    ($($module:ident),+ $(,)?) => {
        $(pub mod $module;)+

        /// Every rule, in the order in which findings of one place are reported.
        pub static ALL: &[&Rule] = &[$(&$module::RULE),+];
    };
}

rules![
    unknown_platform,
    unknown_timer,
    unknown_facet,
    conflicting_values,
    impossible_value,
    duplicate_hop,
    unresolved_binding,
    drift,
    limit_exceeded,
    below_minimum,
    resolution_lost,
    unit_suspicious,
    limit_below_workload,
    workload_exceeds,
    stream_gap_too_short,
    order_inverted,
    margin_too_small,
    default_relied_on,
    killed_before_timeout,
    unreachable_timer,
    timer_missing,
    stream_buffered,
    stream_unsupported,
    keepalive_race,
    retry_multiplication,
    futile_retry,
    orphaned_work,
    connect_too_long,
    unused_suppression,
    suppression_without_reason,
    stale_baseline,
    generated_stale,
];

/// What a rule is, apart from its check.
pub struct Rule {
    pub name: &'static str,
    /// The most severe level it reports by default.
    pub level: Severity,
    /// One line.
    pub summary: &'static str,
    /// The rule's doc comment, Markdown.
    pub docs: &'static [&'static str],
    pub fix: Option<Applicability>,
    pub check: fn(&Context, &mut Findings),
}

impl Rule {
    /// The doc comment as text.
    pub fn text(&self) -> String {
        let lines: Vec<&str> = self.docs.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        lines.join("\n")
    }

    /// A finding at the rule's own level.
    pub fn finding(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.name, self.level, message)
    }
}

/// For rules whose findings the engine makes itself, because they need more than one chain.
fn by_engine(_: &Context, _: &mut Findings) {}

/// Every rule's name.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|rule| rule.name).collect()
}

/// Every name a finding can have: the rules, and what is wrong with the form of a file.
pub fn names_of_findings() -> Vec<&'static str> {
    let mut names = names();
    names.extend(FORM.iter().map(|(name, _)| *name));
    names
}

/// What can be wrong with the form of a file, before any rule looks at it.
const FORM: [(&str, &str); 7] = [
    (SYNTAX, "The file cannot be read: it is no YAML, TOML or JSON at this place, no UTF-8 text, or too large."),
    (
        DUPLICATE_KEY,
        "A key stands twice in one map. Programs take the first or the last of the two; nobody knows which was meant.",
    ),
    (UNKNOWN_KEY, "A key that means nothing here, most often a misspelt one. What it should set is not set."),
    (
        INVALID_VALUE,
        "A value that its key cannot have: a duration without a unit, a word that is none of those allowed.",
    ),
    (MISSING_KEY, "A key that must be there is not."),
    (TEMPLATE, "A deployed file is a template: no program reads it as it stands, and its values are filled in later."),
    (INCLUDE, "A file that another one includes is not there, leads back to itself, or lies outside of the project."),
];

/// What a name means that is no rule but a mistake of form.
pub fn form_of_a_file(name: &str) -> Option<&'static str> {
    FORM.iter().find(|(known, _)| *known == name).map(|(_, about)| *about)
}

pub fn find(name: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.name == name).copied()
}

/// Declares a rule's `RULE` from its doc comment: the first line is the summary.
macro_rules! rule {
    (
        #[doc = $summary:literal]
        $(#[doc = $doc:literal])*
        $name:literal, $level:ident, fix: $fix:expr, $check:path
    ) => {
        #[doc = $summary]
        $(#[doc = $doc])*
        pub static RULE: $crate::rules::Rule = $crate::rules::Rule {
            name: $name,
            level: $crate::diag::Severity::$level,
            summary: $summary.trim_ascii(),
            docs: &[$summary, $($doc),*],
            fix: $fix,
            check: $check,
        };
    };
}
pub(crate) use rule;

/// What a rule looks at.
pub struct Context<'a> {
    pub chain: &'a Resolved,
    pub thresholds: Thresholds,
    solution: OnceCell<Result<Vec<Target>, Infeasible>>,
    /// By [`Guard`].
    paths: [OnceCell<Path<'a>>; 5],
    uneven: OnceCell<Vec<pair::Uneven>>,
    stuck: OnceCell<Vec<failure::Stuck>>,
    calls_when_stuck: OnceCell<Vec<Dur>>,
}

impl<'a> Context<'a> {
    pub fn new(chain: &'a Resolved, thresholds: Thresholds) -> Self {
        Self {
            chain,
            thresholds,
            solution: OnceCell::new(),
            paths: std::array::from_fn(|_| OnceCell::new()),
            uneven: OnceCell::new(),
            stuck: OnceCell::new(),
            calls_when_stuck: OnceCell::new(),
        }
    }

    /// The values that would make the whole chain agree, computed once and only when asked for.
    pub fn solution(&self) -> &Result<Vec<Target>, Infeasible> {
        self.solution.get_or_init(|| crate::solve::solve(self.chain))
    }

    /// What the solution moves a timer of a hop to.
    pub fn target(&self, hop: usize, timer: u16) -> Option<Dur> {
        let targets = self.solution().as_ref().ok()?;
        let found = targets.binary_search_by_key(&(hop, usize::from(timer)), |t| (t.hop, t.timer));
        found.ok().map(|i| targets[i].to)
    }

    /// What each hop does when the innermost never answers.
    pub fn stuck(&self) -> &[failure::Stuck] {
        self.stuck.get_or_init(|| failure::stuck(self.chain))
    }

    /// When calls reach the innermost hop for one request while it never answers, in order.
    pub fn calls_when_stuck(&self) -> &[Dur] {
        self.calls_when_stuck.get_or_init(|| {
            let mut calls = failure::calls_when_stuck(self.chain, self.stuck(), 0);
            calls.sort_unstable();
            calls
        })
    }

    /// The limited hops of a guard.
    pub fn path(&self, guard: Guard) -> &Path<'a> {
        self.paths[guard as usize].get_or_init(|| path(self.chain, guard))
    }

    /// The changes of the solution that concern these hops, as one repair.
    pub fn repair(&self, hops: &[usize]) -> Option<Repair> {
        let solution = self.solution().as_ref().ok()?;
        // Sorted by hop, so that the repairs of a long chain do not each read all of it.
        let of = |hop: usize| {
            let first = solution.partition_point(|t| t.hop < hop);
            solution[first..].iter().take_while(move |t| t.hop == hop)
        };
        let mut hops = hops.to_vec();
        hops.sort_unstable();
        hops.dedup();
        let targets: Vec<&Target> = hops.into_iter().flat_map(of).collect();
        // What a hop does not accept is no repair, even where it would put the order right.
        let refused = |t: &&Target| say::is_below_minimum(&self.chain.hops[t.hop], t.timer, t.to);
        if targets.is_empty() || targets.iter().any(refused) {
            return None;
        }
        let words = targets.iter().map(|t| {
            let hop = &self.chain.hops[t.hop];
            format!("{} of {} to {}", hop.platform.timers[t.timer].native, hop.name(), t.to)
        });
        let words: Vec<String> = words.collect();
        let changes = targets.iter().map(|t| Change::SetTimer { hop: t.hop, timer: t.timer, to: t.to }).collect();
        Some(Repair { title: format!("set {}", words.join(", ")), applicability: Applicability::Unsafe, changes })
    }
}

/// What the rules found.
#[derive(Default)]
pub struct Findings {
    pub found: Vec<Finding>,
    pub unchecked: Vec<Unchecked>,
}

impl Findings {
    pub fn push(&mut self, finding: impl Into<Finding>) {
        self.found.push(finding.into());
    }

    pub fn unchecked(&mut self, rule: &'static str, chain: &Resolved, hop: usize, why: impl Into<String>) {
        self.unchecked.push(Unchecked {
            rule,
            chain: chain.name.clone(),
            hop: chain.hops[hop].name().to_owned(),
            why: why.into(),
        });
    }
}

/// A diagnostic with the repairs that the engine turns into text edits.
pub struct Finding {
    pub diagnostic: Diagnostic,
    pub repairs: Vec<Repair>,
    /// It has a cause of its own and is not told as a cost of another finding.
    pub own_cause: bool,
    pub cost: Option<Cost>,
}

impl From<Diagnostic> for Finding {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostic, repairs: Vec::new(), own_cause: false, cost: None }
    }
}

impl Finding {
    #[must_use]
    pub fn repair(mut self, repair: Option<Repair>) -> Self {
        self.repairs.extend(repair);
        self
    }

    #[must_use]
    pub fn cost(mut self, cost: Option<Cost>) -> Self {
        self.cost = cost;
        self
    }
}

/// One way to repair a finding, before it is text.
pub struct Repair {
    pub title: String,
    pub applicability: Applicability,
    pub changes: Vec<Change>,
}

/// A change of the chain file in terms of the chain.
pub enum Change {
    /// Sets a timer where it stands, or adds it to the hop's `timeouts:`.
    SetTimer { hop: usize, timer: usize, to: Dur },
    /// Replaces the text of a key or value.
    Replace { at: Loc, text: String },
    /// Adds `key: value` to a map; `path` is where in it. The value is one-line source, such as `60s` or `{mode: streaming}`.
    AddKey { body: Loc, path: Vec<&'static str>, key: String, value: String },
    /// Removes the entry whose key stands here.
    RemoveEntry { key: Loc },
}
