//! The fuzz targets over their seeds and over seeds changed at random, the same way each time.

#[path = "support/folder.rs"]
mod folder;

#[path = "../fuzz/checks.rs"]
mod checks;

use folder::sorted;
use std::path::Path;

/// What grammars and decoders look for.
const TOKENS: [&str; 81] = [
    "60.001, -",
    "\" 504 ",
    "[22/Nov/2026:07:30:42 +0000]",
    "$request_time ",
    "%{ms}T %D ",
    "{\"duration\":",
    "frontend a\n",
    "defaults b from a\n",
    "timeout server ",
    "use_backend a if {",
    ".if 0\n",
    ".else\n",
    ".endif\n",
    "import p {\n",
    "(p) {\n",
    "{args[0]}",
    "{block}",
    "reverse_proxy a:1 {\n",
    "\\\n",
    "<<E\n",
    "<VirtualHost *:80>\n",
    "</VirtualHost>\n",
    "ProxyPass / http://a/ timeout=",
    "Define T ",
    "Include a.conf\n",
    "${",
    "{{ x }}",
    "{% if x %}\n",
    "version: 1\n",
    "hops:\n  - ",
    "platform: nginx\n",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "|\n  ",
    ">-\n  ",
    "&a ",
    "*a",
    "<<: *a\n",
    "!!int ",
    "# hoplint: ignore[order-inverted] x\n",
    "---\n",
    "\r\n",
    "\t",
    "\0",
    "\u{feff}",
    "é🦀",
    "\\ud83e",
    "\u{1b}[0m",
    "timeout: 90",
    "90s",
    "none",
    "default",
    "99999999999999999999s",
    "[[hops]]\n",
    "a.b.c = 1\n",
    "use: gateway\n",
    "fallbacks: [x]\n",
    "- ",
    ": ",
    ",",
    "\n",
    "null",
    "1e999",
    "-0",
    ";",
    "location / {",
    "proxy_pass http://a;",
    "proxy_read_timeout ",
    "_by_lua_block {",
    "{{ x }}",
    "resource \"aws_lb\" \"b\" {\n",
    "%{ if ",
    "<<-E\n",
    "\nE\n",
    "/* ",
    "(",
    "idle_timeout = ",
];

/// A generator that gives the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % (n.max(1) as u64)).expect("a small number")
    }

    fn range(&mut self, n: usize) -> std::ops::Range<usize> {
        let start = self.below(n + 1);
        let most = (n - start).min(64);
        start..start + self.below(most + 1)
    }
}

fn mutate(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut data = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(6) {
        let at = random.below(data.len() + 1);
        match random.below(8) {
            0 if !data.is_empty() => {
                let at = random.below(data.len());
                data[at] ^= 1 << random.below(8);
            }
            1 => drop(data.drain(random.range(data.len()))),
            2 => {
                let copied = data[random.range(data.len())].to_vec();
                data.splice(at..at, copied);
            }
            3 => {
                let other = &seeds[random.below(seeds.len())];
                let part = other[random.range(other.len())].to_vec();
                data.splice(at..at, part);
            }
            4 => data.truncate(at),
            5 => {
                let digits = random.next().to_string();
                data.splice(at..at, digits.into_bytes());
            }
            _ => {
                let token = TOKENS[random.below(TOKENS.len())];
                data.splice(at..at, token.bytes());
            }
        }
    }
    data
}

fn run(target: &str, rounds: usize, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let seeds: Vec<Vec<u8>> = sorted(&folder).iter().map(|path| std::fs::read(path).expect("a file")).collect();
    let rounds = std::env::var("HOPLINT_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(rounds);
    let mut random = Random(0x0068_6f70_6c69_6e74);
    let inputs = seeds.iter().cloned().chain((0..rounds).map(|_| mutate(&seeds, &mut random)));
    for data in inputs {
        let result = std::panic::catch_unwind(|| check(&data));
        assert!(result.is_ok(), "{target} fails on:\n{}", String::from_utf8_lossy(&data).escape_debug());
    }
}

#[test]
fn syntax() {
    run("syntax", 4_000, checks::syntax);
}

#[test]
fn model() {
    run("model", 4_000, checks::model);
}

#[test]
fn import() {
    run("import", 500, checks::import);
}

#[test]
fn engine() {
    run("engine", 400, checks::engine);
}

#[test]
fn nginx() {
    run("nginx", 4_000, checks::nginx);
}

#[test]
fn haproxy() {
    run("haproxy", 4_000, checks::haproxy);
}

#[test]
fn caddy() {
    run("caddy", 4_000, checks::caddy);
}

#[test]
fn apache() {
    run("apache", 4_000, checks::apache);
}

#[test]
fn terraform() {
    run("terraform", 4_000, checks::terraform);
}

#[test]
fn logs() {
    run("logs", 400, checks::logs);
}
