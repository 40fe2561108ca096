//! The life of the server: the handshake, the queue of messages, and who answers what.
//!
//! Messages are handled in order. Changes that wait in the queue are taken together: files are checked when nothing else
//! waits, or when a request needs to know.

use super::options::{Capabilities, Options};
use super::state::State;
use super::wire::{Client, Event};
use super::{features, sync};
use gen_lsp_types as lsp;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender};

/// Talks to one client until it leaves; whether it asked to shut down first.
pub fn serve(client: Client, events: Sender<Event>, inbox: &Receiver<Event>) -> bool {
    let Some(params) = handshake(&client, inbox) else { return false };
    let capabilities = Capabilities::of(&params);
    let options = Options::of(params.get("initializationOptions").unwrap_or(&Value::Null));
    let state = State::new(client, events, capabilities, options, folders(&params));
    let mut server = Server { state, queue: VecDeque::new(), down: false };
    server.run(inbox)
}

/// Waits for `initialize` and answers it.
fn handshake(client: &Client, inbox: &Receiver<Event>) -> Option<Value> {
    loop {
        match inbox.recv().ok()? {
            Event::Message(Message::Request(request)) if request.method == "initialize" => {
                let capabilities = features::capabilities(Capabilities::of(&request.params));
                let info = json!({"name": "hoplint", "version": env!("CARGO_PKG_VERSION")});
                client.answer(&request.id, json!({"capabilities": capabilities, "serverInfo": info}));
                return Some(request.params);
            }
            Event::Message(Message::Request(request)) => {
                let code = ErrorCode::ServerNotInitialized as i32;
                client.refuse(&request.id, code, "the server waits for `initialize`".to_owned());
            }
            Event::Message(Message::Notification(notice)) if notice.method == "exit" => return None,
            Event::Closed => return None,
            Event::Message(_) | Event::Indexed(_) => {}
        }
    }
}

/// The folders of the workspace, by whichever of three words the client names them.
fn folders(params: &Value) -> Vec<PathBuf> {
    let path = |value: &Value| super::uri::to_path(&lsp::Uri(value.as_str()?.to_owned()));
    let listed = params.get("workspaceFolders").and_then(Value::as_array);
    let listed: Vec<PathBuf> = listed.into_iter().flatten().filter_map(|folder| path(folder.get("uri")?)).collect();
    if !listed.is_empty() {
        return listed;
    }
    let root = params.get("rootUri").and_then(path);
    let root = root.or_else(|| params.get("rootPath").and_then(Value::as_str).map(PathBuf::from));
    root.into_iter().collect()
}

struct Server {
    state: State,
    queue: VecDeque<Event>,
    /// The client said `shutdown`.
    down: bool,
}

impl Server {
    fn run(&mut self, inbox: &Receiver<Event>) -> bool {
        loop {
            self.take(inbox);
            if self.queue.is_empty() {
                self.guarded("check", State::flush);
                match inbox.recv() {
                    Ok(event) => self.queue.push_back(event),
                    Err(_) => return self.down,
                }
                continue;
            }
            match self.queue.pop_front() {
                Some(Event::Message(Message::Request(request))) => self.request(request),
                Some(Event::Message(Message::Notification(notice))) if notice.method == "exit" => return self.down,
                Some(Event::Message(Message::Notification(notice))) => self.notice(notice),
                Some(Event::Message(Message::Response(response))) => {
                    if let Ok(result) = response.response_result {
                        let id = serde_json::to_value(&response.id).ok().and_then(|id| id.as_i64());
                        self.guarded("answer", |state| sync::answered(state, id, &result));
                    }
                }
                Some(Event::Indexed(searched)) => self.state.indexed(*searched),
                Some(Event::Closed) => return self.down,
                None => {}
            }
        }
    }

    /// Takes what waits, and answers requests that were called off before their turn.
    fn take(&mut self, inbox: &Receiver<Event>) {
        while let Ok(event) = inbox.try_recv() {
            if let Event::Message(Message::Notification(notice)) = &event
                && notice.method == "$/cancelRequest"
            {
                self.cancel(&notice.params);
                continue;
            }
            self.queue.push_back(event);
        }
    }

    fn cancel(&mut self, params: &Value) {
        let Some(id) = params.get("id").and_then(|id| serde_json::from_value::<RequestId>(id.clone()).ok()) else {
            return;
        };
        let waits = |event: &Event| matches!(event, Event::Message(Message::Request(request)) if request.id == id);
        if let Some(at) = self.queue.iter().position(waits) {
            self.queue.remove(at);
            self.state.client.refuse(&id, ErrorCode::RequestCanceled as i32, "cancelled".to_owned());
        }
    }

    fn request(&mut self, request: Request) {
        let Request { id, method, params } = request;
        if self.down {
            let code = ErrorCode::InvalidRequest as i32;
            return self.state.client.refuse(&id, code, "the server is shutting down".to_owned());
        }
        if method == "shutdown" {
            self.down = true;
            return self.state.client.answer(&id, Value::Null);
        }
        let answer = self.guarded(&method, |state| {
            state.flush();
            features::request(state, &method, params)
        });
        let client = &self.state.client;
        match answer {
            Some(Ok(result)) => client.answer(&id, result),
            Some(Err(refusal)) => client.refuse(&id, refusal.code as i32, refusal.message),
            None => client.refuse(&id, ErrorCode::InternalError as i32, format!("{method} panicked: a bug of hoplint")),
        }
    }

    fn notice(&mut self, notice: Notification) {
        let Notification { method, params } = notice;
        self.guarded(&method, |state| sync::notice(state, &method, params));
    }

    /// A panic costs one answer, not the server.
    fn guarded<T>(&mut self, what: &str, work: impl FnOnce(&mut State) -> T) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(|| work(&mut self.state)));
        if done.is_err() {
            self.state.log(&format!("{what} panicked: a bug of hoplint; the server goes on"));
        }
        done.ok()
    }
}
