//! Reported by the engine, which reads what `from:` names.

use super::{by_engine, rule};

rule! {
    /// A hop is bound to a deployed file that cannot be read, or to no hop of it.
    ///
    /// ## What it does
    /// `from: path#selector` binds a hop to the configuration that really runs. Reports a path that leads to no file, to a
    /// file outside of the project, or to a format that hoplint does not read; and a selector that fits none or
    /// several of the hops that stand in the file. The help lists those that would do.
    ///
    /// ## Why it matters
    /// Without the deployed values the chain is a drawing: whatever it says may be long out of date.
    ///
    /// ## Example
    /// ```yaml
    /// - name: proxy
    ///   platform: nginx
    ///   from: nginx/chat.conf#location /v2/
    /// ```
    /// where the file has no such location.
    ///
    /// ## Instead
    /// Copy a selector out of the help, or run `hoplint import nginx/chat.conf`: it writes a skeleton of the chain with every
    /// binding in place.
    "unresolved-binding", Error, fix: None, by_engine
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_has_the_name_that_bindings_are_reported_under() {
        assert_eq!(super::RULE.name, crate::import::bind::UNRESOLVED_BINDING);
    }
}
