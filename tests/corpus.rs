//! The readers of deployed configuration against real files whose settings are known.
//!
//! `HOPLINT_CORPUS` names a folder with one folder of files per kind, and `truth/<kind>.jsonl` made by other parsers:
//! which settings stand in which file. Without it the test is skipped.

use hoplint::import::{Given, Import, Match, READERS, Reader, Setting, best, reader::NoIncludes, units};
use hoplint::span::FileId;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The reader of a kind, for files whose name and text say too little.
const KINDS: [(&str, &str); 12] = [
    ("nginx", "nginx"),
    ("kong", "kong"),
    ("k8s", "kubernetes"),
    ("istio", "kubernetes"),
    ("gateway-api", "kubernetes"),
    ("terraform", "terraform"),
    ("cloudformation", "cloudformation"),
    ("haproxy", "haproxy"),
    ("envoy", "envoy"),
    ("caddy", "caddy"),
    ("traefik", "traefik"),
    ("litellm", "litellm"),
];

/// Structure, not time: counted apart.
const STRUCTURE: [&str; 12] = [
    "server",
    "listen",
    "include",
    "proxy_pass",
    "upstream",
    "server_name",
    "fastcgi_pass",
    "grpc_pass",
    "uwsgi_pass",
    "scgi_pass",
    "default_backend",
    "key",
];

#[derive(Default)]
struct Score {
    files: usize,
    unknown: usize,
    settings: usize,
    found: usize,
    missed: usize,
    wrong_value: usize,
    wrong_line: usize,
    templates: usize,
    silent: usize,
    told: Vec<String>,
}

#[test]
fn real_files_are_read_as_other_parsers_read_them() {
    let Some(root) = std::env::var_os("HOPLINT_CORPUS").map(PathBuf::from) else {
        println!("skipped: HOPLINT_CORPUS names no folder of real configuration files");
        return;
    };
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for (kind, reader) in KINDS {
        let Ok(truth) = std::fs::read_to_string(root.join("truth").join(format!("{kind}.jsonl"))) else { continue };
        let Some(reader) = READERS.iter().find(|r| r.name() == reader) else {
            println!("{kind}: there is no reader {reader}");
            continue;
        };
        let score = scores.entry(kind).or_default();
        for line in truth.lines() {
            let truth: Value = serde_json::from_str(line).expect("truth is one JSON object for each line");
            judge(&root.join(kind), &truth, *reader, score);
        }
    }
    println!(
        "{:<15} {:>5} {:>8} {:>8} {:>6} {:>6} {:>11} {:>10} {:>9} {:>6}",
        "kind", "files", "unknown", "settings", "found", "missed", "wrong value", "wrong line", "templates", "silent"
    );
    for (kind, s) in &scores {
        println!(
            "{kind:<15} {:>5} {:>8} {:>8} {:>6} {:>6} {:>11} {:>10} {:>9} {:>6}",
            s.files, s.unknown, s.settings, s.found, s.missed, s.wrong_value, s.wrong_line, s.templates, s.silent
        );
    }
    for told in scores.values().flat_map(|s| &s.told) {
        println!("{told}");
    }
    let bad: usize = scores.values().map(|s| s.missed + s.wrong_value + s.wrong_line + s.silent).sum();
    assert!(bad == 0 || std::env::var_os("HOPLINT_CORPUS_GOAL").is_none(), "{bad} differences");
}

