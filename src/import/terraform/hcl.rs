//! HCL, as Terraform writes it: blocks, attributes and the expressions that are plain, with their places.
//!
//! The `hcl-edit` crate parses; nothing is ever printed with it. A file that does not parse as a whole is parsed piece by
//! piece, so that what is right in it can be read.

use super::scan::{scan, without_wide};
use crate::span::Span;
use crate::syntax::{MAX_ERRORS, SyntaxError};
use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use hcl_edit::structure::{self, BlockLabel};
use hcl_edit::{Span as _, parser};

/// One parsed file.
#[derive(Debug, Default)]
pub struct Hcl {
    pub body: Body,
    pub comments: Vec<Span>,
    pub errors: Vec<SyntaxError>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub name: String,
    pub name_at: Span,
    pub value: Expr,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub kind: String,
    pub labels: Vec<String>,
    /// Its first line up to the brace: what to point at.
    pub head: Span,
    pub at: Span,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Quotes included.
    pub at: Span,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Str(String),
    List(Vec<Expr>),
    Object(Vec<(String, Span, Expr)>),
    /// `var.timeout`, `aws_lb.chat.arn`; `[0]` and the like are passed over.
    Path(Vec<String>),
    /// What takes a program to know.
    Other,
}

impl Body {
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub fn blocks_of<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Block> {
        self.blocks.iter().filter(move |block| block.kind == kind)
    }
}

impl Expr {
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Its text, inside the quotes where it is a string.
    pub fn inner(&self, text: &str) -> Span {
        let source = self.at.text(text);
        let quoted = source.len() >= 2 && source.starts_with('"') && source.ends_with('"');
        if quoted { Span::new(self.at.start + 1, self.at.end - 1) } else { self.at }
    }
}

/// Parses a text. What is broken is left out, with an error.
pub fn parse(text: &str) -> Hcl {
    let mut out = Hcl::default();
    // Terraform takes a mark of byte order; the parser does not.
    let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let whole = Span::of(skipped..text.len());
    let found = scan(text);
    out.comments = found.comments;
    let narrowed = (!found.wide.is_empty()).then(|| without_wide(text, &found.wide));
    let text = narrowed.as_deref().unwrap_or(text);
    match body(whole, text) {
        Ok(body) => out.body = body,
        Err(error) => {
            for piece in found.pieces {
                match body(piece, text) {
                    Ok(more) => {
                        out.body.attributes.extend(more.attributes);
                        out.body.blocks.extend(more.blocks);
                    }
                    Err(error) if out.errors.len() < MAX_ERRORS => out.errors.push(error),
                    Err(_) => {}
                }
            }
            if out.errors.is_empty() {
                out.errors.push(error);
            }
        }
    }
    out
}

fn body(piece: Span, text: &str) -> Result<Body, SyntaxError> {
    let source = piece.text(text);
    let reader = Reader { text: source, base: piece.start };
    match parser::parse_body(source) {
        Ok(body) => Ok(reader.body(&body)),
        Err(error) => {
            let location = error.location();
            // A parse that fails at the end of the text points behind it.
            let at = reader.base as usize + location.offset().min(source.len());
            let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            Err(SyntaxError::new(Span::of(at..end), format!("this is no HCL: {}", one_line(error.message()))))
        }
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Reader<'t> {
    text: &'t str,
    base: u32,
}

impl Reader<'_> {
    fn body(&self, body: &structure::Body) -> Body {
        let mut out = Body::default();
        for item in body {
            match item {
                structure::Structure::Attribute(attribute) => out.attributes.push(Attribute {
                    name: attribute.key.as_str().to_owned(),
                    name_at: self.span(attribute.key.span()),
                    value: self.expr(&attribute.value),
                }),
                structure::Structure::Block(block) => out.blocks.push(self.block(block)),
            }
        }
        out
    }

    fn block(&self, block: &structure::Block) -> Block {
        let kind = self.span(block.ident.span());
        let label = |label: &BlockLabel| match label {
            BlockLabel::Ident(ident) => ident.span(),
            BlockLabel::String(text) => text.span(),
        };
        let last = block.labels.last().map_or(kind, |last| self.span(label(last)));
        Block {
            kind: block.ident.as_str().to_owned(),
            labels: block.labels.iter().map(|label| label.as_str().to_owned()).collect(),
            head: kind.to(last),
            at: kind.to(self.span(block.span())),
            body: self.body(&block.body),
        }
    }

    fn expr(&self, expr: &Expression) -> Expr {
        let at = self.span(expr.span());
        let value = match expr {
            Expression::Null(_) => Value::Null,
            Expression::Bool(value) => Value::Bool(*value.value()),
            Expression::Number(_) => Value::Number(self.source(at).to_owned()),
            Expression::String(text) => Value::Str(text.as_str().to_owned()),
            Expression::Array(items) => Value::List(items.iter().map(|item| self.expr(item)).collect()),
            Expression::Object(object) => {
                let entry = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| {
                    let name = match key {
                        ObjectKey::Ident(ident) => ident.as_str().to_owned(),
                        ObjectKey::Expression(Expression::String(text)) => text.as_str().to_owned(),
                        ObjectKey::Expression(_) => return None,
                    };
                    let key_at = match key {
                        ObjectKey::Ident(ident) => ident.span(),
                        ObjectKey::Expression(expr) => expr.span(),
                    };
                    Some((name, self.span(key_at), self.expr(value.expr())))
                };
                Value::Object(object.iter().filter_map(entry).collect())
            }
            Expression::Parenthesis(inner) => return Expr { at, ..self.expr(inner.inner()) },
            Expression::Variable(name) => Value::Path(vec![name.as_str().to_owned()]),
            Expression::Traversal(traversal) => path(traversal).map_or(Value::Other, Value::Path),
            // `"${var.x}"`, as Terraform wanted references before 0.12.
            Expression::StringTemplate(_) => alone(self.source(at)).map_or(Value::Other, Value::Path),
            _ => Value::Other,
        };
        Expr { at, value }
    }

    /// Without blanks at either end, which some spans of the parser include.
    fn span(&self, range: Option<std::ops::Range<usize>>) -> Span {
        let range = range.unwrap_or(0..0);
        let Some(text) = self.text.get(range.clone()) else { return Span::at(self.base) };
        let start = range.start + (text.len() - text.trim_start().len());
        let span = Span::of(start..start + text.trim().len());
        Span::new(self.base + span.start, self.base + span.end)
    }

    fn source(&self, at: Span) -> &str {
        Span::new(at.start - self.base, at.end - self.base).text(self.text)
    }
}

