//! That every name is the catalogue's, and what is taken for a Caddyfile.

use super::{Caddy, hops};
use crate::catalog::store::Catalog;
use crate::import::{Match, Reader};

#[test]
fn every_name_is_one_that_the_catalogue_knows() {
    let catalog = Catalog::default();
    let platform = catalog.find(hops::PLATFORM).expect("the platform is embedded");
    for name in hops::TRANSPORT.iter().chain(&hops::PROXY) {
        assert!(platform.timers.iter().any(|timer| timer.native == *name), "{name}");
    }
    for (key, id) in hops::SERVER {
        let timer = platform.timer(id).unwrap_or_else(|| panic!("{id} is no timer"));
        assert_eq!(timer.native, format!("servers {{ timeouts {{ {key} }} }}"));
    }
    for key in hops::TRANSPORT_KEYS {
        let timer = platform.timer(key.timer).unwrap_or_else(|| panic!("{} is no timer", key.timer));
        assert_eq!(timer.native, key.key);
    }
    for key in hops::SERVER_KEYS {
        assert!(hops::SERVER.contains(&(key.key, key.timer)), "{}", key.key);
    }
}

#[test]
fn what_is_certain_and_what_is_not() {
    assert_eq!(Caddy.knows("deploy/Caddyfile", "example.com {\n  respond hi\n}\n"), Match::Yes);
    assert_eq!(Caddy.knows("x.txt", "example.com\nreverse_proxy app:8000\n"), Match::Maybe);
    assert_eq!(Caddy.knows("x.conf", "server {\n  listen 80;\n}\n"), Match::No);
    assert_eq!(Caddy.knows("x.conf", "defaults\n  mode http\n"), Match::No);
}

#[test]
fn a_search_opens_few_files() {
    for name in ["Caddyfile", "docker/Caddyfile.dev", "sites/a.caddy", "local.Caddyfile", "Caddyfile.j2"] {
        assert!(Caddy.may_be(name), "{name}");
    }
    for name in ["caddyfile.go", "docs/caddyfile.md", "nginx.conf"] {
        assert!(!Caddy.may_be(name), "{name}");
    }
}
