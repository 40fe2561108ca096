//! What holds where requests are passed on, and what the reader must not fall for.

use super::{Nginx, detect};
use crate::catalog::{Buffering, Setting};
use crate::diag::Severity;
use crate::duration::Dur;
use crate::import::reader::NoIncludes;
use crate::import::{Deployed, Given, Import, Match, Reader};
use crate::model::Declared;
use crate::span::FileId;

fn import(text: &str) -> Import {
    let mut out = Import::default();
    Nginx.read(&Given { file: FileId(0), path: "nginx.conf", text }, &NoIncludes, &mut out);
    out
}

fn hop<'i>(import: &'i Import, word: &str) -> &'i Deployed {
    let fits = |hop: &&Deployed| hop.selector == word || hop.also.iter().any(|also| also == word);
    import
        .hops
        .iter()
        .find(fits)
        .unwrap_or_else(|| panic!("no {word} in {:?}", import.hops.iter().map(|h| &h.selector).collect::<Vec<_>>()))
}

fn timer(hop: &Deployed, name: &str) -> Option<Dur> {
    let found = hop.hop.timers.iter().find(|(timer, _)| timer.value == name);
    found.and_then(|(_, value)| match value.value {
        Declared::Set(Setting::At(time)) => Some(time),
        _ => None,
    })
}

fn facet<'h>(hop: &'h Deployed, name: &str) -> Option<&'h str> {
    hop.hop.with.iter().find(|(facet, _)| facet.value == name).map(|(_, value)| value.value.as_str())
}

fn errors(import: &Import) -> Vec<&str> {
    import.problems.iter().filter(|p| p.severity == Severity::Error).map(|p| p.message.as_str()).collect()
}

