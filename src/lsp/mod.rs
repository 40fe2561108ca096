//! The language server: what an editor asks, answered from the same engine as the command line. The only place for the
//! types of the protocol, positions that count UTF-16, and the state of an editor; no rule and no platform is known here.
//!
//! One thread reads messages, one answers them in order. Searching a workspace folder has a thread of its own.

mod actions;
mod board;
mod check;
mod complete;
mod documents;
mod edits;
mod features;
mod here;
mod hints;
mod hover;
mod index;
mod look;
mod navigate;
mod options;
mod outline;
mod positions;
mod project;
mod requests;
mod schema;
mod server;
mod state;
mod sync;
mod uri;
mod wire;

use crate::cli::lsp::Args;
use std::process::ExitCode;
use std::sync::mpsc;

/// Serves a client until it leaves. The exit code is 0 where it said so first, as the protocol wants.
pub fn run(_: &Args) -> ExitCode {
    let (events, inbox) = mpsc::channel();
    if wire::read_from_stdin(events.clone()).is_err() {
        return ExitCode::from(2);
    }
    let client = wire::Client::new(wire::stdout());
    if server::serve(client, events, &inbox) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
