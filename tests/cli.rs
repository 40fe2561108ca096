//! The program as its users meet it: exit codes, streams, files. Nothing of the surrounding environment gets in.

#![allow(clippy::unwrap_used, reason = "what fails in a test panics")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A pair in the wrong order: one error, with an unsafe fix; `platfrom` below adds one with a safe fix.
const BAD: &str = "version: 1
workload: {mode: buffered, total: 5s}
hops:
  - name: edge
    platform: custom
    role: proxy
    timeouts: {first-byte: 60s}
  - name: origin
    platform: custom
    role: proxy
    timeouts: {first-byte: 60s}
";
const GOOD: &str = "version: 1
workload: {mode: buffered, total: 5s}
hops:
  - name: edge
    platform: custom
    role: proxy
    timeouts: {first-byte: 50s}
  - name: origin
    platform: custom
    role: proxy
    timeouts: {first-byte: 60s}
";

/// A folder of its own for each test.
struct Here(tempfile::TempDir);

impl Here {
    fn new(files: &[(&str, &str)]) -> Self {
        let here = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            here.write(name, text.as_bytes());
        }
        here
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hoplint"));
        command.args(args).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.command(args).output().unwrap().into()
    }

    fn pipe(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut child =
            self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap().into()
    }
}

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    #[track_caller]
    fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    fn out(self, part: &str) -> Self {
        assert!(self.out.contains(part), "no {part:?} in {self:#?}");
        self
    }

    #[track_caller]
    fn err(self, part: &str) -> Self {
        assert!(self.err.contains(part), "no {part:?} in {self:#?}");
        self
    }

    #[track_caller]
    fn silent(self) -> Self {
        assert_eq!((self.out.as_str(), self.err.as_str()), ("", ""));
        self
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }
}

#[test]
fn a_good_chain_is_0_and_a_bad_one_is_1() {
    let here = Here::new(&[("good.chain.yaml", GOOD), ("bad.chain.yaml", BAD)]);
    here.run(&["check", "good.chain.yaml"]).code(0).out("no findings in 1 file");
    here.run(&["check", "bad.chain.yaml"]).code(1).out("error[order-inverted]");
    here.run(&["check"]).code(1).out("1 error in 2 files (2 chains)");
}

#[test]
fn what_has_no_place_is_2_and_wins_after_all_other_output() {
    let here = Here::new(&[("bad.chain.yaml", BAD)]);
    here.run(&["check", "none.chain.yaml"]).code(2).err("cannot read none.chain.yaml: no such file");
    here.run(&["check", "none.chain.yaml", "bad.chain.yaml"]).code(2).out("error[order-inverted]").err("no such file");
    here.run(&["check", "--no-such-flag"]).code(2).err("--no-such-flag");
    here.run(&["chekc"]).code(2).err("check");
    here.run(&[]).code(2).err("Usage");
    here.run(&["check", "--config", "none.toml", "bad.chain.yaml"]).code(2).err("none.toml");
    here.run(&["--version"]).code(0).out(concat!("hoplint ", env!("CARGO_PKG_VERSION")));
    here.run(&["--help"]).code(0).out("Exit codes");
}

#[test]
fn fail_on_decides_which_findings_count() {
    let warning = BAD.replace("60s", "50s").replacen("50s", "49500ms", 1);
    let here = Here::new(&[("bad.chain.yaml", BAD), ("near.chain.yaml", &warning)]);
    let level = |level: &str, file: &str| here.run(&["check", "--fail-on", level, file]).code;
    assert!(here.run(&["check", "near.chain.yaml"]).out.contains("warning[margin-too-small]"));
    assert_eq!(level("error", "near.chain.yaml"), Some(0));
    assert_eq!(level("warning", "near.chain.yaml"), Some(1));
    assert_eq!(level("note", "near.chain.yaml"), Some(1));
    assert_eq!(level("never", "bad.chain.yaml"), Some(0));
    assert_eq!(level("sometimes", "bad.chain.yaml"), Some(2));
    here.run(&["check", "--fail-on", "never", "none"]).code(2);
}

#[test]
fn unchecked_counts_only_where_it_is_asked_for() {
    let open = "version: 1
workload: simple-qa
hops: [{name: app, platform: custom, role: client, timeouts: {total: 60s}}, {platform: openai}]
";
    let here = Here::new(&[("a.chain.yaml", open)]);
    here.run(&["check"]).code(0).out("could not be judged");
    here.run(&["check", "--verbose"]).code(0).out("unchecked[");
    here.run(&["check", "--fail-on", "unchecked"]).code(1);
    here.run(&["check", "--fail-on", "note"]).code(0);
}

