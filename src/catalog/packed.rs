//! The embedded platforms as trees that need no parsing. `build.rs` writes the form, and a test keeps it equal to the
//! text: reading TOML would be most of the time of a run that checks one chain.

use crate::span::Span;
use crate::syntax::{Entry, Key, Kind, Node};
use std::borrow::Cow;

/// The tree of one packed file. `None` only for bytes that the build did not write.
pub fn unpack(mut bytes: &'static [u8]) -> Option<Node<'static>> {
    value(&mut bytes)
}

fn value(bytes: &mut &'static [u8]) -> Option<Node<'static>> {
    let (tag, rest) = bytes.split_first()?;
    *bytes = rest;
    let kind = match tag {
        b's' => Kind::Str(Cow::Borrowed(string(bytes)?)),
        b'i' => Kind::Int(string(bytes)?.parse().ok()?),
        b'n' => Kind::Num(Cow::Borrowed(string(bytes)?)),
        b't' => Kind::Bool(true),
        b'f' => Kind::Bool(false),
        b'a' => {
            let count = length(bytes)?;
            Kind::Seq((0..count).map(|_| value(bytes)).collect::<Option<_>>()?)
        }
        b'm' => {
            let count = length(bytes)?;
            Kind::Map((0..count).map(|_| entry(bytes)).collect::<Option<_>>()?)
        }
        _ => return None,
    };
    Some(Node { span: Span::default(), def: None, kind })
}

fn entry(bytes: &mut &'static [u8]) -> Option<Entry<'static>> {
    let key = Key { span: Span::default(), text: Cow::Borrowed(string(bytes)?) };
    Some(Entry { key, value: value(bytes)? })
}

fn string(bytes: &mut &'static [u8]) -> Option<&'static str> {
    let size = length(bytes)?;
    let (text, rest) = bytes.split_at_checked(size)?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}

fn length(bytes: &mut &'static [u8]) -> Option<usize> {
    let (n, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    usize::try_from(u32::from_le_bytes(*n)).ok()
}
