//! The arguments of `hoplint lsp`. The server itself is the other shell.

/// Serve editors (Language Server Protocol over standard input and output)
///
/// Started by an editor, not by hand. Findings, repairs, completion and more for chain files, hoplint.toml and deployed
/// configuration; settings come from the editor and from hoplint.toml.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Talk over standard input and output, which it always does; many editors say so
    #[arg(long)]
    pub stdio: bool,
}
