//! A check of a whole folder in this process, from nothing: what the command line does, without its start.

use crate::client::{position, uri};
use crate::equality::{Findings, line};
use hoplint::diag::{Diagnostic, Severity};
use hoplint::engine::{Engine, FileResult, Source};
use hoplint::import::Match;
use hoplint::import::store::Store;
use hoplint::span::{FileId, Loc};
use hoplint::workspace::deployed::{self, Named};
use hoplint::workspace::overlay::{Overlay, Texts};
use hoplint::workspace::settings::Settings;
use hoplint::workspace::walk::is_chain_file;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

pub fn findings(root: &Path, files: impl Iterator<Item = (PathBuf, String)>) -> Findings {
    static SETTINGS: LazyLock<Arc<Settings>> = LazyLock::new(Arc::default);
    let texts: Texts = files.map(|(path, text)| (path, Arc::from(text))).collect();
    let overlay = Overlay { texts: &texts };
    let store = Store::new(&overlay, root);
    let all = [Arc::clone(&SETTINGS)];
    let engine = Engine { catalog: &all[0].catalog, config: &all[0].config };
    let (mut results, mut named, mut places) = (Vec::<FileResult>::new(), Vec::new(), BTreeMap::new());
    for (i, (path, text)) in texts.iter().enumerate() {
        let id = FileId(u32::try_from(i).unwrap());
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if is_chain_file(&name) {
            places.insert(id, (path.clone(), Arc::clone(text)));
            let source = Source { path: name, text: Arc::clone(text) };
            results.push(engine.check_file_in(id, &source, &store));
        } else if let Ok(loaded) = store.import_named(path, Match::Yes) {
            named.push(Named { loaded, input: id, settings: 0 });
        }
    }
    let mut bound: Vec<(usize, &mut FileResult)> =
        results.iter_mut().filter(|result| result.bound).map(|result| (0, result)).collect();
    let found = deployed::check(&named, &all, &store, &mut bound);
    places.extend(store.files().into_iter().map(|file| (file.id, (file.path, file.text))));
    let mut findings: Vec<Diagnostic> = found.into_iter().chain(results).flat_map(|result| result.findings).collect();
    findings.sort_by(|a, b| (a.primary(), a.rule, &a.hop).cmp(&(b.primary(), b.rule, &b.hop)));
    let place = |at: Loc| {
        let (path, text) = &places[&at.file];
        let [start, end] = [at.span.start, at.span.end].map(|at| position(text, at as usize));
        (uri(path), json!({"start": start, "end": end}))
    };
    let mut out = Findings::new();
    for one in findings {
        let mut message = one.message.clone();
        message.extend(one.notes.iter().map(|note| format!("\n{note}")));
        message.extend(one.help.iter().map(|help| format!("\nhelp: {help}")));
        let related: Vec<String> = one.labels[1..]
            .iter()
            .map(|label| {
                let (uri, range) = place(label.loc);
                let text = if label.text.is_empty() { "this belongs to it" } else { &label.text };
                format!("{} {range} {}", json!(uri), json!(text))
            })
            .collect();
        let severity = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let (uri, range) = place(one.primary().unwrap());
        out.entry(uri).or_default().push(line(&range.to_string(), severity, one.rule, &message, &related));
    }
    out
}
