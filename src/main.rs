//! Starts the command line; nothing else.

fn main() -> std::process::ExitCode {
    hoplint::cli::run()
}