#[test]
fn nothing_to_check_is_an_error_unless_it_is_allowed() {
    let here = Here::new(&[("sub/x.yaml", GOOD), (".gitignore", "build/\n"), ("build/b.chain.yaml", BAD)]);
    here.run(&["check"]).code(2).err("no chain file").err("hoplint init");
    here.run(&["check", "--allow-empty"]).code(0).silent();
    let json = here.run(&["check", "--allow-empty", "--format", "json"]).code(0).json();
    assert_eq!(json["summary"]["files"], 0);
    // What is named is checked, whatever it is called and whoever ignores it.
    here.run(&["check", "sub/x.yaml"]).code(0);
    here.run(&["check", "build/b.chain.yaml"]).code(1);
}

#[test]
fn standard_input_has_a_name_and_a_format() {
    let here = Here::new(&[("sub/hoplint.toml", "[rules]\norder-inverted = \"warning\"\n")]);
    here.pipe(&["check", "-"], BAD.as_bytes()).code(1).out("stdin.chain.yaml:7:");
    let json = r#"{"version": 1, "hosp": [{"platform": "nginx"}]}"#;
    here.pipe(&["check", "-"], json.as_bytes()).code(1).out("stdin.chain.json:1:");
    here.pipe(&["check", "-", "--stdin-filename", "sub/a.chain.yaml"], BAD.as_bytes())
        .code(0)
        .out("sub/a.chain.yaml:7:")
        .out("warning[order-inverted]");
    here.pipe(&["check", "-", "--stdin-filename", "a.chain.toml"], b"version = 1\nhops = 3")
        .code(1)
        .out("a.chain.toml:2:");
    // Beside a folder of files that are something else.
    here.write("sub/other.yaml", b"name: test\n");
    here.write("sub/package.json", b"{}");
    here.pipe(&["check", "-", "sub"], BAD.as_bytes()).code(1).out("stdin.chain.yaml:7:");
    here.pipe(&["check", "-", "-"], b"").code(2).err("once");
    here.run(&["check", "--stdin-filename", "x"]).code(2).err("needs -");
}

#[test]
fn several_reports_in_one_run() {
    let here = Here::new(&[("bad.chain.yaml", BAD)]);
    let args = ["check", "--format", "compact", "--format", "json:out/report.json", "--format", "text:report.txt"];
    here.run(&args).code(1).out("bad.chain.yaml:7:");
    let json: serde_json::Value = serde_json::from_str(&here.read("out/report.json")).unwrap();
    assert_eq!(json["findings"][0]["rule"], "order-inverted");
    assert!(here.read("report.txt").contains("error[order-inverted]"));
    assert!(!here.read("report.txt").contains('\u{1b}'));
    here.run(&["check", "--format", "json", "--format", "text"]).code(2).err("only one --format");
    here.run(&["check", "--format", "jsn"]).code(2).err("did you mean json?");
    here.run(&["check", "--format", "json:bad.chain.yaml/x"]).code(2).err("cannot write bad.chain.yaml/x");
}

#[test]
fn the_closest_settings_hold() {
    let here = Here::new(&[
        ("hoplint.toml", "[rules]\norder-inverted = \"off\"\n"),
        ("a.chain.yaml", BAD),
        ("sub/hoplint.toml", "[rules]\norder-inverted = \"warning\"\n"),
        ("sub/deep/b.chain.yaml", BAD),
        ("strict.toml", "margin = \"20s\"\n"),
    ]);
    here.run(&["check"]).code(0).out("1 warning in 2 files");
    here.run(&["check", "--no-config"]).code(1).out("2 errors in 2 files");
    here.run(&["check", "--config", "strict.toml", "a.chain.yaml"]).code(1);
    here.run(&["check", "--config", "x", "--no-config"]).code(2);
    here.write("hoplint.toml", b"ordr = \"inward\"\n[rules]\norder-invrted = \"off\"\n");
    here.run(&["check", "a.chain.yaml", "--format", "compact"])
        .code(1)
        .out("hoplint.toml:1:1: error[unknown-key]")
        .out("hoplint.toml:3:1: error[unknown-key]: `order-invrted` is no rule");
}

