//! Thousands of random edits of chain files and of what they are bound to. After each one the server has the text that
//! the editor has, and the findings of a fresh check; now and then those of a fresh run of the command line.
//!
//! `HOPLINT_TORTURE=all` compares every edit with the command line, which takes minutes.

use crate::client::{Client, folder, position, uri};
use crate::equality::{Findings, of_command_line, of_protocol};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const EDITS: usize = 10_000;
/// A machine that is slower than this stops early, and says where.
const MOST: Duration = Duration::from_secs(45);
/// A fresh process for every so many edits.
const PROCESSES: usize = 100;

const YAML: &str = "# caf\u{e9} \u{1f600}\nversion: 1\nworkload: long-form\nhops:\n  - name: gw\n    platform: kong\n    timeouts: {read: 300s}\n  - platform: nginx\n    from: nginx.conf\n  - name: \u{1f600}\n    platform: openai\n    timeout: 60s # hoplint: ignore[order-inverted] known\n";
const TOML: &str = "version = 1\r\norder = \"outward\"\r\n[[hops]]\r\nplatform = \"aws-alb\"\r\ntimeouts = { idle = \"60s\" }\r\n[[hops]]\r\nplatform = \"nginx\"\r\nfrom = \"nginx.conf#location /\"\r\n[[hops]]\r\nplatform = \"custom\"\r\ntimeouts = { total = \"200s\" }\r\n";
const JSON: &str = "{\"version\": 1, \"shared\": {\"edge\": {\"platform\": \"cloudflare\"}},\n \"chains\": {\"a\": {\"hops\": [\"edge\", {\"platform\": \"anthropic-python\", \"timeout\": \"90s\"}]},\n  \"b\": {\"hops\": [{\"use\": \"edge\", \"name\": \"\u{1f600}\"}, {\"platform\": \"openai\", \"timeout\": \"30s\"}]}}}\n";
const NGINX: &str = "events {}\nhttp {\n  server {\n    listen 80;\n    location / {\n      proxy_pass http://app:8000; # \u{1f600}\n      proxy_read_timeout 600s;\n    }\n  }\n}\n";

const PIECES: [&str; 34] = [
    "x",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    "- ",
    "#",
    ",",
    ";",
    "\u{1f600}",
    "\u{e9}",
    "\u{feff}",
    "\t",
    "5s",
    "0",
    "none",
    "300",
    "timeouts: {read: 1s}\n",
    "  - platform: openai\n",
    "from: nginx.conf\n",
    "nginx",
    "&a ",
    "*a",
    "proxy_read_timeout 5;\n",
    "# hoplint: ignore[drift]\n",
    "location / {\n",
];

