//! Texts that try to leave their place in some language, in every place of a chain that holds free text.

use hoplint::resolve::Resolved;
use proptest::prelude::*;
use std::sync::Arc;

/// How every text begins, so that what is made from it is found again.
pub const MARK: &str = "qqzz";

/// The chain with other texts in all places that hold free text.
pub fn with_texts(mut chain: Resolved, text: &str) -> Resolved {
    let text = format!("{MARK}{text}");
    chain.name.clone_from(&text);
    for hop in &mut chain.hops {
        let mut spec = (*hop.spec).clone();
        spec.name.clone_from(&text);
        if let Some(method) = &mut spec.method {
            method.value.clone_from(&text);
        }
        for (_, value) in &mut spec.with {
            value.value.clone_from(&text);
        }
        for limit in &mut spec.limits {
            limit.reason.value.clone_from(&text);
        }
        hop.spec = Arc::new(spec);
    }
    chain
}

/// Texts made of what means something in some language, and of anything at all.
pub fn texts() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "\"",
        "'",
        "\\",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "${",
        "$${",
        "%{",
        "#{",
        "}",
        "{",
        "{{",
        "}}",
        "{%",
        ";",
        "#",
        " #",
        ": ",
        "- ",
        "!!str ",
        "&a",
        "*a",
        "|",
        ">",
        "\"\"\"",
        "'''",
        "\u{1b}[31m",
        "\u{9b}",
        "\u{85}",
        "\u{2028}",
        "\u{202e}",
        "\u{feff}",
        "\0",
        "coding: utf-7",
        "evil",
        "a",
        "Z",
        "9",
        "_",
        "-",
        " ",
        "é",
        "東",
        "\u{1f600}",
        "\u{fffe}",
        "\u{e0041}",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()),
        prop::collection::vec(any::<char>(), 0..24).prop_map(String::from_iter),
    ]
}
