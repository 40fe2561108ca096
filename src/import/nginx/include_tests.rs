//! Includes through a fake: order and patterns, what is missing, and files that mean harm.

use super::Nginx;
use crate::diag::Severity;
use crate::files::FileError;
use crate::import::{Given, Import, IncludeError, Included, Includes, Reader};
use crate::model::Declared;
use crate::span::FileId;
use std::cell::Cell;
use std::path::PathBuf;

/// Files made from their names.
struct Fake<'f> {
    make: &'f dyn Fn(&str) -> Result<String, IncludeError>,
    names: Vec<&'static str>,
    reads: Cell<usize>,
}

impl<'f> Fake<'f> {
    fn new(make: &'f dyn Fn(&str) -> Result<String, IncludeError>) -> Self {
        Self { make, names: Vec::new(), reads: Cell::new(0) }
    }
}

impl Includes for Fake<'_> {
    fn read(&self, from: FileId, path: &str) -> Result<Included, IncludeError> {
        assert_eq!(from, FileId(0), "nginx takes every path from the main file's folder");
        self.reads.set(self.reads.get() + 1);
        let text = (self.make)(path)?;
        // One id for one path, as the store gives it.
        let id = path.bytes().fold(17u32, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
        Ok(Included { file: FileId(id | 1), text: text.into() })
    }

    fn glob(&self, _: FileId, pattern: &str) -> Result<Vec<String>, IncludeError> {
        let (before, after) = pattern.split_once('*').unwrap_or((pattern, ""));
        let fits = |name: &&&str| name.starts_with(before) && name.ends_with(after);
        Ok(self.names.iter().filter(fits).map(|name| (*name).to_owned()).collect())
    }
}

fn import(text: &str, includes: &dyn Includes) -> Import {
    let mut out = Import::default();
    Nginx.read(&Given { file: FileId(0), path: "nginx.conf", text }, includes, &mut out);
    out
}

fn timer(import: &Import, hop: usize, name: &str) -> Option<Declared> {
    import.hops[hop].hop.timers.iter().find(|(timer, _)| timer.value == name).map(|(_, value)| value.value)
}

fn seconds(n: u64) -> Declared {
    Declared::Set(crate::catalog::Setting::At(crate::duration::Dur::from_secs(n)))
}

fn not_found<T>() -> Result<T, IncludeError> {
    Err(IncludeError::File(FileError::NotFound))
}

fn errors(import: &Import) -> Vec<&str> {
    import.problems.iter().filter(|p| p.severity == Severity::Error).map(|p| p.message.as_str()).collect()
}

#[test]
fn patterns_are_spliced_in_order_at_their_place() {
    let make = |path: &str| match path {
        "conf.d/10-a.conf" => Ok("upstream a { server 10.0.0.1:80; }".to_owned()),
        "conf.d/20-b.conf" => {
            Ok("server { location / { proxy_pass http://a; } location /b { proxy_pass http://b; } }".to_owned())
        }
        "conf.d/30-c.conf" => Ok("upstream b { server 10.0.0.2:80; server 10.0.0.3:80; }".to_owned()),
        "conf.d/.hidden.conf" => Ok("proxy_read_timeout 1s;".to_owned()),
        "timeouts.conf" => Ok("proxy_read_timeout 77s;".to_owned()),
        _ => not_found(),
    };
    let mut fake = Fake::new(&make);
    fake.names = vec!["conf.d/.hidden.conf", "conf.d/10-a.conf", "conf.d/20-b.conf", "conf.d/30-c.conf"];
    let text = "events {} http { include /etc/nginx/conf.d/*.conf; include timeouts.conf; }";
    let read = import(text, &fake);
    assert_eq!(errors(&read), Vec::<&str>::new());
    assert_eq!(
        timer(&read, 0, "proxy_read_timeout"),
        Some(seconds(77)),
        "what stands behind the servers holds as well"
    );
    assert_eq!(read.hops[1].hop.endpoints.as_ref().map(|n| n.value), Some(2), "an upstream may stand behind its use");
}

#[test]
fn a_fragment_finds_the_folder_above() {
    let make = |path: &str| match path {
        "../snippets/proxy.conf" => Ok("proxy_read_timeout 5m;".to_owned()),
        _ => not_found(),
    };
    for include in
        ["snippets/proxy.conf", "/etc/nginx/snippets/proxy.conf", "/usr/local/openresty/nginx/conf/snippets/proxy.conf"]
    {
        let text = format!("server {{ location / {{ include {include}; proxy_pass http://127.0.0.1:9; }} }}");
        let read = import(&text, &Fake::new(&make));
        assert_eq!(timer(&read, 0, "proxy_read_timeout"), Some(seconds(300)), "{include}");
        assert!(read.problems.is_empty());
    }
    let whole =
        "events {} http { server { location / { include snippets/proxy.conf; proxy_pass http://127.0.0.1:9; } } }";
    let read = import(whole, &Fake::new(&make));
    assert_eq!(timer(&read, 0, "proxy_read_timeout"), None, "a main file's own folder is the only one");
}

#[test]
fn what_is_missing_is_unseen_where_it_may_act() {
    let text = "events {} http { include mime.types; include sites/*.conf; server { location /a { include gone.conf; \
                proxy_pass http://127.0.0.1:9; } location /b { proxy_pass http://127.0.0.1:9; } } }";
    let read = import(text, &Fake::new(&|_| not_found()));
    assert_eq!(read.hops[0].unseen.len(), 1);
    assert!(read.hops[0].unseen[0].timer.is_none() && read.hops[1].unseen.is_empty());
    let told: Vec<_> = read.problems.iter().map(|p| (p.severity, p.message.as_str())).collect();
    assert_eq!(told, [(Severity::Note, "the include `gone.conf` is not here")]);
}

