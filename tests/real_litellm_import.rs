//! Configuration of the `LiteLLM` proxy, read by hoplint and by the proxy's own loader: the same timeouts and retries.

#![allow(clippy::unwrap_used)]

mod real;

use hoplint::catalog::Setting;
use hoplint::import::{Deployed, Given, Import, IncludeError, Included, Includes, READERS};
use hoplint::model::Declared;
use hoplint::span::FileId;
use real::{program, skip};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files beside the main one.
struct Beside(PathBuf);

impl Includes for Beside {
    fn read(&self, _: FileId, path: &str) -> Result<Included, IncludeError> {
        let text = std::fs::read_to_string(self.0.join(path))
            .map_err(|_| IncludeError::File(hoplint::files::FileError::NotFound))?;
        Ok(Included { file: FileId(u32::from(path.as_bytes()[0])), text: text.into() })
    }

    fn glob(&self, _: FileId, _: &str) -> Result<Vec<String>, IncludeError> {
        Ok(Vec::new())
    }
}

fn hops(path: &Path) -> Vec<Deployed> {
    let text = std::fs::read_to_string(path).unwrap();
    let reader = READERS.iter().find(|reader| reader.name() == "litellm").unwrap();
    let mut import = Import::default();
    let includes = Beside(path.parent().unwrap().to_owned());
    reader.read(&Given { file: FileId(0), path: "config.yaml", text: &text }, &includes, &mut import);
    import.hops
}

/// Seconds of the first of these timers that the hop states, else what counts where it states none; an error where it
/// cannot be known.
fn seconds(hop: &Deployed, names: &[&str], unset: f64) -> Result<f64, Declared> {
    let stated = hop.hop.timers.iter().find(|(name, _)| names.contains(&name.value.as_str()));
    match stated.map(|(_, value)| value.value) {
        None => Ok(unset),
        Some(Declared::Set(Setting::At(at))) => Ok(at.as_secs_f64()),
        Some(other) => Err(other),
    }
}

#[test]
fn the_loader_takes_the_values_that_hoplint_reads() {
    let Some(python) = program("HOPLINT_LITELLM_PYTHON", "litellm/bin/python", "") else {
        return skip("litellm import", "a Python with litellm[proxy] (.cache/litellm)");
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import/litellm");
    let mut compared = 0;
    for name in ["config.yaml", "no-router-timeout.yaml", "included-well/main.yaml"] {
        let path = folder.join(name);
        let out = Command::new(&python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/litellm_effective.py"))
            .arg(&path)
            .env("NO_PROXY", "*")
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stderr));
        let said: Vec<Value> = serde_json::from_str(said.trim_end().lines().last().unwrap()).unwrap();
        let hops = hops(&path);
        for deployment in &said {
            let model = deployment["model"].as_str().unwrap();
            let hop = hops.iter().find(|hop| hop.selector == format!("model_list.{model}")).unwrap();
            let reads = [
                "litellm_params.timeout",
                "litellm_settings.request_timeout",
                "router_settings.timeout",
                "upstream-read",
            ];
            let streams = ["litellm_params.stream_timeout", "router_settings.stream_timeout", "upstream-stream"];
            // What nobody sets is the catalogue's business.
            let Ok(read) = seconds(hop, &reads, 6000.0) else { continue };
            let Ok(stream) = seconds(hop, &streams, read) else { continue };
            // A quoted number stays text in the router.
            let said = |key: &str| deployment[key].as_f64().or_else(|| deployment[key].as_str()?.parse().ok());
            assert_eq!(said("read"), Some(read), "{name}: {model}");
            assert_eq!(said("stream"), Some(stream), "{name}: {model} as a stream");
            let retries = hop.hop.retries.as_ref().and_then(|r| r.attempts).map_or(2, |attempts| attempts.value - 1);
            assert_eq!(deployment["retries"].as_u64(), Some(u64::from(retries)), "{name}: {model}");
            compared += 1;
        }
    }
    println!("litellm import: {compared} deployments have the values of the proxy's own loader");
    assert!(compared >= 8, "{compared}");
}