#[test]
fn an_inner_block_overrides_wherever_the_outer_directive_stands() {
    let text = "http { server { server_name a; location /own { proxy_read_timeout 5s; proxy_pass http://b:1; }
        location /outer { proxy_pass http://b:1; } } proxy_read_timeout 9s; proxy_connect_timeout 0; }";
    let read = import(text);
    assert_eq!(timer(hop(&read, "/own"), "proxy_read_timeout"), Some(Dur::from_secs(5)));
    assert_eq!(timer(hop(&read, "/outer"), "proxy_read_timeout"), Some(Dur::from_secs(9)));
    assert_eq!(timer(hop(&read, "/outer"), "proxy_connect_timeout"), Some(Dur::ZERO), "what 0 means is not said here");
    assert_eq!(timer(hop(&read, "/outer"), "proxy_send_timeout"), None, "no defaults");
}

#[test]
fn the_times_of_other_modules_do_not_count() {
    let read =
        import("location / { fastcgi_read_timeout 1s; grpc_read_timeout 2s; proxy_read_timeout 3s; uwsgi_pass u:1; }");
    assert!(read.hops[0].hop.timers.is_empty());
    assert_eq!(read.settings.len(), 3);
    let last = import("location / { proxy_pass http://a:1; fastcgi_pass b:2; fastcgi_read_timeout 4s; }");
    assert_eq!(timer(&last.hops[0], "fastcgi_read_timeout"), Some(Dur::from_secs(4)));
}

#[test]
fn variables_in_proxy_pass_pool_nothing_unless_they_name_a_block() {
    let plain = import("location / { set $up http://app:8000; proxy_pass $up; }");
    assert_eq!(facet(&plain.hops[0], "upstream-block"), Some("off"));
    assert!(plain.hops[0].calls.is_empty());
    assert_eq!(plain.hops[0].unseen[0].timer.as_deref(), Some("proxy_pass"));
    let named = import("upstream llm { server a; } location / { set $up llm; proxy_pass http://$up; }");
    assert_eq!(facet(&named.hops[0], "upstream-block"), None);
    let path = import("upstream llm { server a; } location / { proxy_pass http://llm$request_uri; }");
    assert_eq!(facet(&path.hops[0], "upstream-block"), Some("on"));
    assert_eq!(path.hops[0].calls.len(), 1);
    let part = import("upstream llm { server a; } location / { proxy_pass http://llm-$team; }");
    assert!(part.hops[0].calls.is_empty());
}

#[test]
fn only_a_written_pool_that_can_be_used_is_stated() {
    let pool = |upstream: &str, location: &str| {
        let text = format!("upstream u {{ server a:1; {upstream} }} location / {{ proxy_pass http://u; {location} }}");
        facet(&import(&text).hops[0], "upstream-keepalive").map(str::to_owned)
    };
    let kept = "proxy_http_version 1.1; proxy_set_header Connection \"\";";
    assert_eq!(pool("keepalive 16;", kept).as_deref(), Some("on"));
    // Without the directive the version decides: before 1.29.7 nothing is kept.
    assert_eq!(pool("", kept), None);
    assert_eq!(pool("keepalive 16;", ""), None);
    assert_eq!(pool("keepalive 16;", "proxy_http_version 1.1;"), None);
    assert_eq!(
        pool("keepalive 16;", "proxy_http_version 1.1; proxy_set_header Connection close;").as_deref(),
        Some("off")
    );
    assert_eq!(pool("keepalive 0;", kept).as_deref(), Some("off"));
    // A header of the location hides those of the server.
    let hidden = "server { proxy_http_version 1.1; proxy_set_header Connection ''; location / { proxy_pass http://u; \
                  proxy_set_header Host x; } } upstream u { server a:1; keepalive 4; }";
    assert_eq!(facet(&import(hidden).hops[0], "upstream-keepalive"), None);
    let fastcgi = |more: &str| {
        let text = format!("upstream u {{ server a:1; keepalive 4; }} location / {{ fastcgi_pass u; {more} }}");
        facet(&import(&text).hops[0], "upstream-keepalive").map(str::to_owned)
    };
    assert_eq!(fastcgi("").as_deref(), Some("off"));
    assert_eq!(fastcgi("fastcgi_keep_conn on;").as_deref(), Some("on"));
}

#[test]
fn headers_do_not_switch_buffering() {
    let read = import(
        "location / { proxy_pass http://a:1; add_header X-Accel-Buffering no; proxy_set_header X-Accel-Buffering no; }",
    );
    assert_eq!(facet(&read.hops[0], "proxy-buffering"), None);
    let off = import("location / { proxy_pass http://a:1; proxy_buffering OFF; }");
    assert_eq!(facet(&off.hops[0], "proxy-buffering"), Some("off"));
    let of = |text: &str| import(text).hops[0].hop.buffers.as_ref().map(|b| b.value);
    assert_eq!(of("location / { proxy_pass http://a:1; }"), None);
    assert_eq!(of("location / { uwsgi_pass a:1; }"), Some(Buffering::WholeAnswer));
    assert_eq!(of("location / { fastcgi_pass a:1; fastcgi_buffering off; }"), Some(Buffering::Never));
}

#[test]
fn servers_stand_for_attempts() {
    let text = "upstream u { server a:1; server b:1 down; server c weight=3; } location / { proxy_pass http://u; \
                proxy_next_upstream off; }";
    let read = import(text);
    let hop = &read.hops[0].hop;
    assert_eq!(hop.endpoints.as_ref().map(|n| n.value), Some(2));
    assert_eq!(hop.retries.as_ref().and_then(|r| r.attempts.as_ref()).map(|n| n.value), Some(1));
    let calls: Vec<String> = read.hops[0].calls.iter().map(|call| call.to.to_string()).collect();
    assert_eq!(calls, ["a:1", "c:80"]);
}

#[test]
fn stream_blocks_are_no_hops() {
    let read = import("server { listen 53 udp; proxy_pass dns; proxy_timeout 1s; proxy_connect_timeout 2s; }");
    assert!(read.hops.is_empty());
    assert_eq!(errors(&read), Vec::<&str>::new());
    assert_eq!(read.settings.len(), 2);
}

#[test]
fn selectors_are_unique() {
    let read = import(
        "server { listen 80; location / { proxy_pass http://a:1; } location / { proxy_pass http://a:1; } }
         server { listen 80; location / { proxy_pass http://a:1; } }",
    );
    let mut words: Vec<_> = read.hops.iter().map(|hop| hop.selector.clone()).collect();
    words.extend(read.hops.iter().flat_map(|hop| hop.also.iter().cloned()));
    let all = words.len();
    words.sort();
    words.dedup();
    assert_eq!(words.len(), all, "{words:?}");
}

#[test]
fn every_name_is_one_of_the_platform() {
    let catalog = crate::catalog::store::Catalog::default();
    let mut text =
        String::from("http { upstream u { server a:1; keepalive 2; keepalive_timeout 3s; keepalive_time 4s; }\n");
    for family in ["proxy", "fastcgi", "uwsgi", "scgi", "grpc"] {
        let target = if matches!(family, "proxy") { "http://u" } else { "u" };
        text += &format!(
            "server {{ client_header_timeout 1s; client_body_timeout 1s; send_timeout 1s; keepalive_timeout 1s;
             location /{family} {{ {family}_pass {target}; {family}_read_timeout 1s; {family}_send_timeout 1s;
             {family}_connect_timeout 1s; {family}_next_upstream_timeout 1s; {family}_buffering on;
             {family}_ignore_client_abort on; }} }}\n"
        );
    }
    let lua = text.clone()
        + "server { lua_socket_read_timeout 1s; lua_socket_connect_timeout 1s; lua_socket_send_timeout 1s;
           lua_check_client_abort on; location /lua { content_by_lua_file a.lua; } } }";
    text += "}";
    for text in [text, lua] {
        let read = import(&text);
        assert!(read.hops.len() >= 5);
        for hop in &read.hops {
            let platform = catalog.find(&hop.hop.platform.value).expect("a platform");
            for (name, _) in &hop.hop.timers {
                let known = platform
                    .timers
                    .iter()
                    .any(|t| t.id == name.value || t.native == name.value || t.native_also.contains(&name.value));
                assert!(known, "{} has no {}", platform.id, name.value);
            }
            for (facet, _) in &hop.hop.with {
                assert!(platform.facets.iter().any(|f| f.id == facet.value), "{} has no {}", platform.id, facet.value);
            }
            for key in hop.inserts.iter().flat_map(|insert| insert.keys) {
                assert!(platform.timer(key.timer).is_some(), "{} has no {}", platform.id, key.timer);
            }
        }
    }
}

