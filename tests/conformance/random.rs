//! Chains and scripts that nobody thought of: one to three proxies with timers far enough from each other that a busy
//! machine changes nothing.

use crate::scenario::{self, Chain, Play, Upstream};
use hoplint::duration::Dur;

/// Numbers from a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    /// A time on a grid that leaves room between any two.
    fn time(&mut self, taken: &mut Vec<u64>) -> u64 {
        loop {
            let ms = 700 + 200 * self.below(12);
            if !taken.contains(&ms) {
                taken.push(ms);
                return ms;
            }
        }
    }
}

/// So many chains with five runs each.
pub fn chains(seed: u64, count: u64) -> Vec<Chain> {
    (0..count).map(|n| chain(&mut Dice(seed.wrapping_mul(1_000_003).wrapping_add(n)))).collect()
}

fn chain(dice: &mut Dice) -> Chain {
    let streams = dice.below(3) > 0;
    let mut taken = Vec::new();
    let mut text = String::from("version: 1\n");
    if streams {
        text.push_str("workload: {mode: streaming}\n");
    }
    text.push_str("hops:\n");
    let sdk = dice.below(4) == 0;
    if sdk {
        let platform = dice.one(&["openai-python", "openai-node, with: {version: \"6.49.0\"}"]);
        let (timer, attempts) = (if platform.starts_with("openai-p") { "read" } else { "request" }, 1 + dice.below(2));
        let ms = dice.time(&mut taken);
        text.push_str(&format!(
            "  - {{name: app, platform: {platform}, timeouts: {{{timer}: {ms}ms}}, retries: {{attempts: {attempts}}}}}\n"
        ));
    }
    let hops = 1 + dice.below(3);
    for n in 0..hops {
        text.push_str(&format!("  - {{name: hop{n}, {}}}\n", hop(dice, &mut taken, streams)));
    }
    text.push_str("  - {name: model, platform: openai, cancels: true}\n");
    let runs = (0..5).map(|_| play(dice, streams, !sdk)).collect();
    Chain { text, runs, group: "random" }
}

fn hop(dice: &mut Dice, taken: &mut Vec<u64>, streams: bool) -> String {
    let ms = dice.time(taken);
    let tries = 2 + dice.below(2);
    match dice.below(8) {
        0 | 1 => {
            let buffering = if streams && dice.below(2) == 0 { "off" } else { "on" };
            format!(
                "platform: nginx, with: {{version: \"1.22.1\", proxy-http-version: \"1.1\", proxy-buffering: \"{buffering}\"}}, timeouts: {{read: {ms}ms}}"
            )
        }
        2 => format!(
            "platform: haproxy, with: {{version: \"2.6.12\", http-no-delay: \"on\"}}, timeouts: {{server: {ms}ms, connect: 900ms, client: 9s}}"
        ),
        3 => format!(
            "platform: haproxy, with: {{version: \"2.6.12\", http-no-delay: \"on\"}}, timeouts: {{server: {ms}ms, connect: 900ms, client: 9s}}, retries: {{attempts: {tries}, on: [{}]}}",
            dice.one(&["timeout", "timeout, reset", "504, 503, 502", "reset, 500"])
        ),
        4 => format!("platform: envoy, timeouts: {{stream-idle: {ms}ms, route-total: {}ms}}", dice.time(taken) + 500),
        5 => format!(
            "platform: envoy, with: {{retry-policy: \"on\"}}, timeouts: {{per-try: {ms}ms, route-total: 6s}}, retries: {{attempts: {tries}, on: [{}]}}",
            dice.one(&["429", "503", "connect, refused, timeout, reset", "connect, refused, timeout, reset, 5xx"])
        ),
        6 => format!("platform: caddy, timeouts: {{first-byte: {ms}ms, read: {}ms}}", dice.time(taken)),
        _ if dice.below(2) == 0 => {
            format!("platform: traefik, with: {{version: \"3.7.15\"}}, timeouts: {{first-byte: {ms}ms}}")
        }
        _ => format!("platform: apache-httpd, timeouts: {{read: {}s, client-io: 9s}}", 1 + dice.below(3)),
    }
}

fn play(dice: &mut Dice, streams: bool, may_leave: bool) -> Play {
    let calls: Vec<String> = (0..=dice.below(2)).map(|_| call(dice, streams)).collect();
    let said = calls.join(" | ");
    let leaves = (may_leave && dice.below(5) == 0).then(|| 585 + 100 * dice.below(14));
    Play {
        upstream: Upstream::Scripted(scenario::script(&said)),
        said: leaves.map_or(String::new(), |ms| format!("leaves {ms}ms: ")) + &said,
        leaves: leaves.map(Dur::from_millis),
    }
}

fn call(dice: &mut Dice, streams: bool) -> String {
    let status = *dice.one(&[&200_u16, &200, &200, &200, &200, &500, &503, &429]);
    let first = dice.below(4) * 400;
    match dice.below(10) {
        0 => "never".to_owned(),
        1 => format!("+{first}ms {}", dice.one(&["close", "reset"])),
        _ if status != 200 => format!("+{first}ms {status}, end"),
        _ if !streams => format!("+{first}ms 200, end"),
        n => {
            // Nothing here falls on a moment of something else, nor on nginx's 300 ms.
            let (count, every) = (1 + dice.below(8), *dice.one(&[&170_u64, &220, &370, &470]));
            let last =
                ["end", "end", "+350ms end", "never", "+250ms reset", "+250ms close", "+1650ms byte, end", "end"];
            format!("+{first}ms 200, +150ms {count} bytes every {every}ms, {}", last[usize::try_from(n - 2).unwrap()])
        }
    }
}
