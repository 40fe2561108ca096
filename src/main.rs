//! Joins the two shells and starts the command line; nothing else.

fn main() -> std::process::ExitCode {
    hoplint::cli::run(hoplint::lsp::run)
}
