//! Where a timeout is not the cause: what the status, the exception and the time say then, and what to look at instead.

use super::evidence::Everything;
use super::reading::{Reading, Sees};
use super::suspect::Elsewhere;
use super::symptom::{Symptom, When};
use crate::catalog::Says;
use crate::duration::Dur;

/// One explanation without a timer.
pub struct Pattern {
    pub name: &'static str,
    /// What was seen, for the page that lists them.
    pub seen: &'static str,
    pub text: &'static str,
    pub look: &'static str,
    /// What a platform's own words for it say.
    says: Option<Says>,
    applies: fn(&Seen<'_>) -> bool,
}

struct Seen<'a> {
    symptom: &'a Symptom,
    reading: &'a Reading,
    says: &'a [Says],
}

impl Seen<'_> {
    fn status(&self, of: &[u16]) -> bool {
        self.symptom.status.is_some_and(|status| of.contains(&status))
    }

    fn sees(&self, what: Sees) -> bool {
        self.reading.sees.contains(&what)
    }

    fn says(&self, what: Says) -> bool {
        self.says.contains(&what)
    }

    /// Faster than any timer for answers.
    fn at_once(&self) -> bool {
        self.symptom.after.is_some_and(|after| after.least < AT_ONCE)
    }

    fn now_and_then(&self) -> bool {
        matches!(self.symptom.when, Some(When::Intermittent | When::Idle))
    }
}

/// Nothing that waits for an answer is set this low.
const AT_ONCE: Dur = Dur::from_secs(1);