#[test]
fn own_platforms_are_read_and_their_mistakes_are_findings() {
    let platform = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("platforms/curl.toml")).unwrap();
    let ours =
        platform.replacen("id = \"curl\"", "id = \"ours\"", 1).replacen("aliases = [", "aliases = [\"mine\", ", 1);
    let chain = "version: 1\nhops: [{platform: ours}, {platform: openai}]\n";
    let here = Here::new(&[("hoplint.toml", "platforms = [\"ops\"]\n"), ("a.chain.yaml", chain)]);
    here.run(&["check"]).code(1).out("the platforms in `ops` cannot be read");
    here.write("ops/ours.toml", ours.as_bytes());
    here.run(&["check", "--fail-on", "never"]).code(0);
    assert!(!here.run(&["check"]).out.contains("ours.toml"));
    here.run(&["explain", "ours"]).code(0).out("# ");
    here.run(&["platforms"]).code(0).out("\nours ");
    here.write("ops/ours.toml", ours.replacen("role =", "rolle =", 1).as_bytes());
    here.run(&["check", "--format", "compact"]).code(1).out("ops/ours.toml:").out("no key `rolle`");
}

#[test]
fn suppressions_are_counted_and_idle_ones_are_told() {
    let silenced = BAD.replacen("60s}", "60s} # hoplint: ignore[order-inverted] batch only", 1);
    let here = Here::new(&[("a.chain.yaml", &silenced)]);
    here.run(&["check"]).code(0).out("1 finding suppressed");
    let settings = "[[ignore]]\nrule = \"margin-too-small\"\nreason = \"x\"\n";
    here.write("hoplint.toml", settings.as_bytes());
    here.run(&["check"]).code(0).out("hoplint.toml:2:8").out("warning[unused-suppression]");
    // Another file might need it.
    assert!(!here.run(&["check", "a.chain.yaml"]).out.contains("unused-suppression"));
}

#[test]
fn a_baseline_hides_what_was_there_and_tells_what_is_better() {
    let here = Here::new(&[("a.chain.yaml", BAD), ("b.chain.yaml", BAD)]);
    here.run(&["baseline"]).code(0).err("2 findings accepted in hoplint-baseline.json");
    let check = ["check", "--baseline", "hoplint-baseline.json"];
    here.run(&check).code(0).out("2 findings suppressed");
    here.write("new.chain.yaml", BAD.as_bytes());
    here.run(&check).code(1).out("new.chain.yaml:7:").out("1 error in 3 files");
    here.write("new.chain.yaml", GOOD.as_bytes());
    here.write("a.chain.yaml", GOOD.as_bytes());
    here.run(&check).code(0).out("note[stale-baseline]").out("`a.chain.yaml` has 0 of `order-inverted`");
    // From another folder the same file means the same.
    fs::create_dir(here.path("sub")).unwrap();
    let mut elsewhere = here.command(&["check", "--baseline", "../hoplint-baseline.json", ".."]);
    let elsewhere: Ran = elsewhere.current_dir(here.path("sub")).output().unwrap().into();
    elsewhere.code(0).out("1 finding suppressed");
    here.run(&["baseline", "--prune"]).code(0).err("1 finding accepted");
    assert!(!here.run(&check).code(0).out.contains("stale-baseline"));
    here.run(&["check", "--baseline", "none.json"]).code(2).err("none.json");
    here.write("hoplint-baseline.json", b"{\"version\": 1, \"findngs\": {}}");
    here.run(&check).code(1).out("hoplint-baseline.json:1:").out("did you mean `findings`?");
    here.run(&["baseline", "--prune"]).code(2);
}

#[test]
fn fixes_are_written_as_far_as_they_are_allowed() {
    let text = BAD.replacen("timeouts:", "timeuots:", 1).replace("5s}", "5 sec} # é");
    let here = Here::new(&[("a.chain.yaml", &text)]);
    let diff = here
        .run(&["check", "--diff"])
        .code(1)
        .out("--- a/a.chain.yaml")
        .out("\n+workload: {mode: buffered, total: 5s} # é\n");
    assert!(diff.err.contains("would be made"), "{diff:#?}");
    assert_eq!(here.read("a.chain.yaml"), text);
    here.run(&["check", "--fix"]).code(1).err("a.chain.yaml: write 5s");
    let once = here.read("a.chain.yaml");
    assert_eq!(once, text.replace("5 sec", "5s"));
    here.write("a.chain.yaml", BAD.as_bytes());
    here.run(&["check", "--fix"]).code(1);
    assert_eq!(here.read("a.chain.yaml"), BAD);
    here.run(&["check", "--fix", "--unsafe-fixes"]).code(0).out("no findings");
    assert_ne!(here.read("a.chain.yaml"), BAD);
    here.run(&["check", "--diff", "--unsafe-fixes"]).code(0).err("no fix would be made");
    here.write("a.chain.yaml", BAD.as_bytes());
    here.run(&["check", "--unsafe-fixes"]).code(0).out("no findings");
    here.write("hoplint.toml", b"[thresholds]\norphaned_work = \"30 sec\"\n");
    here.run(&["check"]).code(1);
    here.run(&["check", "--diff"]).code(1).out("+++ b/hoplint.toml");
    here.run(&["check", "--fix"]).code(0).err("hoplint.toml: ");
    assert_eq!(here.read("hoplint.toml"), "[thresholds]\norphaned-work = \"30s\"\n");
}

