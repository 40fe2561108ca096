//! A small client of the language server, over the pipes that an editor uses.
#![allow(dead_code, clippy::needless_pass_by_value, reason = "messages are written where they are sent")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// No answer takes this long, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    next: i64,
    /// The last findings of each file, by address, with the version that they are for.
    pub published: BTreeMap<String, (Option<i64>, Vec<Value>)>,
    /// Notifications and requests of the server that nobody asked about yet.
    pub heard: Vec<Value>,
    pub initialized: Value,
    /// What the server is told when it asks for settings.
    pub settings: Value,
}

impl Client {
    /// Starts a server in a folder of the workspace, with what a plain editor can do.
    pub fn start(root: &Path) -> Self {
        Self::with(root, json!({}), json!({}))
    }

    pub fn with(root: &Path, capabilities: Value, options: Value) -> Self {
        let mut client = Self::spawn(root);
        let params = json!({
            "processId": null,
            "rootUri": uri(root),
            "workspaceFolders": [{"uri": uri(root), "name": "root"}],
            "capabilities": capabilities,
            "initializationOptions": options,
        });
        client.initialized = client.request("initialize", params);
        client.notify("initialized", json!({}));
        client
    }

    /// A server that has been told nothing.
    pub fn spawn(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hoplint"))
            .arg("lsp")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the server starts");
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let (send, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if send.send(message).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            input,
            messages,
            next: 0,
            published: BTreeMap::new(),
            heard: Vec::new(),
            initialized: Value::Null,
            settings: Value::Null,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let input = self.input.as_mut().expect("the server listens");
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("the server reads");
        input.flush().expect("the server reads");
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request without waiting; its number.
    pub fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The whole answer to a request, error or not.
    pub fn answer(&mut self, id: i64) -> Value {
        self.until(|message| (message.get("method").is_none() && message["id"] == json!(id)).then(|| message.clone()))
    }

    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        let answer = self.answer(id);
        assert!(answer.get("error").is_none(), "{method}: {answer:#}");
        answer["result"].clone()
    }

    /// Waits for a message that fits.
    pub fn until<T>(&mut self, fits: impl Fn(&Value) -> Option<T>) -> T {
        if let Some(found) = self.heard.iter().position(|message| fits(message).is_some()) {
            let message = self.heard.remove(found);
            return fits(&message).expect("it did");
        }
        let begun = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            let message =
                self.messages.recv_timeout(left).unwrap_or_else(|why| panic!("the server says nothing: {why}"));
            self.hear(&message);
            if let Some(found) = fits(&message) {
                return found;
            }
            self.heard.push(message);
        }
    }

    fn hear(&mut self, message: &Value) {
        if message["method"] == "textDocument/publishDiagnostics" {
            let params = &message["params"];
            let found = params["diagnostics"].as_array().cloned().unwrap_or_default();
            let uri = params["uri"].as_str().expect("a URI").to_owned();
            self.published.insert(uri, (params["version"].as_i64(), found));
        }
        if let (Some(_), Some(id)) = (message.get("method"), message.get("id")) {
            let asks_settings = message["method"] == "workspace/configuration";
            let result = if asks_settings { json!([self.settings]) } else { Value::Null };
            self.send(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
        }
    }

    pub fn open(&mut self, path: &Path, text: &str) {
        let document = json!({"uri": uri(path), "languageId": "yaml", "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Replaces the whole text.
    pub fn change(&mut self, path: &Path, version: i64, text: &str) {
        self.changes(path, version, json!([{"text": text}]));
    }

    pub fn changes(&mut self, path: &Path, version: i64, changes: Value) {
        let document = json!({"uri": uri(path), "version": version});
        self.notify("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    pub fn close(&mut self, path: &Path) {
        self.notify("textDocument/didClose", json!({"textDocument": {"uri": uri(path)}}));
    }

    /// The findings of a version of a document.
    pub fn findings(&mut self, path: &Path, version: i64) -> Vec<Value> {
        let wanted = uri(path);
        if let Some((Some(known), found)) = self.published.get(&wanted)
            && *known == version
        {
            return found.clone();
        }
        self.until(|message| {
            let params = &message["params"];
            let is = message["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == json!(wanted)
                && params["version"] == json!(version);
            is.then(|| params["diagnostics"].as_array().cloned().unwrap_or_default())
        })
    }

    /// Waits until the folder has been searched.
    pub fn indexed(&mut self) -> Value {
        self.until(|message| (message["method"] == "hoplint/indexed").then(|| message["params"].clone()))
    }

    /// Waits until all that was sent before has been handled.
    pub fn settle(&mut self) {
        let id = self.ask("hoplint/nothing", Value::Null);
        self.answer(id);
    }

    /// Leaves as the protocol wants; the exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.input.take();
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.input.take();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(number) = line.strip_prefix("Content-Length: ") {
            length = number.parse::<usize>().ok();
        }
    }
    let mut body = vec![0; length?];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The address of a path, as editors write it.
pub fn uri(path: &Path) -> String {
    let mut text = String::from("file://");
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// A folder of files.
pub fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path().canonicalize().expect("it is there");
    for (name, text) in files {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    (dir, root)
}

/// The line and character of a byte, in UTF-16. LF, CRLF and a lone CR end a line.
pub fn position(text: &str, offset: usize) -> Value {
    let bytes = text.as_bytes();
    let ends = |i: &usize| bytes[*i] == b'\n' || (bytes[*i] == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
    let (mut line, mut start) = (0, 0);
    for end in (0..offset).filter(ends) {
        (line, start) = (line + 1, end + 1);
    }
    // Between CR and LF is the end of the line.
    let offset = if text[offset..].starts_with('\n') && text[..offset].ends_with('\r') { offset - 1 } else { offset };
    json!({"line": line, "character": text[start..offset].encode_utf16().count()})
}

/// The place of a word in a text, `n` bytes into it.
pub fn place(text: &str, word: &str, n: usize) -> Value {
    position(text, text.find(word).unwrap_or_else(|| panic!("no {word:?}")) + n)
}
