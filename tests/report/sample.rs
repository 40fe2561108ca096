//! A handmade run with everything that a format can trip over.

use hoplint::diag::{Applicability, Diagnostic, Edit, Fix, Severity, Unchecked};
use hoplint::engine::{Counts, Outcome, Source};
use hoplint::span::{FileId, Loc, Span};

const CHAIN: &str = "version: 1\nhops:\n  - name: app\n    platform: openai-python\n    timeout: 60s\n  - name: gateway\n    \
platform: kong\n    timeouts: {read: 60s}\n  - name: provider\n    platform: openai\n    timeout: 300s\n";
const CRLF: &str = "# \u{4e2d}\u{6587} e\u{301} \u{1f469}\u{200d}\u{1f4bb}\r\nversion: 1\r\nname: \"\u{6f22}\u{5b57}\"\r\nhops: \
[{name: \"a|b\", platform: ng}]\r\n";
const HOSTILE: &str = "name: \"\u{1b}[2J\u{9b}31m\u{202e}\rgone\" # <script>alert(1)</script>\n\u{1b}]0;pwned\u{7}\n";
const NGINX: &str = "location / {\n\tproxy_read_timeout 30;\n}\n";

fn file(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.into() }
}

/// The place of a text in a file of [`outcome`].
fn find(file: u32, needle: &str) -> Loc {
    let text = [CHAIN, CRLF, HOSTILE, NGINX][file as usize];
    let at = text.find(needle).expect("the sample holds it");
    Loc::new(FileId(file), Span::of(at..at + needle.len()))
}

pub fn outcome() -> Outcome {
    let sources = vec![
        file("chat.chain.yaml", CHAIN),
        file("dir with space/\u{6f22}\u{5b57},a:b%.chain.yaml", CRLF),
        file("evil\u{1b}[31m\n::error::x.chain.yaml", HOSTILE),
        file("infra/nginx.conf", NGINX),
    ];
    let unchecked = Unchecked {
        rule: "keepalive-race",
        chain: "chat".to_owned(),
        hop: "edge\u{1b}[0m".to_owned(),
        why: "the keep-alive of Cloudflare depends on the plan".to_owned(),
    };
    Outcome {
        formats: std::collections::BTreeMap::new(),
        unread: Vec::new(),
        sources,
        findings: vec![pair(), two_files(), whole_hop(), wide(), end_of_file(), hostile(), unreadable()],
        unchecked: vec![unchecked],
        counts: Counts { files: 4, chains: 3, hops: 9, suppressed: 1, ..Counts::default() },
    }
}

pub fn clean() -> Outcome {
    Outcome {
        sources: vec![file("chat.chain.yaml", CHAIN)],
        counts: Counts { files: 1, chains: 1, hops: 3, ..Counts::default() },
        ..Outcome::default()
    }
}

/// Labels on two lines that lie apart, notes, help and fixes.
fn pair() -> Diagnostic {
    let at = find(0, "timeout: 60s");
    let mut found = Diagnostic::new(
        "order-inverted",
        Severity::Error,
        "app and gateway inside it both give up on an answer after 60s",
    )
    .label(at, "app: timeout 60s (declared as timeout)")
    .label(find(0, "timeouts: {read: 60s}"), "gateway: read_timeout 60s (declared)")
    .note("The caller of gateway gets 504 with body `The upstream server is timing out` after 60s.")
    .note("The chain states no `order:`; hoplint assumes `inward`: the outermost hop gives up first.")
    .help("raise read_timeout of gateway to 63s, or lower timeout of app to 57s")
    .fix(Fix {
        title: "set read_timeout of gateway to 63s".to_owned(),
        applicability: Applicability::Unsafe,
        edits: vec![Edit { loc: find(0, "60s}"), text: "63s}".to_owned() }],
    })
    .fix(Fix {
        title: "state the order".to_owned(),
        applicability: Applicability::Display,
        edits: vec![Edit::insert(FileId(0), 11, "order: inward\n")],
    });
    found.chain = Some("chat".to_owned());
    found.hop = Some("gateway".to_owned());
    found.related_hops = vec!["app".to_owned()];
    found
}

fn two_files() -> Diagnostic {
    let mut found =
        Diagnostic::new("example-two-files", Severity::Error, "gateway expects 60s, but nginx.conf sets 30s")
            .label(find(0, "read: 60s"), "expected here")
            .label(find(3, "proxy_read_timeout 30"), "deployed");
    found.chain = Some("chat".to_owned());
    found.hop = Some("gateway".to_owned());
    found
}

/// A label over several lines, with a label inside it.
fn whole_hop() -> Diagnostic {
    let mut found = Diagnostic::new("example-many-lines", Severity::Warning, "nothing bounds the stream at provider")
        .label(find(0, "- name: provider\n    platform: openai\n    timeout: 300s\n"), "this hop")
        .label(find(0, "300s"), "");
    found.chain = Some("chat".to_owned());
    found.hop = Some("provider".to_owned());
    found
}

/// Characters of several bytes and columns, on CRLF lines.
fn wide() -> Diagnostic {
    let mut found = Diagnostic::new("example-wide", Severity::Error, "no platform is named `ng`; did you mean nginx?")
        .label(find(1, "ng}"), "not | known")
        .label(find(1, "\u{6f22}\u{5b57}"), "in this chain")
        .label(find(1, "e\u{301}"), "combining")
        .label(find(1, "\r\n"), "the line's end")
        .fix(Fix {
            title: "write nginx".to_owned(),
            applicability: Applicability::Safe,
            edits: vec![Edit { loc: find(1, "ng"), text: "nginx".to_owned() }],
        });
    found.chain = Some("\u{6f22}\u{5b57}".to_owned());
    found.hop = Some("a|b".to_owned());
    found
}

fn end_of_file() -> Diagnostic {
    let end = CRLF.len();
    Diagnostic::new("syntax", Severity::Error, "the file ends inside a hop")
        .label(Loc::new(FileId(1), Span::of(end..end)), "expected `}` here")
}

/// Text from a file that tries to leave every format.
fn hostile() -> Diagnostic {
    let name = "\u{1b}[2J|`<script>alert(\"1\")</script>`\r\n::error file=x::*bold* @all #1 ]]> & 'q' \u{202e}\u{9b}0m";
    let mut found = Diagnostic::new("example-hostile", Severity::Note, format!("two hops are named {name}"))
        .label(find(2, "\u{1b}[2J\u{9b}31m\u{202e}\rgone"), format!("first {name}"))
        .label(find(2, "\u{1b}]0;pwned\u{7}"), "second")
        .note(format!("note {name}"))
        .help(format!("rename {name}"))
        .fix(Fix {
            title: format!("rename {name}"),
            applicability: Applicability::Safe,
            edits: vec![Edit { loc: find(2, "gone"), text: name.to_owned() }],
        });
    found.chain = Some(name.to_owned());
    found.hop = Some(name.to_owned());
    found.related_hops = vec![name.to_owned()];
    found
}

fn unreadable() -> Diagnostic {
    Diagnostic::new("syntax", Severity::Error, "missing.chain.yaml: no such file").help("check the path")
}
