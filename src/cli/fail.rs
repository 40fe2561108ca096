//! Exit codes, and the failures that have no place in a file.

use crate::text::{list, nearest};
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

pub const CLEAN: u8 = 0;
/// Something is wrong at a place in a file.
pub const FOUND: u8 = 1;
/// Something is wrong that no file can be blamed for. It wins over [`FOUND`].
pub const NO_PLACE: u8 = 2;

/// How a command ended.
#[derive(Debug, Default)]
pub struct Exit {
    /// Something with a place in a file was found.
    pub found: bool,
    pub failures: Vec<Failure>,
}

/// Says which chain there is not, of those that were asked for.
pub fn known_chains<'k>(names: &[String], known: impl Iterator<Item = &'k str> + Clone) -> Result<(), Failure> {
    let Some(name) = names.iter().find(|name| !known.clone().any(|known| known == name.as_str())) else {
        return Ok(());
    };
    let mut all: Vec<&str> = known.clone().collect();
    all.dedup();
    let help = nearest(name, known)
        .map_or_else(|| format!("there are {}", list(&all, "and")), |near| format!("did you mean {near}?"));
    Err(Failure::Usage(format!("no chain is called {name}; {help}")))
}

impl Exit {
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match (self.failures.is_empty(), self.found) {
            (false, _) => NO_PLACE,
            (true, true) => FOUND,
            (true, false) => CLEAN,
        })
    }
}

impl From<Result<(), Failure>> for Exit {
    fn from(result: Result<(), Failure>) -> Self {
        Self { found: false, failures: result.err().into_iter().collect() }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub enum Failure {
    /// Arguments that do not go together.
    Usage(String),
    Read {
        path: PathBuf,
        why: String,
    },
    Write {
        path: PathBuf,
        why: String,
    },
    /// Standard output is gone or full.
    Output(std::io::Error),
    Input(std::io::Error),
    NothingToCheck {
        searched: Vec<PathBuf>,
    },
    /// A bug of hoplint.
    Internal {
        path: String,
    },
}

impl Failure {
    pub fn read(path: impl Into<PathBuf>, why: &crate::files::FileError) -> Self {
        Self::Read { path: path.into(), why: why.to_string() }
    }

    pub fn write(path: impl Into<PathBuf>, why: &std::io::Error) -> Self {
        Self::Write { path: path.into(), why: why.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) => write!(f, "{text}"),
            Self::Read { path, why } => write!(f, "cannot read {}: {why}", path.display()),
            Self::Write { path, why } => write!(f, "cannot write {}: {why}", path.display()),
            Self::Output(why) => write!(f, "cannot write to standard output: {why}"),
            Self::Input(why) => write!(f, "cannot read standard input: {why}"),
            Self::NothingToCheck { searched } => {
                let folders: Vec<String> = searched.iter().map(|p| p.display().to_string()).collect();
                write!(
                    f,
                    "no chain file (*.chain.yaml, .yml, .toml, .json) in {}; `hoplint init` writes a first one, and \
                     --allow-empty accepts that there is none",
                    folders.join(", ")
                )
            }
            Self::Internal { path } => write!(
                f,
                "hoplint itself failed on {path}; please report it with this file at {}/issues",
                env!("CARGO_PKG_REPOSITORY")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_place_wins() {
        let exit = |found, failures| format!("{:?}", Exit { found, failures }.code());
        let usage = || vec![Failure::Usage(String::new())];
        let code = |n: u8| format!("{:?}", ExitCode::from(n));
        assert_eq!(exit(false, vec![]), code(0));
        assert_eq!(exit(true, vec![]), code(1));
        assert_eq!(exit(false, usage()), code(2));
        assert_eq!(exit(true, usage()), code(2));
    }
}