fn judge(folder: &Path, truth: &Value, reader: &'static dyn Reader, score: &mut Score) {
    let name = truth["file"].as_str().expect("a file name");
    let Ok(bytes) = std::fs::read(folder.join(name)) else {
        score.told.push(format!("{name}: is not there"));
        return;
    };
    let text = String::from_utf8_lossy(&bytes);
    score.files += 1;
    // The name carries the path that the file had in its repository.
    let path = name.trim_end_matches(".snip").replace("__", "/");
    if best(&path, &text, Match::Maybe).is_none_or(|found| found.name() != reader.name()) {
        score.unknown += 1;
    }
    let mut import = Import::default();
    reader.read(&Given { file: FileId(0), path: &path, text: &text }, &NoIncludes, &mut import);
    for setting in &import.settings {
        assert_eq!(setting.at.span.text(&text), setting.value, "{name}: a setting points at its own text");
    }
    let literal = truth["parse"] == "ok" && truth["template"] != true;
    if !literal {
        score.templates += 1;
        if import.problems.is_empty() && !import.template {
            score.silent += 1;
            score.told.push(format!("{name}: nothing said of a template or broken file"));
        }
        return;
    }
    let mut left: Vec<&Setting> = import.settings.iter().collect();
    for item in truth["items"].as_array().into_iter().flatten() {
        let option = item["option"].as_str().or(item["directive"].as_str()).expect("an option");
        let Some(value) = plain_value(item) else { continue };
        if STRUCTURE.contains(&option) {
            continue;
        }
        score.settings += 1;
        let fits = |s: &&&Setting| same_option(&s.option, option);
        let line_fits = |s: &Setting| on_its_line(s, &text, item, option);
        let equal = |s: &Setting| same_value(&s.value, &value, item);
        let exact = left.iter().position(|s| fits(&s) && equal(s) && line_fits(s));
        let near = || left.iter().position(|s| fits(&s) && equal(s));
        let other = || left.iter().position(|s| fits(&s) && item["line"].is_u64() && line_fits(s));
        let at = item["line"].as_u64().map_or_else(|| item["path"].to_string(), |line| line.to_string());
        if let Some(i) = exact {
            score.found += 1;
            left.swap_remove(i);
        } else if let Some(i) = near() {
            score.wrong_line += 1;
            score.told.push(format!("{name}:{at}: {option} {value}: wrong line {}", line_of(left[i], &text)));
            left.swap_remove(i);
        } else if let Some(i) = other() {
            score.wrong_value += 1;
            score.told.push(format!("{name}:{at}: {option} is {value}, read as {}", left[i].value));
            left.swap_remove(i);
        } else {
            score.missed += 1;
            score.told.push(format!("{name}:{at}: {option} {value}: missed"));
        }
    }
}

/// The value as text; none for expressions and for lines that hold none.
fn plain_value(item: &Value) -> Option<String> {
    if let Some(args) = item["args"].as_array() {
        let args: Vec<&str> = args.iter().filter_map(Value::as_str).collect();
        return (!args.is_empty()).then(|| args.join(" "));
    }
    match &item["value"] {
        Value::String(text) => (!text.contains("${") && !text.is_empty()).then(|| text.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}

/// Caddy's own JSON names some options otherwise than its file does.
fn same_option(read: &str, truth: &str) -> bool {
    const CADDY: [(&str, &str); 6] = [
        ("read_body", "read_timeout"),
        ("read_header", "read_header_timeout"),
        ("write", "write_timeout"),
        ("idle", "idle_timeout"),
        ("lb_try_duration", "try_duration"),
        ("lb_try_interval", "try_interval"),
    ];
    read == truth || CADDY.contains(&(read, truth))
}

fn same_value(read: &str, truth: &str, item: &Value) -> bool {
    let words = |text: &str| {
        let text = text.replace(['"', '\''], "");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    if words(read) == words(truth) {
        return true;
    }
    let number = |text: &str| text.trim().parse::<f64>().ok();
    if let (Some(a), Some(b)) = (number(read), number(truth)) {
        return (a - b).abs() < f64::EPSILON;
    }
    // Caddy's JSON counts nanoseconds.
    item["value"].as_u64().is_some_and(|nanos| units::go(read).is_some_and(|d| d.as_nanos() == nanos))
}

fn line_of(setting: &Setting, text: &str) -> usize {
    text[..setting.at.span.start as usize].matches('\n').count() + 1
}

/// On the line that the truth names; where it names none, a line that holds the value, with the key there or above.
fn on_its_line(setting: &Setting, text: &str, item: &Value, option: &str) -> bool {
    let line = line_of(setting, text);
    if let Some(truth) = item["line"].as_u64() {
        return u64::try_from(line) == Ok(truth);
    }
    let near: Vec<&str> = text.lines().skip(line.saturating_sub(3)).take(3.min(line)).collect();
    let key = option.rsplit('.').next().unwrap_or(option);
    near.iter().any(|l| l.contains(key) || same_option(l.split_whitespace().next().unwrap_or_default(), option))
}
