//! Deployed files that include what they must not: themselves, far too much, what lies outside of the project, and
//! what is no file. The program says so at the line of the include, and ends soon.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails in a test panics")]

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Nothing here takes a tenth of this.
const MOST: Duration = Duration::from_secs(5);

const NGINX: &str =
    "http {\n  server {\n    listen 80;\n    location / { proxy_pass http://app; proxy_read_timeout 60s; }\n  }\n";

/// A project, with a secret beside it.
struct Project(tempfile::TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("outside/secret.conf", "proxy_read_timeout 7s; # s3cret\n");
        project.write("repo/hoplint.toml", "");
        for (name, text) in files {
            project.write(&format!("repo/{name}"), text);
        }
        project
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, to: &str, name: &str) {
        symlink(to, self.0.path().join("repo").join(name)).unwrap();
    }

    fn pipe(&self, name: &str) {
        let made = Command::new("mkfifo").arg(self.0.path().join("repo").join(name)).status().unwrap();
        assert!(made.success());
    }

    /// What a run says: its exit code, and findings as `path:line: ...`. One that does not end fails.
    fn check(&self, args: &[&str]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hoplint"))
            .args(["check", "--format", "compact"])
            .args(args)
            .current_dir(self.0.path().join("repo"))
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let output = std::thread::scope(|scope| {
            let (send, receive) = std::sync::mpsc::channel();
            let id = child.id();
            scope.spawn(move || {
                if receive.recv_timeout(MOST).is_err() {
                    let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
                }
            });
            let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
            let err = scope.spawn(move || std::io::read_to_string(&mut err).unwrap());
            let out = std::io::read_to_string(&mut out).unwrap();
            let status = child.wait().unwrap();
            let _ = send.send(());
            (status.code(), out + &err.join().unwrap())
        });
        assert!(begun.elapsed() < MOST, "it did not end: {}", output.1);
        assert!(!output.1.contains("s3cret") && !output.1.contains("panicked"), "{}", output.1);
        Ran { code: output.0, said: output.1 }
    }
}

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    said: String,
}

impl Ran {
    #[track_caller]
    fn is(self, code: i32, parts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for part in parts {
            assert!(self.said.contains(part), "no {part:?} in {self:#?}");
        }
        self
    }
}

/// The main file of nginx with one more line in its `http`, which is the sixth.
fn nginx(include: &str) -> String {
    format!("{NGINX}  include {include};\n}}\n")
}

#[test]
fn circles_of_nginx_are_errors_at_the_include_that_closes_them() {
    let project = Project::new(&[
        ("nginx.conf", &nginx("a.conf")),
        ("a.conf", "include b.conf;\n"),
        ("b.conf", "\ninclude a.conf;\n"),
        ("self.conf", &nginx("self.conf")),
        ("linked.conf", &nginx("link.conf")),
        ("x.conf", &nginx("y.conf")),
        ("y.conf", &nginx("x.conf")),
    ]);
    project.link("linked.conf", "link.conf");
    project.check(&["nginx.conf"]).is(1, &["b.conf:2:9", "leads back"]);
    project.check(&["self.conf"]).is(1, &["self.conf:6:11", "leads back"]);
    project.check(&["linked.conf"]).is(1, &["link.conf:6:11", "leads back"]);
    // Files of one circle that are all named: one of them stands for it.
    project.check(&["x.conf", "y.conf"]).is(1, &["y.conf:6:11", "leads back"]);
}

#[test]
fn circles_of_other_programs_are_told_too() {
    let project = Project::new(&[
        ("Caddyfile", "import sites\na.example.com {\n\treverse_proxy app:80\n}\n"),
        ("sites", "import Caddyfile\n"),
        ("snippet.caddyfile", "(x) {\n\timport x\n}\na.example.com {\n\timport x\n\treverse_proxy app:80\n}\n"),
        ("httpd.conf", "Listen 80\nProxyPass / http://app/ timeout=30\nInclude more.conf\n"),
        ("more.conf", "Include httpd.conf\n"),
        ("Procfile", "web: gunicorn app:app -c Procfile\n"),
        ("compose.yaml", "services:\n  api:\n    command: gunicorn app:app -c compose.yaml\n"),
    ]);
    project.check(&["Caddyfile"]).is(1, &["sites:1:8", "returns to itself"]);
    project.check(&["snippet.caddyfile"]).is(1, &["snippet.caddyfile:2:9", "returns to itself"]);
    project.check(&["httpd.conf"]).is(1, &["more.conf:1:9", "error"]);
    project.check(&["Procfile"]).is(1, &["Procfile:1:26", "is the file that names it"]);
    project.check(&["compose.yaml"]).is(1, &["compose.yaml:3:34", "is the file that names it"]);
}

