//! Where a directive that is not there yet goes: behind the last one of its block, indented as that is.

use super::known::{Family, Key as Directive};
use super::scope::{Scope, Source};
use crate::catalog::Unit;
use crate::import::{Insert, Key};
use crate::span::Span;
use std::ops::Range;

const fn key(timer: &'static str, key: &'static str) -> Key {
    Key { timer, key, unit: Unit::Text }
}

const CLIENT_BODY: Key = key("client-body", "client_body_timeout");
const CLIENT_WRITE: Key = key("client-write", "send_timeout");
const CLIENT_KEEPALIVE: Key = key("client-keepalive", "keepalive_timeout");

const fn of(read: &'static str, connect: &'static str, send: &'static str) -> [Key; 6] {
    [key("read", read), key("connect", connect), key("send", send), CLIENT_BODY, CLIENT_WRITE, CLIENT_KEEPALIVE]
}

const PROXY: [Key; 6] = of("proxy_read_timeout", "proxy_connect_timeout", "proxy_send_timeout");
const FASTCGI: [Key; 6] = of("fastcgi_read_timeout", "fastcgi_connect_timeout", "fastcgi_send_timeout");
const UWSGI: [Key; 6] = of("uwsgi_read_timeout", "uwsgi_connect_timeout", "uwsgi_send_timeout");
const SCGI: [Key; 6] = of("scgi_read_timeout", "scgi_connect_timeout", "scgi_send_timeout");
const GRPC: [Key; 6] = of("grpc_read_timeout", "grpc_connect_timeout", "grpc_send_timeout");

const fn location_keys(family: Family) -> &'static [Key] {
    match family {
        Family::Proxy => &PROXY,
        Family::Fastcgi => &FASTCGI,
        Family::Uwsgi => &UWSGI,
        Family::Scgi => &SCGI,
        Family::Grpc => &GRPC,
    }
}

const SERVER_KEYS: &[Key] = &[key("client-header", "client_header_timeout")];
const POOL_KEYS: &[Key] =
    &[key("upstream-keepalive", "keepalive_timeout"), key("upstream-connection-age", "keepalive_time")];

/// For a location, or a file of bare directives.
pub fn location(scope: &Scope, family: Family) -> Insert {
    insert(scope, location_keys(family))
}

pub fn server(scope: &Scope) -> Insert {
    insert(scope, SERVER_KEYS)
}

/// Its times act only where connections are kept.
pub fn pool(scope: &Scope) -> Option<Insert> {
    scope.own(Directive::plain("keepalive")).map(|_| insert(scope, POOL_KEYS))
}

fn insert(scope: &Scope, keys: &'static [Key]) -> Insert {
    let source = &scope.source;
    let (inside, block) = match scope.directive {
        Some(i) => (source.tree.inside(i), source.tree.directives[i].block.unwrap_or_default()),
        None => (source.tree.all(), Span::of(0..source.text.len())),
    };
    let (at, before) = place(source, inside, block);
    Insert { at: source.loc(Span::at(at)), before, between: " ", after: ";", keys }
}

fn place(source: &Source, inside: Range<usize>, block: Span) -> (u32, String) {
    let text = &*source.text;
    let last = source.tree.list(inside).last().map(|i| source.tree.directives[i].span);
    let Some(last) = last else {
        let outer = indentation(text, block.start as usize);
        let line_break = line_break(text, block.start as usize);
        return (block.start, format!("{line_break}{outer}    "));
    };
    let begins_line = text[..last.start as usize].trim_end_matches([' ', '\t']).ends_with('\n') || last.start == 0;
    if !begins_line {
        return (last.end, " ".to_owned());
    }
    // A comment behind the directive stays with it.
    let comments = &source.tree.comments;
    let behind = comments.get(comments.partition_point(|comment| comment.start < last.end));
    let same_line = behind.filter(|c| Span::new(last.end, c.start).text(text).trim_matches([' ', '\t']).is_empty());
    let at = same_line.map_or(last.end, |comment| comment.end);
    let line_break = line_break(text, last.start as usize);
    (at, format!("{line_break}{}", indentation(text, last.start as usize)))
}

/// As the line above ends.
fn line_break(text: &str, at: usize) -> &'static str {
    let above = text[..at].rfind('\n');
    if above.is_some_and(|n| text[..n].ends_with('\r')) { "\r\n" } else { "\n" }
}

/// The white space that a line begins with.
fn indentation(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let line = &text[start..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}