/// The path in a string that is nothing but one reference.
fn alone(source: &str) -> Option<Vec<String>> {
    let inner = source.strip_prefix("\"${")?.strip_suffix("}\"")?.trim();
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let parts: Vec<&str> = inner.split('.').collect();
    (parts.len() > 1 && parts.iter().all(|part| word(part))).then(|| parts.into_iter().map(str::to_owned).collect())
}

fn path(traversal: &hcl_edit::expr::Traversal) -> Option<Vec<String>> {
    let Expression::Variable(first) = &traversal.expr else { return None };
    let mut path = vec![first.as_str().to_owned()];
    for operator in &traversal.operators {
        match operator.value() {
            TraversalOperator::GetAttr(name) => path.push(name.as_str().to_owned()),
            TraversalOperator::Index(Expression::String(key)) => path.push(key.as_str().to_owned()),
            _ => {}
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "resource \"aws_lb\" \"chat\" {\n  idle_timeout = 120 # s\n  name = \"chat\"\n  tags = { a = 1, \"b\" = var.x }\n  subnets = [aws_subnet.a.id]\n  x = var.t * 2\n  access_logs {\n    bucket = \"b\"\n  }\n}\n";

    #[test]
    fn reads_blocks_with_places() {
        let hcl = parse(TEXT);
        assert!(hcl.errors.is_empty());
        let block = &hcl.body.blocks[0];
        assert_eq!(
            (block.kind.as_str(), &block.labels[..]),
            ("resource", &["aws_lb".to_owned(), "chat".to_owned()][..])
        );
        assert_eq!(block.head.text(TEXT), "resource \"aws_lb\" \"chat\"");
        let idle = block.body.get("idle_timeout").unwrap();
        assert_eq!((idle.name_at.text(TEXT), idle.value.at.text(TEXT)), ("idle_timeout", "120"));
        assert_eq!(idle.value.value, Value::Number("120".to_owned()));
        let name = block.body.get("name").unwrap();
        assert_eq!(name.value.inner(TEXT).text(TEXT), "chat");
        assert!(matches!(&block.body.get("subnets").unwrap().value.value, Value::List(items)
            if items[0].value == Value::Path(vec!["aws_subnet".into(), "a".into(), "id".into()])));
        assert_eq!(block.body.get("x").unwrap().value.value, Value::Other);
        let old = parse("a = \"${var.x}\"\nb = \"${var.x}s\"\n");
        assert_eq!(old.body.attributes[0].value.value, Value::Path(vec!["var".into(), "x".into()]));
        assert_eq!(old.body.attributes[1].value.value, Value::Other);
        assert_eq!(block.body.blocks_of("access_logs").count(), 1);
        assert_eq!(hcl.comments[0].text(TEXT), "# s");
    }

    #[test]
    fn a_broken_piece_leaves_the_others() {
        let text = format!("resource \"a\" \"b\" {{\n  x = = 1\n}}\n\u{e9} = 3\n{TEXT}");
        let hcl = parse(&text);
        assert!(!hcl.errors.is_empty());
        let block = hcl.body.blocks.iter().find(|b| b.labels[0] == "aws_lb").unwrap();
        assert_eq!(block.body.get("idle_timeout").unwrap().value.at.text(&text), "120");
    }

    #[test]
    fn numbers_are_as_written_and_depth_is_bounded() {
        let hcl = parse("a = 99999999999999999999.10\n");
        assert_eq!(hcl.body.attributes[0].value.value, Value::Number("99999999999999999999.10".to_owned()));
        let deep = format!("a = {}{}\n", "[".repeat(5000), "]".repeat(5000));
        assert!(!parse(&deep).errors.is_empty());
        let deep = "a {\n".repeat(5000);
        assert!(!parse(&deep).errors.is_empty());
    }

    #[test]
    fn an_object_of_many_keys_is_passed_over_and_its_neighbours_are_read() {
        let keys: Vec<String> = (0..200_000).map(|i| format!("k{i} = 1,\n")).collect();
        let text = format!("a = 1\nv = {{\n{}}}\nw = 2\n", keys.concat());
        let hcl = parse(&text);
        assert!(hcl.errors.is_empty());
        let values: Vec<_> = hcl.body.attributes.iter().map(|a| (a.name.as_str(), &a.value.value)).collect();
        let (one, two) = (Value::Number("1".to_owned()), Value::Number("2".to_owned()));
        assert_eq!(values, [("a", &one), ("v", &Value::Other), ("w", &two)]);
        assert_eq!(hcl.body.attributes[2].value.at.text(&text), "2");
    }

    proptest! {
        #[test]
        fn any_text_is_parsed(text in "[a-z=\"{}$.<\\-#\\n\\\\ é\\[\\],0-9]{0,80}") {
            let hcl = parse(&text);
            for attribute in &hcl.body.attributes {
                prop_assert!(text.get(attribute.value.at.range()).is_some());
            }
        }
    }
}