#[test]
fn a_piped_text_comes_back_fixed_and_the_report_goes_elsewhere() {
    let here = Here::new(&[]);
    let text = GOOD.replace("5s}", "5 sec}");
    let ran = here.pipe(&["check", "--fix", "-"], text.as_bytes()).code(0).err("no findings");
    assert_eq!(ran.out, GOOD);
    assert_eq!(here.pipe(&["check", "--fix", "-"], GOOD.as_bytes()).code(0).out, GOOD);
}

#[cfg(unix)]
#[test]
fn a_fix_keeps_links_and_permissions_and_leaves_no_rest() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let here = Here::new(&[("real/a.yaml", &GOOD.replace("5s}", "5 sec}"))]);
    fs::set_permissions(here.path("real/a.yaml"), fs::Permissions::from_mode(0o604)).unwrap();
    symlink("real/a.yaml", here.path("a.chain.yaml")).unwrap();
    here.run(&["check", "--fix"]).code(0);
    assert_eq!(here.read("real/a.yaml"), GOOD);
    assert!(here.path("a.chain.yaml").symlink_metadata().unwrap().is_symlink());
    assert_eq!(fs::metadata(here.path("real/a.yaml")).unwrap().permissions().mode() & 0o777, 0o604);
    assert_eq!(fs::read_dir(here.path("real")).unwrap().count(), 1);
}

#[test]
fn bad_bytes_are_findings_at_their_place_and_are_never_written_back() {
    let here = Here::new(&[]);
    let latin = b"version: 1 # caf\xe9\nhops: [{platform: nginx, before: 5 sec}]\n";
    here.write("latin.chain.yaml", latin);
    here.write("nul.chain.yaml", b"version: 1\nhops: [{platform: n\0ginx}]\n");
    here.write("utf16.chain.yaml", b"\xff\xfev\0e\0");
    here.run(&["check", "--format", "compact"])
        .code(1)
        .out("latin.chain.yaml:1:17: error[syntax]: the byte 0xE9 is not UTF-8 text")
        .out("nul.chain.yaml:2:20: error[syntax]: a NUL byte")
        .out("utf16.chain.yaml:1:1: error[syntax]: the file is UTF-16");
    here.run(&["check", "--fix"]).code(1);
    assert_eq!(fs::read(here.path("latin.chain.yaml")).unwrap(), latin);
}

#[test]
fn a_huge_file_is_refused_without_reading_it_as_text() {
    let here = Here::new(&[]);
    let file = fs::File::create(here.path("huge.chain.yaml")).unwrap();
    file.set_len(32_000_001).unwrap();
    here.run(&["check"]).code(1).out("larger than 32 MB");
}

