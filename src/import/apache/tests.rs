//! What holds after inheritance and sharing, and that every name is the catalogue's.

use super::{Apache, hops};
use crate::catalog::store::Catalog;
use crate::import::{Given, Import, Match, Reader, reader::NoIncludes};
use crate::model::Declared;
use crate::span::FileId;
use std::fmt::Write as _;

fn effective(text: &str) -> String {
    let mut out = Import::default();
    Apache.read(&Given { file: FileId(0), path: "site.conf", text }, &NoIncludes, &mut out);
    let mut told = String::new();
    for hop in out.hops {
        let _ = write!(told, "{}:", hop.selector);
        for (timer, value) in &hop.hop.timers {
            let shown = match value.value {
                Declared::Set(crate::catalog::Setting::At(at)) => at.to_string(),
                other => format!("{other:?}"),
            };
            let _ = write!(told, " {} {shown},", timer.value);
        }
        told.push('\n');
    }
    told
}

#[test]
fn every_name_is_one_that_the_catalogue_knows() {
    let catalog = Catalog::default();
    let platform = catalog.find(hops::PLATFORM).expect("the platform is embedded");
    let names = hops::WORKER.iter().map(|(_, name)| *name).chain(hops::SERVER).chain([hops::PROXY_TIMEOUT]);
    for name in names {
        let known = |timer: &crate::catalog::Timer| timer.native == name || timer.native_also.iter().any(|n| n == name);
        assert!(platform.timers.iter().any(known), "{name}");
    }
    for key in hops::WORKER_KEYS.iter().chain(hops::SERVER_KEYS).chain(hops::PROXY_KEYS) {
        assert!(platform.timer(key.timer).is_some(), "{} is no timer", key.timer);
    }
    assert!(platform.facets.iter().any(|facet| facet.id == "balancer"));
}

#[test]
fn a_host_takes_from_the_main_server_what_it_does_not_say() {
    let text = "\
Timeout 100
ProxyTimeout 50
<VirtualHost *:80>
  ServerName a.example.com
  KeepAliveTimeout 7
  ProxyPass /x http://app:1/
</VirtualHost>
<VirtualHost *:80>
  ServerName b.example.com
  Timeout 30
  ProxyTimeout 20
  ProxyPass /x http://app:1/ timeout=10 connectiontimeout=500ms
</VirtualHost>
";
    assert_eq!(
        effective(text),
        "VirtualHost a.example.com:80/ProxyPass /x: Timeout 100s, KeepAliveTimeout 7s, ProxyTimeout 50s,\n\
         VirtualHost b.example.com:80/ProxyPass /x: Timeout 30s, KeepAliveTimeout 7s, ProxyPass timeout= 10s, \
         ProxyPass connectiontimeout= 500ms,\n"
    );
}

#[test]
fn one_url_is_one_worker() {
    let text = "\
ProxyPass /a http://app:1/ timeout=5
ProxyPass /b http://app:1/b timeout=7
<Proxy http://other:2/>
  ProxySet timeout=9
</Proxy>
ProxyPass /c http://other:2/
ProxyPass /d !
";
    assert_eq!(
        effective(text),
        "ProxyPass /a: ProxyPass timeout= 5s,\nProxyPass /b: ProxyPass timeout= 5s,\nProxyPass /c: ProxyPass timeout= 9s,\n"
    );
}

#[test]
fn variables_and_conditions() {
    let text = "\
Define T 7
Define U ${X}
<IfModule mod_proxy.c>
Timeout ${T}
</IfModule>
<IfModule !mod_proxy.c>
Timeout 1
</IfModule>
<IfDefine FAST>
KeepAliveTimeout 1
</IfDefine>
<IfVersion < 2.4>
Timeout 2
</IfVersion>
ProxyPass / http://app/ timeout=${U} ttl=${T}
";
    assert_eq!(
        effective(text),
        "ProxyPass /: Timeout 7s, KeepAliveTimeout Unseen, ProxyPass timeout= Unseen, ProxyPass ttl= 7s,\n"
    );
}

#[test]
fn what_is_certain_and_what_is_not() {
    assert_eq!(Apache.knows("x.conf", "<VirtualHost *:80>\n</VirtualHost>\n"), Match::Yes);
    assert_eq!(Apache.knows("x.conf", "server {\n listen 80;\n}\n"), Match::No);
    assert_eq!(Apache.knows("site", "ProxyPass / http://a/\n"), Match::Maybe);
    assert_eq!(Apache.knows(".htaccess", "RewriteEngine On\n"), Match::Yes);
}

#[test]
fn a_search_opens_few_files() {
    for name in ["httpd.conf", "web/.htaccess", "etc/apache2/sites-available/chat", "site.conf.j2"] {
        assert!(Apache.may_be(name), "{name}");
    }
    for name in ["src/main/java/org/apache/foo/Bar.java", "README.md", "Makefile"] {
        assert!(!Apache.may_be(name), "{name}");
    }
}
