//! Scenarios as data: chain files as a user writes them, and under each, in comments, what the upstream does.
//!
//! A file holds several chains between lines of `---`. A run is a comment line of its own:
//!
//! ```text
//! #> 200, byte, +400ms byte, end         a status, then a byte at once, one 0.4 s later, and the end
//! #> 503 | 200, end                      the first call fails, the second and all later ones are answered
//! #> +1500ms 200, 5 bytes every 300ms, end
//! #> never                               takes the request and never says a word
//! #> 200, byte, never                    falls silent inside the body
//! #> reset      #> 200, byte, reset      the connection is reset before the headers, or inside the body
//! #> 200, byte, close                    the connection ends where more was to come
//! #> 429 retry-after 1s, end | 200, end
//! #> refused    #> dead                  nothing listens; connections are neither taken nor refused
//! #> leaves 700ms: never                 the user goes after 0.7 s
//! ```

use hoplint::duration::Dur;

/// One chain and what is run through it.
pub struct Chain {
    /// The chain file.
    pub text: String,
    pub runs: Vec<Play>,
    /// The file of scenarios that it stands in.
    pub group: &'static str,
}

/// What one run does.
#[derive(Clone, Debug)]
pub struct Play {
    /// As it was written.
    pub said: String,
    pub upstream: Upstream,
    /// When the user goes.
    pub leaves: Option<Dur>,
}

#[derive(Clone, Debug)]
pub enum Upstream {
    Refused,
    Dead,
    /// Attempt k gets entry k; the last one repeats.
    Scripted(Vec<Vec<Step>>),
}

/// One thing that the upstream does, after a pause since the one before.
#[derive(Clone, Debug)]
pub struct Step {
    pub after: Dur,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Status { status: u16, retry_after: Option<Dur> },
    Byte,
    Bytes { count: u64, every: Dur },
    End,
    Reset,
    Close,
}

/// The chains of one file.
pub fn chains(group: &'static str, file: &str) -> Vec<Chain> {
    let parts = file.split("\n---\n").filter(|part| part.contains("version:"));
    parts
        .map(|part| {
            let runs: Vec<Play> = part.lines().filter_map(|line| line.strip_prefix("#> ")).map(play).collect();
            assert!(!runs.is_empty(), "{group}: a chain without a run\n{part}");
            let text = part.lines().filter(|line| !line.starts_with("#> ")).collect::<Vec<_>>().join("\n") + "\n";
            Chain { text, runs, group }
        })
        .collect()
}

fn play(line: &str) -> Play {
    let (leaves, script) = match line.strip_prefix("leaves ").map(|rest| rest.split_once(": ").unwrap()) {
        Some((after, script)) => (Some(duration(after)), script),
        None => (None, line),
    };
    let upstream = match script.trim() {
        "refused" => Upstream::Refused,
        "dead" => Upstream::Dead,
        steps => Upstream::Scripted(self::script(steps)),
    };
    Play { said: line.trim().to_owned(), upstream, leaves }
}

/// The steps of each call.
pub fn script(text: &str) -> Vec<Vec<Step>> {
    text.split(" | ").map(call).collect()
}

/// The steps of one call; `never` stands for the silence after them.
fn call(script: &str) -> Vec<Step> {
    script.split(", ").map(str::trim).filter(|step| *step != "never").map(step).collect()
}

fn step(text: &str) -> Step {
    let (after, rest) = match text.strip_prefix('+').map(|rest| rest.split_once(' ').unwrap()) {
        Some((after, rest)) => (duration(after), rest),
        None => (Dur::ZERO, text),
    };
    let words: Vec<&str> = rest.split(' ').collect();
    let what = match words.as_slice() {
        ["byte"] => What::Byte,
        ["end"] => What::End,
        ["reset"] => What::Reset,
        ["close"] => What::Close,
        [count, "bytes", "every", every] => What::Bytes { count: count.parse().unwrap(), every: duration(every) },
        [status, "retry-after", wait] => {
            What::Status { status: status.parse().unwrap(), retry_after: Some(duration(wait)) }
        }
        [status] => {
            What::Status { status: status.parse().unwrap_or_else(|_| panic!("`{text}` is no step")), retry_after: None }
        }
        _ => panic!("`{text}` is no step"),
    };
    Step { after, what }
}

fn duration(text: &str) -> Dur {
    Dur::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}