#[test]
fn colours_are_for_terminals_and_those_who_ask() {
    let here = Here::new(&[("bad.chain.yaml", BAD)]);
    let colored = |args: &[&str], vars: &[(&str, &str)]| {
        let mut command = here.command(args);
        command.envs(vars.iter().copied());
        Ran::from(command.output().unwrap()).out.contains('\u{1b}')
    };
    assert!(!colored(&["check"], &[]));
    assert!(colored(&["check", "--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&["check"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&["check"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["check", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&["check", "--format", "json"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn quiet_says_nothing_where_nothing_is_found() {
    let here = Here::new(&[("good.chain.yaml", GOOD), ("bad.chain.yaml", BAD)]);
    here.run(&["check", "-q", "good.chain.yaml"]).code(0).silent();
    here.run(&["check", "-q"]).code(1).out("error[order-inverted]");
    here.run(&["check", "-q", "-v"]).code(2);
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let files: Vec<(String, &str)> = (0..200).map(|i| (format!("{i}.chain.yaml"), BAD)).collect();
    let here = Here::new(&files.iter().map(|(name, text)| (name.as_str(), *text)).collect::<Vec<_>>());
    for args in [&["check"][..], &["explain", "nginx", "envoy", "kong", "haproxy"], &["--help"], &["platforms"]] {
        let mut child = here.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!(ran.err, "", "{args:?}");
        assert_eq!(ran.code, Some(i32::from(args[0] == "check")), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure() {
    let here = Here::new(&[("good.chain.yaml", GOOD)]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ran = Ran::from(here.command(&["check"]).stdout(full).output().unwrap());
    ran.code(2).err("cannot write to standard output");
    here.run(&["check", "--format", "json:/dev/full"]).code(2).err("cannot write /dev/full");
}

#[test]
fn any_number_of_threads_gives_the_same_report() {
    let files: Vec<(String, &str)> = (0..40).map(|i| (format!("d{}/{i}.chain.yaml", i % 7), BAD)).collect();
    let here = Here::new(&files.iter().map(|(name, text)| (name.as_str(), *text)).collect::<Vec<_>>());
    let one = here.run(&["check", "-j", "1", "--format", "json"]).code(1);
    for threads in ["2", "3", "8"] {
        assert_eq!(here.run(&["check", "--threads", threads, "--format", "json"]).out, one.out);
    }
    assert_eq!(here.run(&["check", "--format", "json", "d1", ".", "d1/1.chain.yaml"]).out, one.out);
    here.run(&["check", "-j", "0"]).code(2);
}

#[test]
fn watching_runs_again_when_a_file_changes() {
    use std::io::{BufRead, BufReader};
    let here = Here::new(&[("a.chain.yaml", BAD)]);
    let mut child = here.command(&["check", "--watch", "--format", "compact"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let found = lines.next().unwrap().unwrap();
    let summary = lines.next().unwrap().unwrap();
    here.write("a.chain.yaml", GOOD.as_bytes());
    let again = lines.next().unwrap().unwrap();
    // Settings that were not there before.
    here.write("hoplint.toml", b"ordr = 1");
    let settings = lines.next().unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(found.contains("order-inverted") && summary.starts_with("1 error"), "{found} {summary}");
    assert!(again.starts_with("no findings"), "{again}");
    assert!(settings.contains("hoplint.toml has no key `ordr`"), "{settings}");
    here.pipe(&["check", "--watch", "-"], b"").code(2);
}

#[test]
fn every_preset_lints_without_errors_and_none_is_written_over() {
    let here = Here::new(&[]);
    let list = here.run(&["init", "--list"]).code(0).out;
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 5 && names.contains(&"openai-nginx-fastapi"), "{list}");
    for name in names {
        let file = format!("{name}.chain.yaml");
        here.run(&["init", "--preset", name, "--out", &file]).code(0).err("hoplint check");
        here.run(&["check", &file, "--no-config"]).code(0);
    }
    here.write("llm.chain.yaml", b"mine");
    here.run(&["init", "--preset", "vercel-ai"]).code(2).err("--force");
    assert_eq!(here.read("llm.chain.yaml"), "mine");
    here.run(&["init", "--preset", "vercel-ai", "--force"]).code(0);
    here.run(&["init", "--preset", "vercel-ai", "--out", "-"]).code(0).out("version: 1");
    here.run(&["init"]).code(2).err("--preset openai-nginx-fastapi");
    here.run(&["init", "--preset", "x"]).code(2);
}

#[test]
fn explains_rules_platforms_and_timers() {
    let here = Here::new(&[]);
    here.run(&["explain", "order-inverted"]).code(0).out("# order-inverted");
    here.run(&["explain", "nginx"]).code(0).out("proxy_read_timeout").out("https://nginx.org/");
    here.run(&["explain", "nginx.read"]).code(0).out("proxy_read_timeout");
    here.run(&["explain", "nginx.proxy_read_timeout"]).code(0).out("proxy_read_timeout");
    here.run(&["explain", "syntax"]).code(0).out("cannot be read");
    here.run(&["explain", "order-invrted"]).code(2).err("did you mean order-inverted?");
    here.run(&["explain", "ngnix"]).code(2).err("did you mean nginx");
    here.run(&["explain", "nginx.raed"]).code(2).err("did you mean read?").err("client-header");
    here.run(&["explain", "nginx", "nothing-at-all"]).code(2).out("proxy_read_timeout").err("hoplint platforms");
}

#[test]
fn lists_rules_and_platforms() {
    let here = Here::new(&[]);
    here.run(&["rules"]).code(0).out("order-inverted");
    let rules = here.run(&["rules", "--format", "json"]).code(0).json();
    assert!(rules["rules"].as_array().unwrap().iter().any(|rule| rule["name"] == "unused-suppression"));
    here.run(&["platforms"]).code(0).out("nginx");
    let cdns = here.run(&["platforms", "--role", "cdn", "--format", "json"]).code(0).json();
    let cdns = cdns["platforms"].as_array().unwrap();
    assert!(!cdns.is_empty() && cdns.iter().all(|platform| platform["role"] == "cdn"));
    here.run(&["platforms", "--role", "x"]).code(2);
}

#[test]
fn prints_schemas_completions_and_manual_pages() {
    let here = Here::new(&[]);
    let names = here.run(&["schema"]).code(0).out("output").out;
    for name in names.lines() {
        assert!(here.run(&["schema", name]).code(0).json()["$schema"].is_string(), "{name}");
    }
    here.run(&["schema", "outptu"]).code(2).err("did you mean output?");
    here.run(&["completions", "bash"]).code(0).out("_hoplint");
    here.run(&["man"]).code(0).out(".TH hoplint 1");
    here.run(&["man", "check"]).code(0).out("fail");
    here.run(&["man", "nothing"]).code(2);
}

#[test]
fn nothing_in_a_name_commands_the_terminal() {
    const EVIL: &str = "\\e[31m\\x9b\\u202e";
    let bad = BAD.replace("name: edge", &format!("name: \"{EVIL}\""));
    let broken = format!("version: 1\nhops:\n  - {{platform: nginx, timeouts: {{read: \"{EVIL}\"}}}}\n");
    let here = Here::new(&[("bad.chain.yaml", &bad), ("broken.chain.yaml", &broken)]);
    let raw = "\u{1b}[31m\u{202e}";
    for args in [
        &["check", "--diff", "--unsafe-fixes", "bad.chain.yaml"][..],
        &["generate", "--stdout", "broken.chain.yaml"],
        &["baseline", "--out", raw],
        &["init", "--preset", "vercel-ai", "--out", raw, "--force"],
        &["check", "--fix", "--unsafe-fixes", "bad.chain.yaml"],
        &["explain", raw],
        &["check", "--fail-on", raw],
        &[raw],
    ] {
        let ran = here.run(args);
        assert!(ran.err.contains("<U+202E>"), "{args:?}: {ran:#?}");
        assert!(!ran.err.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{args:?}: {ran:#?}");
    }
}

#[test]
fn a_value_that_an_alias_repeats_gets_no_fix_that_moves_both() {
    let text = "version: 1
workload: simple-qa
hops:
  - {name: a, platform: nginx, timeouts: {read: &t 700s}}
  - {name: b, platform: nginx, timeouts: {read: *t}}
  - {name: p, platform: openai, timeout: 600s}
";
    let here = Here::new(&[("alias.chain.yaml", text), ("plain.chain.yaml", &text.replace("*t", "700s"))]);
    here.run(&["check", "--fix", "--unsafe-fixes", "alias.chain.yaml"]).code(1).out("error[order-inverted]");
    let left = here.read("alias.chain.yaml");
    here.run(&["check", "--fix", "--unsafe-fixes", "alias.chain.yaml"]).code(1);
    assert_eq!(here.read("alias.chain.yaml"), left, "a second run finds nothing to do");
    assert!(left.contains("read: &t 700s"), "{left}");
    here.run(&["check", "--fix", "--unsafe-fixes", "plain.chain.yaml"]).code(0);
}

#[test]
fn only_fixes_that_were_written_are_told_as_made() {
    let here = Here::new(&[("bad.chain.yaml", BAD)]);
    let mut only_read = fs::metadata(here.path("bad.chain.yaml")).unwrap().permissions();
    only_read.set_readonly(true);
    fs::set_permissions(here.path("bad.chain.yaml"), only_read).unwrap();
    let ran = here.run(&["check", "--fix", "--unsafe-fixes", "bad.chain.yaml"]).code(2).err("read-only");
    assert!(!ran.err.contains("made"), "{ran:#?}");
    assert_eq!(here.read("bad.chain.yaml"), BAD);
}

#[test]
fn what_is_no_text_is_piped_through_as_it_came() {
    let here = Here::new(&[]);
    let bytes = [b"# caf\xe9\n", BAD.as_bytes()].concat();
    let mut command = here.command(&["check", "--fix", "--unsafe-fixes", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(1), bytes));
}