#[test]
fn nothing_outside_of_the_project_is_read() {
    let chain = |from: &str| format!("version: 1\nhops:\n  - name: a\n    platform: nginx\n    from: {from}\n");
    let project = Project::new(&[
        ("up.conf", &nginx("../outside/secret.conf")),
        ("glob.conf", &nginx("../outside/*.conf")),
        ("linked.conf", &nginx("link.conf")),
        ("folder.conf", &nginx("folder/*.conf")),
        ("passwd.conf", &nginx("/etc/passwd")),
        ("up.chain.yaml", &chain("../outside/secret.conf")),
        ("linked.chain.yaml", &chain("link.conf")),
    ]);
    project.link("../outside/secret.conf", "link.conf");
    project.link("../outside", "folder");
    for name in ["up", "glob", "linked", "folder"] {
        project.check(&[&format!("{name}.conf")]).is(1, &[&format!("{name}.conf:6:11"), "lies outside"]);
    }
    project.check(&["passwd.conf"]).is(0, &["passwd.conf:6:11", "is not here"]);
    for name in ["up.chain.yaml", "linked.chain.yaml"] {
        project.check(&[name]).is(1, &[&format!("{name}:5:11"), "lies outside of the project"]);
    }
}

#[test]
fn links_that_go_round_end() {
    let project = Project::new(&[
        ("nginx.conf", &nginx("one.conf")),
        ("rooms.conf", &nginx("room/room/room/*.conf")),
        ("plain.conf", "proxy_read_timeout 9s;\n"),
    ]);
    project.link("two.conf", "one.conf");
    project.link("one.conf", "two.conf");
    project.link(".", "room");
    project.check(&["nginx.conf"]).is(1, &["nginx.conf:6:11", "is not read"]);
    // Each name of the same file is one of its own; the circle is found all the same.
    project.check(&["rooms.conf"]).is(1, &["error"]);
    project.check(&["."]);
}

#[test]
fn ten_thousand_includes_and_three_hundred_levels_are_too_many() {
    let project = Project::new(&[("many.conf", &nginx("many/*.conf")), ("deep.conf", &nginx("d1.conf"))]);
    for i in 0..10_000 {
        project.write(&format!("repo/many/{i}.conf"), "");
    }
    for i in 1..300 {
        project.write(&format!("repo/d{i}.conf"), &format!("include d{}.conf;\n", i + 1));
    }
    project.check(&["many.conf"]).is(1, &["many.conf:6:11", "more than 2000 files"]);
    project.check(&["deep.conf"]).is(1, &["d100.conf:1:9", "100 deep"]);
}

#[test]
fn a_pipe_is_no_include() {
    let from = "version: 1\nhops:\n  - name: a\n    platform: nginx\n    from: pipe.conf\n";
    let project = Project::new(&[
        ("nginx.conf", &nginx("pipe.conf")),
        ("glob.conf", &nginx("*pe.conf")),
        ("Caddyfile", "import pipe.conf\na.example.com {\n\treverse_proxy app:80\n}\n"),
        ("Procfile", "web: gunicorn app:app -c pipe.conf\n"),
        ("a.chain.yaml", from),
    ]);
    for name in ["pipe.conf", "pipe.chain.yaml", "haproxy.cfg", "compose.yaml"] {
        project.pipe(name);
    }
    for name in ["nginx.conf", "glob.conf"] {
        project.check(&[name]).is(1, &[&format!("{name}:6:11"), "is no regular file"]);
    }
    project.check(&["Caddyfile"]).is(1, &["Caddyfile:1:8", "is no regular file"]);
    project.check(&["Procfile"]).is(0, &[]);
    project.check(&["a.chain.yaml"]).is(1, &["a.chain.yaml:5:11", "is no regular file"]);
    project.check(&["."]).is(1, &["is no regular file"]);
}
