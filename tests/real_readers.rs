//! The readers of deployed files beside the programs that the files are for: what a program takes the reader calls right,
//! what it refuses the reader calls wrong, and a setting written where the reader says is taken.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::diag::Severity;
use hoplint::import::{Deployed, Given, Import, READERS, reader::NoIncludes, units};
use hoplint::span::FileId;
use real::{Folder, program, skip};
use std::path::Path;
use std::process::Command;

fn read(reader: &str, path: &str, text: &str) -> Import {
    let reader = READERS.iter().find(|r| r.name() == reader).unwrap();
    let mut out = Import::default();
    reader.read(&Given { file: FileId(0), path, text }, &NoIncludes, &mut out);
    out
}

fn fixture(reader: &str, name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import").join(reader).join(name);
    std::fs::read_to_string(path).unwrap()
}

fn has_errors(import: &Import) -> bool {
    import.problems.iter().any(|problem| problem.severity == Severity::Error)
}

/// The text with each timer that a hop lacks written where the reader says, and how many were written.
fn completed(text: &str, hops: &[Deployed]) -> (String, usize) {
    let mut edits: Vec<(usize, String)> = Vec::new();
    for deployed in hops {
        for insert in &deployed.inserts {
            for key in insert.keys {
                let there =
                    deployed.hop.timers.iter().any(|(name, _)| name.value == key.timer || name.value == key.key);
                let value = units::write(key.unit, hoplint::duration::Dur::from_secs(7)).unwrap();
                let line = format!("{}{}{}{value}{}", insert.before, key.key, insert.between, insert.after);
                let edit = (insert.at.span.range().start, line);
                if !there && !edits.contains(&edit) {
                    edits.push(edit);
                }
            }
        }
    }
    edits.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut out = text.to_owned();
    for (at, line) in &edits {
        out.insert_str(*at, line);
    }
    (out, edits.len())
}

fn haproxy_takes(haproxy: &Path, folder: &Folder, text: &str) -> Result<(), String> {
    let file = folder.write("haproxy.cfg", text);
    let out = Command::new(haproxy).args(["-c", "-f"]).arg(file).env("HOST_B", "127.0.0.1").output().unwrap();
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}

#[test]
fn haproxy_and_the_reader_agree_on_what_is_right() {
    let Some(haproxy) = program("HOPLINT_HAPROXY", "", "haproxy") else {
        return skip("haproxy -c on fixtures of its reader", "haproxy");
    };
    let folder = Folder::new("haproxy-read");
    for name in ["chat.cfg", "crlf.cfg", "resolvers.cfg", "traps.cfg"] {
        let text = fixture("haproxy", name);
        let import = read("haproxy", name, &text);
        assert!(!has_errors(&import), "{name}: {:#?}", import.problems);
        haproxy_takes(&haproxy, &folder, &text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (more, count) = completed(&text, &import.hops);
        assert!(count > 0, "{name}: nothing could be added");
        haproxy_takes(&haproxy, &folder, &more).unwrap_or_else(|e| panic!("{name} with more timers: {e}\n{more}"));
        let again = read("haproxy", name, &more);
        assert_eq!(again.hops.len(), import.hops.len());
        let (_, left) = completed(&more, &again.hops);
        assert_eq!(left, 0, "{name}: what was added is read");
    }
    let broken = fixture("haproxy", "broken.cfg");
    assert!(haproxy_takes(&haproxy, &folder, &broken).is_err());
    assert!(has_errors(&read("haproxy", "broken.cfg", &broken)));
}

/// Lines of a backend, and what both should think of them.
#[test]
fn haproxy_refuses_what_the_reader_calls_an_error() {
    let Some(haproxy) = program("HOPLINT_HAPROXY", "", "haproxy") else {
        return skip("haproxy -c on single lines", "haproxy");
    };
    let folder = Folder::new("haproxy-lines");
    let lines = [
        "timeout server 5s",
        "timeout server 5",
        "timeout server \"5s\"",
        "timeout server '5s'",
        "timeout server 1\"0\"s",
        "timeout server 5s#c",
        "timeout server 10us",
        "timeout server 1m30s",
        "timeout server 60sec",
        "timeout server 0",
        "timeout server \"${NOBODY_SETS_THIS-7s}\"",
        "timeout server 1.5s",
        "timeout server 5S",
        "timeout server +5s",
        "timeout server -5",
        "timeout server 5 s",
        "timeout server",
        "timeout serv 5s",
        "timeout server \"5s",
        "timeout server '5s",
        "timeout server \"${A:-7s\"",
        "timeout server ${A}",
        "timeout server \\",
        ".if 1\n timeout server 5s\n .else\n timeout serverx 5s\n .endif",
        ".if 0\n timeout serverx 5s\n .endif",
        ".if\n timeout serverx 5s\n .endif",
        ".if !0\n timeout serverx 5s\n .endif",
        ".endif",
        ".if 1",
    ];
    for line in lines {
        let text = format!(
            "defaults\n mode http\n timeout client 1s\n timeout connect 1s\nfrontend f\n bind 127.0.0.1:8123\n \
             default_backend b\nbackend b\n server s 127.0.0.1:9\n {line}\n"
        );
        let takes = haproxy_takes(&haproxy, &folder, &text);
        let import = read("haproxy", "haproxy.cfg", &text);
        assert_eq!(takes.is_ok(), !has_errors(&import), "{line}: {takes:?}\n{:#?}", import.problems);
    }
}