/// In the order in which they are told.
pub const PATTERNS: [Pattern; 15] = [
    Pattern {
        name: "rate-limit",
        says: Some(Says::RateLimit),
        seen: "status 429, or an exception that speaks of a rate limit",
        text: "A quota or a rate limit is used up. No timeout repairs it; retries without Retry-After make it worse.",
        look: "the headers `retry-after` and `x-ratelimit-*` of the answer, and the usage page of the provider",
        applies: |s| s.status(&[429]) || s.sees(Sees::RateLimit) || s.says(Says::RateLimit),
    },
    Pattern {
        name: "too-large",
        says: Some(Says::TooLarge),
        seen: "status 413",
        text: "The request body is larger than some hop accepts. It depends on the prompt's size, not on its time.",
        look: "the body limits of each hop, by the `server` header of the answer",
        applies: |s| s.status(&[413]) || s.sees(Sees::TooLarge) || s.says(Says::TooLarge),
    },
    Pattern {
        name: "not-allowed",
        says: None,
        seen: "status 400, 401, 403, 404, 405 or 422",
        text: "The request was answered, and refused. No timer answers so, unless a program in between words its own timeouts this way.",
        look: "the body of the answer",
        applies: |s| s.status(&[400, 401, 403, 404, 405, 422]),
    },
    Pattern {
        name: "caller-left",
        says: Some(Says::CallerLeft),
        seen: "status 499 or 460 in a log",
        text: "The caller went away before the answer: somebody outside has a shorter timeout, or closed the page. The hop that logs it is well.",
        look: "the client's own timeout, and the times at which the lines pile up",
        applies: |s| s.status(&[499, 460]) || s.says(Says::CallerLeft) || s.sees(Sees::Cancelled),
    },
    Pattern {
        name: "dns",
        says: Some(Says::Dns),
        seen: "ENOTFOUND, EAI_AGAIN, no such host",
        text: "A name was not resolved. Nothing was sent yet.",
        look: "`getent hosts NAME` on the machine that calls, and the resolver's log; a few seconds now and then mean a resolver that drops packets",
        applies: |s| s.sees(Sees::Dns) || s.says(Says::Dns),
    },
    Pattern {
        name: "tls",
        says: Some(Says::Tls),
        seen: "an exception that speaks of a certificate or a handshake; status 525 or 526",
        text: "TLS was not agreed on. No timeout repairs it.",
        look: "`openssl s_client -connect HOST:443 -servername HOST`",
        applies: |s| s.sees(Sees::Tls) || s.says(Says::Tls) || s.status(&[525, 526]),
    },
    Pattern {
        name: "refused",
        says: Some(Says::Refused),
        seen: "ECONNREFUSED",
        text: "Nothing listened where the request was sent: a server that is starting, restarting or on another port.",
        look: "whether the process listens (`ss -ltn`), its restarts, and the address that the hop outside calls",
        applies: |s| s.sees(Sees::Refused) || s.says(Says::Refused),
    },
    Pattern {
        name: "broken-off",
        says: Some(Says::Reset),
        seen: "ECONNRESET, socket hang up, RemoteProtocolError, incomplete chunked read; 502 with such a line in a log",
        text: "The next hop inward closed the connection. It crashed, was restarted, was killed by a timer of its own, or closed an idle connection just when it was used again.",
        look: "what that hop logged at that second, and whether it happens inside an answer (a timer or a crash) or before one (an idle connection)",
        applies: |s| s.sees(Sees::Reset) || s.says(Says::Reset),
    },
    Pattern {
        name: "memory",
        says: None,
        seen: "an exception that speaks of memory; a worker that is killed at no fixed time",
        text: "The process ran out of memory and was killed. It looks like a reset, and grows with prompts and batches.",
        look: "`dmesg | grep -i oom`, `kubectl describe pod` (OOMKilled), the memory of the worker before it died",
        applies: |s| s.sees(Sees::OutOfMemory),
    },
    Pattern {
        name: "overload",
        says: Some(Says::Overload),
        seen: "status 503 or 529 at once, or one that says that a queue is full",
        text: "No worker, slot or capacity was free. A longer timeout makes the queue longer, not shorter.",
        look: "how many requests run at once at that hop, its queue, and the provider's status page for 529",
        applies: |s| {
            s.says(Says::Overload)
                || s.sees(Sees::Queue)
                || s.status(&[529])
                || (s.status(&[503]) && s.at_once() && !s.now_and_then())
        },
    },
    Pattern {
        name: "crash",
        says: Some(Says::Crash),
        seen: "status 502 or 500 within a second",
        text: "Nothing waited here: the server inside died, restarted or closed the connection. A longer timeout changes nothing.",
        look: "the log of the innermost server at that second (traceback, OOM, restart), and deployments at that time",
        applies: |s| s.says(Says::Crash) || (s.status(&[500, 502]) && s.at_once()),
    },
    Pattern {
        name: "idle-connection",
        says: None,
        seen: "502, 503 or a reset at once, now and then, or on the first request after a pause",
        text: "The usual cause is a connection that the server closes while its caller sends into it.",
        look: "the idle time of the caller's pool against the keep-alive time of the server: the server's must be longer",
        applies: |s| {
            (s.now_and_then() && (s.status(&[500, 502, 503]) || s.sees(Sees::Reset)))
                || (s.at_once() && (s.status(&[502, 503]) || s.sees(Sees::Reset)))
        },
    },
    Pattern {
        name: "many-steps",
        says: None,
        seen: "never the same duration",
        text: "A timer ends requests at one duration. Many different ones mean a busy server, a queue, or several sequential calls, each below its own limit.",
        look: "the durations of a few hundred requests: timers show as cliffs in a histogram",
        applies: |s| s.symptom.when == Some(When::Peak) && s.symptom.after.is_none(),
    },
    Pattern {
        name: "stalled-connection",
        says: None,
        seen: "the first request after a pause hangs until a read timer ends it",
        text: "A load balancer or NAT between dropped the idle connection without a word, and the request went nowhere.",
        look: "the idle times of L4 balancers and NATs on the way (`hoplint explain` knows them), and TCP keep-alive below them",
        applies: |s| s.symptom.when == Some(When::Idle) && !s.at_once(),
    },
    Pattern {
        name: "finished",
        says: None,
        seen: "status 2xx and an answer that is complete",
        text: "The request was answered. Where nothing arrives until the end, a hop holds the whole answer back; that is buffering, not a timeout.",
        look: "`curl -N` against each hop in turn: the first one that delivers in pieces is inside of the one that buffers",
        applies: |s| s.symptom.status.is_some_and(|status| (200..300).contains(&status)) && !s.symptom.cut,
    },
];

/// What applies, in the order of the table.
pub fn elsewhere(symptom: &Symptom, evidence: &Everything) -> Vec<Elsewhere> {
    let reading = symptom.reading();
    let parts = [&evidence.body, &evidence.headers, &evidence.exception, &evidence.flags, &evidence.status];
    let found =
        || parts.iter().flat_map(|part| part.all()).flat_map(|(_, found)| found.says.iter().map(move |s| (found, s)));
    let says: Vec<Says> = found().map(|(_, (says, _))| *says).collect();
    let seen = Seen { symptom, reading: &reading, says: &says };
    let told = |pattern: &Pattern| {
        let own = found().find_map(|(found, (says, note))| {
            let note = note.as_ref().filter(|_| Some(*says) == pattern.says)?;
            Some(format!(" In the words of {}: {note}", found.name))
        });
        let text = format!("{}{}", pattern.text, own.unwrap_or_default());
        Elsewhere { name: pattern.name, text, look: pattern.look.to_owned() }
    };
    PATTERNS.iter().filter(|pattern| (pattern.applies)(&seen)).map(told).collect()
}

/// The patterns as rows of a table: what was seen, what it says, what to look at.
pub fn page() -> String {
    let mut out = String::from("| seen | what it says | what to look at |\n| --- | --- | --- |\n");
    for Pattern { seen, text, look, .. } in &PATTERNS {
        out.push_str(&format!("| {} | {} | {} |\n", cell(seen), cell(text), cell(look)));
    }
    out
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
