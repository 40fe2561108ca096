//! Apache httpd as it is installed, and a main file that loads what the fixtures of its reader need.

use super::{Folder, program};
use std::path::{Path, PathBuf};

pub fn apache() -> Option<PathBuf> {
    program("HOPLINT_APACHE", "", "apache2").or_else(|| program("HOPLINT_APACHE", "", "httpd"))
}

pub fn modules() -> Option<&'static str> {
    let known = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"];
    known.into_iter().find(|path| Path::new(path).is_dir())
}

/// A main file with directives of its own that includes another file of the folder.
pub fn main_file(folder: &Folder, modules: &str, own: &str, include: &str) -> PathBuf {
    let at = folder.0.display();
    let mut main = format!("ServerRoot {at}\nServerName localhost\nPidFile {at}/pid\nErrorLog {at}/error.log\n{own}");
    for name in [
        "mpm_event",
        "authz_core",
        "proxy",
        "proxy_http",
        "proxy_fcgi",
        "proxy_wstunnel",
        "proxy_balancer",
        "lbmethod_byrequests",
        "slotmem_shm",
        "reqtimeout",
        "rewrite",
        "alias",
    ] {
        main += &format!("LoadModule {name}_module {modules}/mod_{name}.so\n");
    }
    folder.write("tested.conf", &format!("{main}Include {at}/{include}\n"))
}