#[test]
fn floods_are_told_and_end() {
    let many = |piece: &str, times| format!("server {{ {} }}", piece.repeat(times));
    let places = import(&many("location / { proxy_pass http://a:1; }", 20_000));
    assert_eq!(places.hops.len(), 5_000);
    assert_eq!(errors(&places), ["more than 5000 blocks pass requests on; from here on none is read"]);
    let names = import(&(many("server_name a b c d e f; listen 1;", 20_000) + "location / { proxy_pass http://a:1; }"));
    assert!(names.hops[0].answers.len() < 200);
    // Each block holds its settings and the next block.
    let deep =
        import(&"location /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa { send_timeout 1s; proxy_pass http://a:1; ".repeat(1_000));
    assert!(deep.hops.len() <= 201 && !errors(&deep).is_empty());
    let twice = import(&("server_name a;".repeat(30_000) + &"send_timeout 1s;".repeat(30_000)));
    assert_eq!(errors(&twice).len(), crate::syntax::MAX_ERRORS);
}

#[test]
fn files_of_others_are_left_alone() {
    for (path, text) in [
        ("apache2.conf", "<VirtualHost *:80>\nProxyPass / http://a:1/\nKeepAliveTimeout 5\n</VirtualHost>\n"),
        ("named.conf", "options {\n  listen-on port 53 { any; };\n};\nserver 10.0.0.1 { keys { k; }; };\n"),
        ("lighttpd.conf", "server.document-root = \"/srv\"\nserver.port = 80\n"),
        ("haproxy.conf", "defaults\n  timeout server 50s\nfrontend a\n  bind :80\nbackend b\n  server s 10.0.0.1:80\n"),
        ("app.conf", "listen = 80\nserver = \"a\"\nsend_timeout = 5;\n"),
        ("ingress.yaml", "server {\n listen 80;\n location / { proxy_pass http://a; }\n}\n"),
        ("Caddyfile", "example.com {\n  reverse_proxy a:1\n}\n"),
        ("redis.conf", "timeout 0\ntcp-keepalive 300\n"),
        ("main.tf", "resource \"x\" \"y\" {\n  location = \"z\"\n}\n"),
        ("mime.types", "text/plain txt;\n"),
    ] {
        assert_eq!(detect::knows(path, text), Match::No, "{path}");
    }
    assert_eq!(detect::knows("site", "server {\n listen 80;\n}\n"), Match::Maybe);
    for path in ["a/nginx.conf", "conf.d/x.conf", "nginx/sites-enabled/site", "nginx.conf.j2", "a.conf.template"] {
        assert!(detect::may_be(path), "{path}");
    }
    for path in ["src/main.rs", "nginx.md", "nginx.yaml", "a.tf", "README"] {
        assert!(!detect::may_be(path), "{path}");
    }
}
