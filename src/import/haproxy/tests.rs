//! Inheritance, conditions and rules, and that every name is the catalogue's.

use super::Haproxy;
use crate::catalog::store::Catalog;
use crate::import::{Given, Import, Match, Reader, reader::NoIncludes};
use crate::model::Declared;
use crate::span::FileId;
use std::fmt::Write as _;

fn read(text: &str) -> Import {
    let mut out = Import::default();
    Haproxy.read(&Given { file: FileId(0), path: "haproxy.cfg", text }, &NoIncludes, &mut out);
    out
}

/// The effective timers of each hop: `selector: timer=value ...`.
fn effective(text: &str) -> String {
    let mut out = String::new();
    for hop in read(text).hops {
        let _ = write!(out, "{}:", hop.selector);
        for (timer, value) in &hop.hop.timers {
            let shown = match value.value {
                Declared::Set(crate::catalog::Setting::At(at)) => at.to_string(),
                Declared::Set(other) => format!("{other:?}"),
                other => format!("{other:?}"),
            };
            let _ = write!(out, " {}={shown}", timer.value);
        }
        out.push('\n');
    }
    out
}

#[test]
fn defaults_are_handed_down_as_haproxy_does() {
    let text = "\
defaults a
  mode http
  timeout client 1s
  timeout server 2s
defaults b from a
  timeout server 3s
defaults
  mode http
  timeout server 4s
frontend x from a
  default_backend own
frontend y from b
  use_backend inherits if TRUE
  default_backend own
backend own from b
  timeout server 5
backend inherits
  timeout client 9s
";
    assert_eq!(
        effective(text),
        "frontend x/backend own: timeout client=1s timeout server=5ms\n\
         frontend y/backend own: timeout client=1s timeout server=5ms\n\
         frontend y/backend inherits: timeout client=1s timeout server=4s\n"
    );
}

#[test]
fn the_last_statement_counts_and_conditions_hide() {
    let text = "\
listen l
  mode http
  timeout server 1s
  timeout server 2s
  timeout connect 3s
  .if defined(X)
  timeout connect 4s
  .endif
  .if 0
  timeout client 8s
  .else
  timeout client 9s
  .endif
";
    assert_eq!(effective(text), "listen l: timeout client=9s timeout connect=Unseen timeout server=2s\n");
}

#[test]
fn lines_that_end_too_early_are_read() {
    for line in ["timeout", "stats", "http-request set-timeout", "option", "no", "acl", "server", "bind", "use_backend"]
    {
        read(&format!("defaults\n {line}\nfrontend a\n {line}\nlisten b\n {line}\n"));
    }
}

#[test]
fn a_rule_that_sets_the_timeout_wins_over_it() {
    let text = "listen a\n mode http\n timeout server 1s\n http-request set-timeout server 2s\n\
                listen b\n mode http\n timeout server 1s\n http-request set-timeout server 2s if { path /x }\n";
    assert_eq!(effective(text), "listen a: timeout server=2s\nlisten b: timeout server=Unseen\n");
}

#[test]
fn the_mode_is_tcp_where_a_whole_file_has_no_word_on_it() {
    let proxies = "listen a\n timeout http-request 1s\n timeout server 2s\n";
    assert_eq!(effective(proxies), "listen a: timeout http-request=1s timeout server=2s\n");
    let whole = format!("global\n{proxies}");
    assert_eq!(effective(&whole), "listen a: timeout server=2s pool-purge-delay=Off\n");
}

#[test]
fn defaults_alone_stand_for_any_proxy() {
    let text =
        "defaults a\n mode http\n timeout client 1s\n timeout server 2s\ndefaults b from a\n timeout server 3s\n";
    assert_eq!(
        effective(text),
        "defaults a: timeout client=1s timeout server=2s\ndefaults b: timeout client=1s timeout server=3s\n"
    );
}

#[test]
fn every_name_is_one_that_the_catalogue_knows() {
    let catalog = Catalog::default();
    let platform = catalog.find(super::hops::PLATFORM).expect("the platform is embedded");
    let names = super::hops::CLIENT.iter().map(|(name, _)| *name).chain(super::hops::SERVER);
    for name in names.chain([super::hops::POOL, super::hops::DRAIN]) {
        assert!(platform.timers.iter().any(|timer| timer.native == name), "{name}");
    }
    for key in super::hops::CLIENT_KEYS.iter().chain(super::hops::SERVER_KEYS) {
        let timer = platform.timer(key.timer).unwrap_or_else(|| panic!("{} is no timer", key.timer));
        assert_eq!(timer.native, key.key);
    }
    for facet in ["abortonclose", "http-no-delay"] {
        assert!(platform.facets.iter().any(|known| known.id == facet), "{facet}");
    }
}

#[test]
fn what_is_certain_and_what_is_not() {
    let knows = |text| Haproxy.knows("x.cfg", text);
    assert_eq!(knows("defaults\n  mode http\n"), Match::Yes);
    assert_eq!(knows("backend default {\n  .host = \"a\";\n}\n"), Match::No);
    assert_eq!(knows("upstream a {\n  server a:80;\n}\n"), Match::No);
    assert_eq!(knows("  timeout server 30s\n"), Match::Maybe);
    assert_eq!(knows("[defaults]\ninventory = x\n"), Match::No);
}

#[test]
fn a_search_opens_few_files() {
    for name in ["haproxy.cfg", "deploy/haproxy/lb.cfg", "haproxy", "haproxy.cfg.j2", "conf/haproxy.tmpl"] {
        assert!(Haproxy.may_be(name), "{name}");
    }
    for name in ["setup.cfg", "pkg/haproxy/haproxy.go", "haproxy.md", "main.rs"] {
        assert!(!Haproxy.may_be(name), "{name}");
    }
}
