//! `file:` addresses and paths. Editors write one path in several ways (`%3A`, a drive in capitals), so files are known
//! by their path and an address is kept only to be given back.

use gen_lsp_types::Uri;
use std::path::{Path, PathBuf};

/// The path of a `file:` address; `None` for what is no file.
pub fn to_path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.0.strip_prefix("file://")?;
    // What stands between the second and third slash is a host: none, or this one.
    let path = rest.strip_prefix("localhost").filter(|p| p.starts_with('/')).unwrap_or(rest);
    let bytes = decoded(path.split(['?', '#']).next().unwrap_or_default());
    if cfg!(windows) {
        let text = String::from_utf8(bytes).ok()?;
        let drive = text.as_bytes().get(2) == Some(&b':');
        let text = if drive { &text[1..] } else { &text };
        return Some(PathBuf::from(text.replace('/', "\\")));
    }
    path.starts_with('/').then(|| normal(&of_bytes(bytes)))
}

/// The address of an absolute path.
pub fn of(path: &Path) -> Uri {
    let mut text = String::from("file://");
    let bytes = bytes_of(path);
    if cfg!(windows) {
        text.push('/');
    }
    for byte in bytes {
        let byte = if cfg!(windows) && byte == b'\\' { b'/' } else { byte };
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(HEX[usize::from(byte >> 4)]));
            text.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    Uri(text)
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn decoded(text: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let (bytes, mut out, mut i) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while let Some(&byte) = bytes.get(i) {
        if let (b'%', Some(high), Some(low)) = (byte, digit(bytes.get(i + 1)), digit(bytes.get(i + 2))) {
            out.push(high << 4 | low);
            i += 3;
        } else {
            out.push(byte);
            i += 1;
        }
    }
    out
}

/// Without `.` and `..`, which no editor means.
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(unix)]
fn of_bytes(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

#[cfg(not(unix))]
fn of_bytes(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(unix)]
fn bytes_of(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(not(unix))]
fn bytes_of(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn path(uri: &str) -> Option<String> {
        to_path(&Uri(uri.to_owned())).map(|path| path.to_string_lossy().into_owned())
    }

    #[test]
    fn reads_what_editors_write() {
        assert_eq!(path("file:///a/b%20c/%C3%A9%F0%9F%98%80.yaml").as_deref(), Some("/a/b c/é😀.yaml"));
        assert_eq!(path("file://localhost/a/../b#L3").as_deref(), Some("/b"));
        assert_eq!(path("file:///a/100%/%zz").as_deref(), Some("/a/100%/%zz"));
        assert_eq!(path("untitled:Untitled-1"), None);
        assert_eq!(path("file://other/a"), None);
    }

    #[test]
    fn a_path_comes_back_from_its_address() {
        for name in ["/a b/ü#?.conf", "/x/[id]/a%20.yaml", "/\u{1f600}"] {
            assert_eq!(to_path(&of(Path::new(name))).as_deref(), Some(Path::new(name)));
        }
        assert_eq!(of(Path::new("/a b/c:d")).0, "file:///a%20b/c%3Ad");
    }
}
