//! Shared hops: what an override joins, and that no file can make their uses grow without bound.

use hoplint::diag::Diagnostic;
use hoplint::model::{Chain, decode};
use hoplint::span::FileId;
use hoplint::syntax::decode::Ctx;
use hoplint::syntax::{Format, parse};

fn read(text: &str) -> (Vec<Chain>, Vec<Diagnostic>) {
    let parsed = parse(text, Format::Yaml);
    let mut ctx = Ctx::new(FileId(0), text, Format::Yaml, &parsed);
    let chains = decode::file(parsed.root.as_ref(), "file", &mut ctx);
    (chains, ctx.diagnostics)
}

/// Each problem as `line: message`.
fn problems(text: &str) -> Vec<String> {
    let line = |d: &Diagnostic| text[..d.primary().expect("a place").span.start as usize].lines().count().max(1);
    read(text).1.iter().map(|d| format!("{}: {}", line(d), d.message)).collect()
}

#[test]
fn an_override_joins_maps_one_level_deep() {
    let (chains, problems) = read(
        "
version: 1
shared:
  gw:
    platform: kong
    timeouts: {connect: 5s, read: 60s}
    retries: {attempts: 3, backoff: {initial: 1s, max: 9s}}
    limits: {read: {max: 90s, reason: granted}}
chains:
  a: {hops: [gw]}
  b:
    hops:
      - use: gw
        name: own
        timeouts: {read: 120s}
        retries: {retries: 0, backoff: {initial: 2s}}
",
    );
    assert_eq!(problems, vec![]);
    let [a, b] = [&chains[0].hops[0], &chains[1].hops[0]];
    assert_eq!((a.name.as_str(), b.name.as_str()), ("gw", "own"));
    let timers: Vec<_> = b.timers.iter().map(|(key, _)| key.value.as_str()).collect();
    assert_eq!(timers, ["connect", "read"]);
    let retries = b.retries.as_ref().expect("retries");
    assert_eq!(retries.attempts.expect("a number").value, 1);
    // A back-off is one value: nothing of the shared one is left in it.
    assert!(format!("{:?}", retries.backoff).contains("max: None"), "{:?}", retries.backoff);
    assert_eq!(b.limits.len(), 1);
}

#[test]
fn a_shared_hop_is_whole_and_its_mistakes_are_told_once() {
    let text = "version: 1
shared:
  a: {timeout: 5}
  b: {use: a}
  c: {platform: nginx, retries: {attempts: 1, retries: 1}}
chains:
  one: {hops: [a, {use: a, name: x}, {use: a, name: y}, c, c, {use: c, name: z}]}
  two: {hops: [d]}
";
    insta::assert_snapshot!(problems(text).join("\n"), @r"
    3: a hop needs the key `platform`
    3: `5` has no unit: 5 what? Write 5s for seconds or 5ms for milliseconds
    5: `attempts` and `retries` say the same thing twice
    8: no hop under `shared` is called `d`
    4: a shared hop is written out; only a hop of a chain can `use` another
    ");
}

#[test]
fn fallbacks_cannot_contain_themselves_or_nest_without_end() {
    let cycle =
        "version: 1\nshared:\n  a: {platform: x, fallbacks: [[b]]}\n  b: {platform: y, fallbacks: [a]}\nhops: [a]\n";
    assert_eq!(problems(cycle), ["4: `a` stands inside its own fallbacks"]);

    let mut chain = "version: 1\nshared:\n".to_owned();
    for i in 0..20_000 {
        chain += &format!("  s{i}: {{platform: x, fallbacks: [s{}]}}\n", i + 1);
    }
    chain += "  s20000: {platform: x}\nhops: [s0]\n";
    assert!(problems(&chain)[0].ends_with("fallbacks stand more than 8 deep inside each other"));
}

#[test]
fn uses_of_shared_hops_expand_within_a_budget() {
    let mut text = "version: 1\nshared:\n".to_owned();
    for i in 0..7 {
        text += &format!("  s{i}: {{platform: x, fallbacks: [{}]}}\n", vec![format!("s{}", i + 1); 20].join(", "));
    }
    text += "  s7: {platform: x}\nhops: [s0]\n";
    let problems = problems(&text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("more values than any real one has"), "{problems:?}");
}

#[test]
fn names_that_the_decoder_gives_are_unique() {
    let (chains, _) =
        read("version: 1\nhops: [{platform: x}, {platform: x}, {platform: y, name: x-2}, {platform: x, name: x-3}]\n");
    let names: Vec<_> = chains[0].hops.iter().map(|hop| hop.name.as_str()).collect();
    assert_eq!(names, ["x", "x-4", "x-2", "x-3"]);
}

#[test]
fn what_says_nothing_is_refused() {
    let head = "version: 1\n";
    for (text, message) in [
        ("chains: {}", "`chains` needs at least one chain"),
        ("hops: []", "a chain needs at least one hop"),
        ("hops: [{platform: x, fallbacks: [[]]}]", "a chain needs at least one hop"),
        ("hops: [{platform: x, limits: {read: {reason: r}}}]", "this limit has neither `min` nor `max`"),
        (
            "hops: [{platform: x, limits: {read: {max: default, reason: r}}}]",
            "expected a duration such as 300s, or none where there is no ceiling, found the text `default`",
        ),
        ("hops: [{platform: x, retries: {backoff: []}}]", "a list of waits needs at least one"),
        ("hops: [{platform: x, retries: {retries: 1000001}}]", "`retries` is a whole number from 0 to 1000000"),
        ("margin: +5%\nhops: [{platform: x}]", "`+5%` is no percentage of a margin: a whole number from 0% to 99%"),
    ] {
        let found: Vec<_> = read(&format!("{head}{text}")).1.into_iter().map(|d| d.message).collect();
        assert_eq!(found, [message], "{text}");
    }
    // A hop that cannot be read is not a chain without hops.
    assert_eq!(problems("version: 1\nhops: [{name: x}]"), ["2: a hop needs the key `platform`"]);
}
