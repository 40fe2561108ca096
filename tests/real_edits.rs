//! Deployed files after a repair, in the programs that they are for: what a program takes, it takes with other values and
//! with what was inserted.

#![allow(clippy::unwrap_used, reason = "what fails in a test panics")]

#[path = "support/edits.rs"]
mod edits;
mod real;

use edits::{Fixture, all_missing, inserts, replacements};
use hoplint::catalog::store::Catalog;
use hoplint::duration::Dur;
use real::apache::{apache, main_file, modules};
use real::{Folder, program, skip};
use std::collections::BTreeSet;
use std::process::Command;

fn refusal(command: &mut Command) -> Option<String> {
    let out = command.output().unwrap();
    let said = || format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    (!out.status.success()).then(said)
}

/// Judges every fixture of a reader that the program takes as it is, with each edit that a repair may make, and says how
/// many fixtures and edits there were. `judge` gives why the program refuses the files of a folder.
fn each(reader: &str, judge: impl Fn(&Folder, &Fixture) -> Option<String>) -> (usize, usize) {
    let catalog = Catalog::default();
    let (mut taken, mut count) = (0, 0);
    for fixture in Fixture::all().into_iter().filter(|fixture| fixture.reader.name() == reader) {
        let folder = Folder::new(reader);
        let judge = |fixture: &Fixture| {
            for (path, text) in &fixture.texts {
                let at = folder.0.join(path);
                std::fs::create_dir_all(at.parent().unwrap()).unwrap();
                std::fs::write(at, &**text).unwrap();
            }
            judge(&folder, fixture)
        };
        if judge(&fixture).is_some() {
            continue;
        }
        taken += 1;
        let import = fixture.read();
        let value = |text: &str| Dur::parse(text).unwrap();
        let mut wanted = replacements(&catalog, &import, &[value("90s"), value("1500ms")]);
        wanted.extend(inserts(&catalog, &import, &[value("90s")]));
        wanted.extend(all_missing(&catalog, &import, value("7s")));
        let mut seen = BTreeSet::new();
        for wanted in wanted {
            let edited = fixture.edited(&wanted.edits);
            let texts: Vec<_> = edited.texts.iter().map(|(_, text)| text.clone()).collect();
            if !seen.insert(texts) {
                continue;
            }
            count += 1;
            let why = judge(&edited);
            assert!(why.is_none(), "{}: {}\n{}\n{:?}", fixture.name(), wanted.name(), why.unwrap(), wanted.edits);
        }
    }
    println!("{reader}: {count} edits of {taken} fixtures are taken");
    (taken, count)
}

#[test]
fn haproxy_takes_repaired_files() {
    let Some(haproxy) = program("HOPLINT_HAPROXY", "", "haproxy") else {
        return skip("haproxy -c on repaired files", "haproxy");
    };
    let (taken, count) = each("haproxy", |folder, fixture| {
        let main = folder.0.join(&fixture.main);
        refusal(Command::new(&haproxy).args(["-c", "-f"]).arg(main).env("HOST_B", "127.0.0.1"))
    });
    assert!(taken >= 4 && count >= 50, "{taken} {count}");
}

/// A whole file around parts of one, and names that need no lookup.
fn nginx_whole(text: &str) -> String {
    let text = text.replace("model.internal", "127.0.0.1").replace("fastcgi_pass app;", "fastcgi_pass 127.0.0.1:9;");
    match (text.contains("http {") || text.contains("stream {"), text.contains("events")) {
        (true, true) => text,
        (true, false) => format!("events {{}}\n{text}"),
        (false, _) => format!("events {{}}\nhttp {{\n{text}\n}}\n"),
    }
}

#[test]
fn nginx_takes_repaired_files() {
    let Some(nginx) = program("HOPLINT_NGINX", "", "nginx") else {
        return skip("nginx -t on repaired files", "nginx");
    };
    let (taken, count) = each("nginx", |folder, fixture| {
        let at = folder.0.display();
        let text = nginx_whole(&fixture.texts[0].1);
        let main = folder.write("tested.conf", &format!("pid {at}/pid;\nerror_log {at}/error.log;\n{text}"));
        folder.write("mime.types", "types { text/html html; }\n");
        refusal(Command::new(&nginx).arg("-t").arg("-c").arg(main).arg("-p").arg(&folder.0))
    });
    assert!(taken >= 6 && count >= 100, "{taken} {count}");
}

#[test]
fn apache_takes_repaired_files() {
    let Some((apache, modules)) = apache().zip(modules()) else {
        return skip("apache2 -t on repaired files", "apache2");
    };
    let (taken, count) = each("apache-httpd", |folder, fixture| {
        let main = main_file(folder, modules, "Listen 127.0.0.1:8199\n", &fixture.main);
        // A fixture takes a value from the environment.
        refusal(Command::new(&apache).arg("-t").arg("-f").arg(main).env("NOT_DEFINED", "11"))
    });
    assert!(taken >= 2 && count >= 30, "{taken} {count}");
}

#[test]
fn caddy_takes_repaired_files() {
    let Some(caddy) = program("HOPLINT_CADDY", "proxies/bin/caddy", "caddy") else {
        return skip("caddy validate on repaired files", "caddy");
    };
    let (taken, count) = each("caddy", |folder, fixture| {
        let main = folder.0.join(&fixture.main);
        let mut command = Command::new(&caddy);
        let home = ("XDG_DATA_HOME", &folder.0);
        refusal(command.args(["validate", "--adapter", "caddyfile", "--config"]).arg(main).env(home.0, home.1))
    });
    assert!(taken >= 2 && count >= 30, "{taken} {count}");
}

#[test]
fn envoy_takes_repaired_files() {
    let Some(envoy) = program("HOPLINT_ENVOY", "proxies/bin/envoy", "envoy") else {
        return skip("envoy --mode validate on repaired files", "envoy");
    };
    let (taken, count) = each("envoy", |folder, fixture| {
        let main = folder.0.join(&fixture.main);
        refusal(Command::new(&envoy).args(["--mode", "validate", "-l", "error", "-c"]).arg(main))
    });
    assert!(taken >= 2 && count >= 30, "{taken} {count}");
}
