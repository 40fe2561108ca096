//! nginx files: a whole nginx.conf with its includes, or a part of one.
//!
//! [`walk`] reads the blocks as nginx does, [`hops`] takes from them what holds where requests are passed on. The times of
//! a module count only where its own `*_pass` stands.

mod detect;
mod hops;
mod inserts;
mod known;
mod load;
mod names;
mod pool;
mod scope;
mod time;
mod walk;

use super::{Given, Import, Includes, Match, Reader};

pub struct Nginx;

impl Reader for Nginx {
    fn name(&self) -> &'static str {
        "nginx"
    }

    fn summary(&self) -> &'static str {
        "nginx and OpenResty: nginx.conf with its includes, or a server, location or list of directives alone"
    }

    fn may_be(&self, path: &str) -> bool {
        detect::may_be(path)
    }

    fn knows(&self, path: &str, text: &str) -> Match {
        detect::knows(path, text)
    }

    fn read(&self, given: &Given<'_>, includes: &dyn Includes, out: &mut Import) {
        walk::walk(*given, includes, out).hops();
    }
}

#[cfg(test)]
mod include_tests;
#[cfg(test)]
mod tests;
