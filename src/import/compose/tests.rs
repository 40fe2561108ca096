//! Compose files in every way that people write commands.

use super::*;
use crate::import::reader::NoIncludes;
use crate::span::FileId;

#[test]
fn only_compose_files_are_known() {
    let app = "services:\n  api:\n    command: gunicorn app:app\n";
    for (path, text, expected) in [
        ("docker-compose.yml", app, Match::Yes),
        ("deploy/compose.prod.yaml", app, Match::Yes),
        ("docker-compose.override.yml", "services:\n  db:\n    image: postgres\n", Match::Maybe),
        ("prod.docker-compose.yml", app, Match::Yes),
        ("serverless-compose.yml", "services:\n  gunicorn:\n    path: a\n", Match::No),
        ("compose.yaml", "composer:\n  services: gunicorn\n", Match::No),
        ("composed.yml", app, Match::No),
        ("compose.py", app, Match::No),
    ] {
        assert_eq!(Compose.knows(path, text), expected, "{path}: {text}");
    }
}

fn read(text: &str) -> Import {
    let mut out = Import::default();
    Compose.read(&Given { file: FileId(0), path: "compose.yaml", text }, &NoIncludes, &mut out);
    out
}

/// The first hop's timeout with its place, after each way to write a command.
#[test]
fn every_way_to_write_a_command_is_read() {
    for command in [
        "gunicorn a:b --timeout 120",
        "gunicorn a:b\n      --timeout 120",
        ">\n      gunicorn a:b\n      --timeout 120",
        ">-\n      bash -c \"migrate &&\n      gunicorn a:b --timeout 120\"",
        "|\n      sh -c '\n      migrate\n      gunicorn a:b --timeout 120'",
        "|\n      gunicorn a:b \\\n        --timeout 120\n",
        "\"sh -c \\\"migrate && gunicorn a:b --timeout '120'\\\"\"",
        "'gunicorn --timeout 120 a:b'",
        "sh -c 'exec gunicorn a:b --timeout 120'",
        "bash -c \"migrate\n      && gunicorn a:b --timeout 120\"",
        "[\"gunicorn\", \"--timeout=120\", \"a:b\"]",
        "[gunicorn, --timeout, 120, 'a:b']",
        "\n      - gunicorn\n      - --timeout\n      - 120\n",
        "\n      - sh\n      - -c\n      - |\n        migrate\n        gunicorn a:b \\\n          --timeout 120\n",
        "!override [gunicorn, --timeout, '120']",
    ] {
        let text = format!("services:\n  api:\n    command: {command}\n");
        let out = read(&text);
        let hop = out.hops.first().unwrap_or_else(|| panic!("no hop: {text}"));
        let found: Vec<_> =
            hop.hop.timers.iter().map(|(name, value)| (&*name.value, value.loc.span.text(&text))).collect();
        let [(name, value)] = found[..] else { panic!("{found:?}: {text}") };
        assert_eq!(name, "--timeout", "{text}");
        assert!(value.contains("120"), "{value}: {text}");
        assert!(out.settings.iter().all(|s| s.plain && s.at.span.text(&text) == s.value), "{text}");
        assert!(out.problems.is_empty(), "{:?}", out.problems);
    }
}

#[test]
fn what_compose_fills_in_is_unseen() {
    for command in [
        "gunicorn a:b --timeout ${T:-30}",
        "sh -c 'gunicorn a:b --timeout $$T'",
        "[gunicorn, --timeout, \"${T}\"]",
        "gunicorn a:b --timeout '${T}'",
    ] {
        let out = read(&format!("services:\n  api:\n    command: {command}\n"));
        assert_eq!(out.hops[0].unseen.len(), 1, "{command}");
        assert!(out.settings.iter().all(|s| !s.plain), "{command}");
        assert!(!out.template, "{command}");
    }
}

#[test]
fn flags_of_the_command_come_before_the_environment() {
    let text = "services:\n  api:\n    environment: ['GUNICORN_CMD_ARGS=--timeout 30 --keep-alive 7']\n    command: gunicorn a:b -t 9\n";
    let out = read(text);
    let values: Vec<&str> = out.hops[0].hop.timers.iter().map(|(_, value)| value.loc.span.text(text)).collect();
    assert_eq!(values, ["9", "7"]);
}

/// Every place for a flag leaves a file whose command has that flag.
#[test]
fn a_flag_can_be_added_to_every_command() {
    for command in [
        "gunicorn a:b",
        "\"gunicorn a:b\"",
        ">\n      gunicorn\n      a:b",
        "sh -c 'migrate && gunicorn a:b'",
        "[gunicorn, 'a:b']",
        "['/opt/bin/gunicorn', 'a:b']",
        "\n      - gunicorn # the server\n      - a:b",
        "\n    - sh\n    - -c\n    - gunicorn a:b",
    ] {
        let text = format!("services:\n  api:\n    command: {command}\n");
        let out = read(&text);
        let insert = out.hops[0].inserts.first().unwrap_or_else(|| panic!("no place: {text}"));
        let key = insert.keys[0].key;
        let mut changed = text.clone();
        let added = format!("{}{key}{}77{}", insert.before, insert.between, insert.after);
        changed.insert_str(insert.at.span.start as usize, &added);
        let again = read(&changed);
        assert!(again.problems.is_empty(), "{changed}: {:?}", again.problems);
        let timers = &again.hops[0].hop.timers;
        assert!(timers.iter().any(|(_, v)| v.loc.span.text(&changed).contains("77")), "{changed}");
    }
}

#[test]
fn a_service_that_extends_itself_ends() {
    let out = read("services:\n  a:\n    extends: b\n  b:\n    extends: {service: a}\n");
    assert!(out.hops.is_empty());
}
