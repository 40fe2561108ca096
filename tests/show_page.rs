//! The page of `hoplint show --format html`: its policy, what it brings, and names that would like to be more than text.

#[path = "support/sha256.rs"]
mod sha256;

use std::fs;
use std::process::Command;

fn page(chain: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.chain.yaml"), chain).expect("writable");
    let output = Command::new(env!("CARGO_BIN_EXE_hoplint"))
        .current_dir(folder.path())
        .args(["show", "--format", "html"])
        .env_clear()
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let rest = text.split_once(start).unwrap_or_else(|| panic!("no {start}")).1;
    rest.split_once(end).unwrap_or_else(|| panic!("no {end}")).0
}

const CHAT: &str = include_str!("../examples/chat.chain.yaml");

#[test]
fn the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else() {
    let page = page(CHAT);
    let wanted = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        sha256::source(between(&page, "<style>", "</style>")),
        sha256::source(between(&page, "<script>", "</script>"))
    );
    if std::env::var_os("HOPLINT_BLESS").is_some() {
        fs::write("templates/_show/policy.txt", wanted.clone() + "\n").expect("writable");
    }
    let policy = fs::read_to_string("templates/_show/policy.txt").expect("the policy");
    assert!(policy.trim_end() == wanted, "stale: HOPLINT_BLESS=1 cargo test --test show_page, then build again");
    assert!(page.find("Content-Security-Policy").expect("a policy") < page.find("<style>").expect("a style"));
}

#[test]
fn it_brings_everything_along() {
    let page = page(CHAT);
    let body = page.replace("http://www.w3.org/2000/svg", "");
    for outside in
        ["://", "src=", "@import", "@font-face", "<link", "<iframe", " style=", " onclick", " onload", "<form"]
    {
        assert!(!body.contains(outside), "{outside}");
    }
    assert_eq!((page.matches("<style>").count(), page.matches("<script>").count()), (1, 1));
    assert!(!page.contains("{{") && !page.contains("{%"));
}

#[test]
fn every_name_stays_text() {
    let hostile = [
        "</title><script>alert(1)</script>",
        "\\\"><img src=x onerror=alert(1)>",
        "'-alert(1)-'",
        "{{ 7777 * 3 }}{% raw %}",
        "</style><b>",
        "--><h1>",
        "&lt;script&gt;",
        "\\u202egnp",
        "\\e[31mred",
    ];
    let hops: Vec<String> = hostile
        .iter()
        .enumerate()
        .map(|(n, name)| {
            format!(
                "  - {{name: \"{n}{name}\", platform: \"{}\", timeouts: {{\"{name}\": 5s}}}}\n",
                if n % 2 == 0 { "nginx" } else { name }
            )
        })
        .collect();
    let chain = format!(
        "version: 1\nname: \"{}\"\nworkload: {{mode: streaming, first-byte: 3s, total: 9s}}\nhops:\n{}  - {{name: \"{}\", platform: openai-python, timeout: 5s}}\n  - {{name: \"<i>\", platform: openai}}\n",
        hostile[0],
        hops.concat(),
        hostile[1]
    );
    let clean = page(CHAT);
    let page = page(&chain);
    // Only elements that the page of an ordinary chain has, and no attribute that a name has brought.
    let names = |page: &str| -> std::collections::BTreeSet<String> {
        let tags = page.split('<').skip(1).map(|rest| {
            rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '/' | '!' | '-')).collect::<String>()
        });
        tags.collect()
    };
    let markup = |page: &str| {
        page.split_once("<body>").expect("a body").1.split_once("<script>").expect("a script").0.to_owned()
    };
    let (known, found) = (names(&markup(&clean)), names(&markup(&page)));
    let more: Vec<&String> = found.difference(&known).collect();
    let usual = [
        "circle",
        "/ul",
        "ul",
        "li",
        "fieldset",
        "legend",
        "label",
        "/fieldset",
        "/label",
        "/legend",
        "b",
        "/b",
        "ol",
        "/ol",
        "rect",
        "tspan",
        "/tspan",
        "br",
    ];
    assert!(more.iter().all(|name| usual.contains(&name.as_str())), "{more:?}");
    assert!(
        !page.contains("<script>alert") && !page.contains("<img") && !page.contains("<i>") && !page.contains("23331")
    );
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
}

#[test]
fn several_chains_are_one_page_with_a_way_to_each() {
    let page = page(
        "version: 1\nchains:\n  one: {hops: [{platform: nginx}, {platform: openai}]}\n  two: {hops: [{platform: kong}, {platform: openai}]}\n",
    );
    assert_eq!(page.matches("<section class=\"chain\"").count(), 2);
    assert!(page.contains("<a href=\"#chain-2\">") && page.contains("id=\"chain-2\""));
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "ids are there once");
}
