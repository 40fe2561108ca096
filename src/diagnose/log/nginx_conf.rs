//! The `log_format` lines of an nginx configuration, so that logs of one's own shape can be read.

use super::Format;
use super::known;
use crate::syntax::nginx;

/// Every format that a configuration defines.
pub fn formats(text: &str) -> Vec<Format> {
    let parsed = nginx::parse(text);
    let one = |directive: usize| {
        let [keyword, name, parts @ ..] = parsed.words(directive) else { return None };
        (keyword.text(text) == "log_format").then_some(())?;
        let parts = parts.iter().map(|word| word.text(text));
        let whole: String = parts.filter(|part| !part.starts_with("escape=")).collect();
        known::nginx(&name.text(text), &whole)
    };
    (0..parsed.directives.len()).filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_put_together_from_their_pieces() {
        let found = formats(
            "http {\n  log_format timed escape=json '$remote_addr [$time_local] \"$request\" '\n    '$status rt=$request_time';\n  \
             log_format none '-';\n}\n",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "timed");
        let record = found[0].read("10.0.0.1 [22/Nov/2026:07:30:42 +0000] \"GET /x HTTP/1.1\" 504 rt=60.001").unwrap();
        assert_eq!((record.status, record.duration.unwrap().to_string().as_str()), (Some(504), "60.001s"));
    }
}
