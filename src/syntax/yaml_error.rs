//! What the YAML parser's first error means, in words that help someone who does not know the grammar.

use super::{MAX_DEPTH, SyntaxError};
use crate::span::Span;
use granit_parser::{ErrorKind, ScanError};

/// `open` is the innermost bracket that was open.
pub(super) fn explain(text: &str, error: &ScanError, open: Option<Span>) -> SyntaxError {
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let at = if is_about_tabs(error.kind()) { at + text[at..].find('\t').unwrap_or(0) } else { at };
    let (message, help) = words(error.kind());
    let mut explained = SyntaxError::new(span(text, at), message);
    explained.help = help.map(str::to_owned);
    if let Some(open) = open
        && is_about_brackets(error.kind())
    {
        explained.related = Some((open, "opened here".to_owned()));
    }
    explained
}

/// The character at the error, or nothing at the end of a line.
fn span(text: &str, at: usize) -> Span {
    let at = (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    let width = text[at..].chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8);
    Span::of(at..at + width)
}

/// The parser names the value before the tab.
const fn is_about_tabs(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart
    )
}

const fn is_about_brackets(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofImplicitFlowMapping
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::MismatchedFlowCollectionEnd { .. }
            | ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::InvalidColonPlacement
            | ErrorKind::InvalidFlowScalarIndent
            | ErrorKind::BlockEntryInFlowCollection
            | ErrorKind::UnexpectedEof
    )
}

fn words(kind: &ErrorKind) -> (String, Option<&'static str>) {
    let with = |message: &str, help: &'static str| (message.to_owned(), Some(help));
    match kind {
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => with("the file ends inside a bracket", "close the bracket"),
        ErrorKind::UnclosedFlowCollection { open } => {
            (format!("the bracket `{open}` is never closed"), Some("close the bracket"))
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            (format!("`{close}` cannot close the bracket `{open}`"), None)
        }
        ErrorKind::MisplacedFlowCollectionEnd => with("this bracket closes nothing", "remove it, or quote the text"),
        ErrorKind::ExpectedFlowMappingSeparator => with("expected `,` or `}` here", "is the bracket closed?"),
        ErrorKind::ExpectedFlowSequenceSeparator => with("expected `,` or `]` here", "is the bracket closed?"),
        ErrorKind::InvalidColonPlacement => with("this `:` is out of place", "is the bracket before it closed?"),
        ErrorKind::MappingValueNotAllowed => with(
            "this `:` starts a second value on one line",
            "put the key on its own line, or quote text that contains `: `",
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry | ErrorKind::InvalidIndentation => {
            with(
                "this line does not fit the lines above",
                "indent it exactly as the other keys or items of the same map or list",
            )
        }
        ErrorKind::MappingKeyNotAllowed => with("a key cannot stand here", "start it on a line of its own"),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            with("expected a `:` after this key", "write `key: value`; a key stands on one line")
        }
        ErrorKind::BlockSequenceEntryNotAllowed => {
            with("a list item cannot start here", "start the list on the next line, indented")
        }
        ErrorKind::UnclosedQuotedScalar => with("this quote is never closed", "close the quote"),
        ErrorKind::InvalidQuotedScalarIndent => with(
            "a text in quotes goes on here, but the line is not indented",
            "close the quote above, or indent this line",
        ),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            with("text after a closing quote", "put all of the text inside the quotes")
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            with("unknown escape in double quotes", "write `\\\\` for a backslash, or use single quotes")
        }
        kind if is_about_tabs(kind) => with("a tab cannot indent YAML", "use spaces"),
        ErrorKind::UnexpectedCharacter { character } => {
            (format!("no value can start with `{}`", character.escape_default()), Some("put the text in quotes"))
        }
        ErrorKind::CommentNotSeparated => with("a `#` needs a space before it to start a comment", "add a space"),
        ErrorKind::RecursionLimitExceeded => {
            (format!("lists and maps stand more than {MAX_DEPTH} deep inside each other"), None)
        }
        ErrorKind::BomInsideDocument => with("a byte order mark inside the text", "remove it"),
        ErrorKind::UndeclaredTagHandle => with("unknown tag", "remove the tag"),
        other => (other.to_string(), None),
    }
}