/// A small generator of numbers; the same seed, the same edits.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % sides.max(1)
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let mut at = self.roll(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

struct Document {
    path: PathBuf,
    start: &'static str,
    text: String,
    version: i64,
}

impl Document {
    /// One change of the protocol, made to the text too.
    fn edit(&mut self, dice: &mut Dice) -> Value {
        if dice.roll(25) == 0 {
            self.text = self.start.to_owned();
            return json!({"text": self.text});
        }
        let from = dice.place(&self.text);
        let to = if dice.roll(2) == 0 { from } else { (from + dice.roll(12)).min(self.text.len()) };
        let to = (to..=self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap();
        // Between CR and LF there is no position.
        let splits = |at: usize| at > 0 && self.text[at..].starts_with('\n') && self.text[..at].ends_with('\r');
        let (from, to) = (from - usize::from(splits(from)), to + usize::from(splits(to)));
        let piece = if dice.roll(4) == 0 { "" } else { PIECES[dice.roll(PIECES.len())] };
        let range = json!({"start": position(&self.text, from), "end": position(&self.text, to)});
        self.text.replace_range(from..to, piece);
        json!({"range": range, "text": piece})
    }
}

/// The findings of a fresh check of the whole folder.
fn fresh(root: &Path, documents: &[Document]) -> Findings {
    crate::fresh::findings(root, documents.iter().map(|document| (document.path.clone(), document.text.clone())))
}

/// The files of which the two say different things, or in another order.
fn other(found: &Findings, expected: &Findings) -> String {
    let mut out = String::new();
    for file in found.keys().chain(expected.keys().filter(|file| !found.contains_key(*file))) {
        let lines = |all: &Findings| all.get(file).cloned().unwrap_or_default().join("\n    ");
        let (server, check) = (lines(found), lines(expected));
        if server != check {
            out.push_str(&format!("{file}\n  the server:\n    {server}\n  the check:\n    {check}\n"));
        }
    }
    out
}

fn save(documents: &[Document]) {
    for document in documents {
        std::fs::write(&document.path, &document.text).unwrap();
    }
}

fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or_default()
}

fn run(seed: u64, edits: usize) -> usize {
    let files = [("a.chain.yaml", YAML), ("b.chain.toml", TOML), ("c.chain.json", JSON), ("nginx.conf", NGINX)];
    // An empty file of settings ends the search for them above, and the project.
    let (_dir, root) = folder(&[("hoplint.toml", "")]);
    let every = std::env::var("HOPLINT_TORTURE").is_ok_and(|value| value == "all");
    let mut documents: Vec<Document> = files
        .iter()
        .map(|(name, text)| Document { path: root.join(name), start: text, text: (*text).to_owned(), version: 1 })
        .collect();
    save(&documents);
    let related = json!({"textDocument": {"publishDiagnostics": {"relatedInformation": true}}});
    let mut client = Client::with(&root, related, json!({}));
    client.indexed();
    for document in &documents {
        client.open(&document.path, document.start);
    }
    let (mut dice, begun, mut warm) = (Dice(seed), Instant::now(), 0);
    for edit in 1..=edits {
        if begun.elapsed() > MOST && !every {
            return edit;
        }
        let at = dice.roll(documents.len());
        let document = &mut documents[at];
        let changes: Vec<Value> = (0..=dice.roll(3)).map(|_| document.edit(&mut dice)).collect();
        document.version += 1;
        let path = document.path.clone();
        client.changes(&path, document.version, json!(changes));
        let id = client.ask("hoplint/text", json!({"textDocument": {"uri": uri(&path)}}));
        let expected = fresh(&root, &documents);
        let answer = client.answer(id);
        assert_eq!(answer["result"]["text"], json!(documents[at].text), "seed {seed}, edit {edit}");
        let found = of_protocol(&client.published);
        let texts =
            || documents.iter().map(|d| format!("{}\n{:?}", d.path.display(), d.text)).collect::<Vec<_>>().join("\n");
        assert!(found == expected, "seed {seed}, edit {edit}: {changes:?}\n{}\n{}", texts(), other(&found, &expected));
        if every || edit % PROCESSES == 0 {
            save(&documents);
            let printed = of_command_line(&root);
            assert!(found == printed, "seed {seed}, edit {edit}\n{}\n{}", texts(), other(&found, &printed));
        }
        client.heard.clear();
        if edit == edits / 4 {
            warm = memory(client.pid());
        }
    }
    let end = memory(client.pid());
    assert!(end <= warm + 2048, "{warm} KiB of memory became {end}");
    edits
}

#[test]
fn text_and_findings_survive_random_edits() {
    const SESSIONS: usize = 2;
    let seed = std::env::var("HOPLINT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_122_u64);
    let sessions: Vec<_> =
        (0..SESSIONS).map(|i| std::thread::spawn(move || run(seed + i as u64, EDITS / SESSIONS))).collect();
    let done: usize = sessions.into_iter().map(|session| session.join().unwrap()).sum();
    assert!(done > EDITS / 20, "only {done} edits in {MOST:?}");
    println!("{done} edits");
}