#[test]
fn circles_are_told_and_end() {
    let make = |path: &str| match path {
        "a.conf" => Ok("include b.conf; proxy_read_timeout 3s;".to_owned()),
        "b.conf" => Ok("include c.conf;".to_owned()),
        _ => Ok("include a.conf;".to_owned()),
    };
    let fake = Fake::new(&make);
    let read = import("location / { include a.conf; proxy_pass http://127.0.0.1:9; }", &fake);
    assert_eq!(errors(&read).len(), 1, "{:?}", errors(&read));
    assert!(errors(&read)[0].contains("leads back"));
    assert_eq!(timer(&read, 0, "proxy_read_timeout"), Some(seconds(3)));
    assert!(fake.reads.get() < 10);
    let own = import("include nginx.conf;", &Own);
    assert!(errors(&own)[0].contains("leads back"), "a file that includes itself");
}

/// Every path is the given file.
struct Own;

impl Includes for Own {
    fn read(&self, _: FileId, _: &str) -> Result<Included, IncludeError> {
        Ok(Included { file: FileId(0), text: "include nginx.conf;".into() })
    }

    fn glob(&self, _: FileId, _: &str) -> Result<Vec<String>, IncludeError> {
        Ok(vec!["nginx.conf".to_owned()])
    }
}

#[test]
fn includes_without_end_are_told_and_end() {
    // Each file includes two more, each of them new: a tree without leaves.
    let tree = |path: &str| {
        let name = path.trim_end_matches(".conf");
        Ok(format!("include {name}0.conf; include {name}1.conf;"))
    };
    let fake = Fake::new(&tree);
    let read = import("include x.conf; proxy_read_timeout 4s;", &fake);
    assert_eq!(errors(&read).len(), 1, "{:?}", errors(&read));
    assert!(errors(&read)[0].contains("deep"));
    assert!(fake.reads.get() <= 6_000);
    assert_eq!(timer(&read, 0, "proxy_read_timeout"), Some(seconds(4)), "the rest of the main file is read");

    // Few files, but each includes the next one twice: 2^30 splices.
    let bomb = |path: &str| {
        let n: u32 = path.trim_end_matches(".conf").parse().unwrap_or(0);
        Ok(if n == 30 {
            "proxy_send_timeout 1s;".to_owned()
        } else {
            format!("include {0}.conf; include {0}.conf;", n + 1)
        })
    };
    let read = import("include 1.conf;", &Fake::new(&bomb));
    assert!(errors(&read).iter().any(|e| e.contains("files are included")), "{:?}", errors(&read));

    let many = (0..10_000).fold(String::new(), |text, n| text + &format!("include {n}.conf;\n"));
    let fake = Fake::new(&|_| Ok("proxy_set_header A b;\n".to_owned()));
    let read = import(&many, &fake);
    assert!(errors(&read)[0].contains("more than 5000 files are included"), "{:?}", errors(&read));
    assert!(fake.reads.get() <= 5_001);

    let limited = |_: &str| Err(IncludeError::TooMany { limit: 2000 });
    let read = import(&many, &Fake::new(&limited));
    assert_eq!(errors(&read), ["the include `0.conf` is not read: more than 2000 files are included"]);
}

#[test]
fn paths_outside_are_errors_where_their_writer_can_help_it() {
    let outside = |_: &str| Err(IncludeError::Outside { root: PathBuf::from("/repo") });
    let read = import("location / { include ../../../etc/passwd; proxy_pass http://a:1; }", &Fake::new(&outside));
    assert_eq!(errors(&read), ["the include `../../../etc/passwd` is not read: it lies outside of /repo"]);
    assert!(read.hops[0].unseen[0].timer.is_none());
    // An absolute path names a place of the machine where the file is deployed.
    let read = import("location / { include /data/custom.conf; proxy_pass http://a:1; }", &Fake::new(&outside));
    assert_eq!(errors(&read), Vec::<&str>::new());
    assert_eq!(read.problems[0].severity, Severity::Note);

    let looped = |_: &str| Err(IncludeError::File(FileError::Other("too many levels of symbolic links".to_owned())));
    let read = import("include a.conf; include b.conf;", &Fake::new(&looped));
    assert_eq!(errors(&read).len(), 2);
    assert!(errors(&read)[0].contains("symbolic links"));
    let flood = (0..100_000).fold(String::new(), |text, n| text + &format!("include ../{n};"));
    assert!(import(&flood, &Fake::new(&outside)).problems.len() <= 100);
}

#[test]
fn a_directive_that_an_include_repeats_is_a_duplicate() {
    let make = |_: &str| Ok("proxy_read_timeout 1s;".to_owned());
    let read =
        import("location / { proxy_read_timeout 2s; include p.conf; proxy_pass http://a:1; }", &Fake::new(&make));
    assert_eq!(errors(&read), ["`proxy_read_timeout` stands twice in one block, which nginx refuses"]);
    assert_eq!(timer(&read, 0, "proxy_read_timeout"), Some(seconds(2)));
    // In a block inside it stands alone.
    let read =
        import("proxy_read_timeout 2s; location / { include p.conf; proxy_pass http://a:1; }", &Fake::new(&make));
    assert_eq!(errors(&read), Vec::<&str>::new());
    assert_eq!(timer(&read, 0, "proxy_read_timeout"), Some(seconds(1)));
}
