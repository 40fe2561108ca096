//! Whether a file is one of nginx: by its name, and by lines that only nginx has.

use crate::import::Match;

/// So much of a text is looked at, and so many lines.
const LOOKED_AT: usize = 64_000;
const LINES: usize = 1_500;

/// Endings of files that hold something else, whatever their name.
const OTHERS: [&str; 38] = [
    "yaml",
    "yml",
    "json",
    "toml",
    "md",
    "rst",
    "html",
    "htm",
    "xml",
    "py",
    "rb",
    "go",
    "rs",
    "c",
    "h",
    "cpp",
    "java",
    "js",
    "ts",
    "tsx",
    "mjs",
    "lua",
    "sh",
    "bash",
    "ps1",
    "php",
    "pl",
    "pm",
    "tf",
    "hcl",
    "cfg",
    "ini",
    "sql",
    "css",
    "svg",
    "service",
    "dockerfile",
    "lock",
];
const TEMPLATES: [&str; 14] = [
    "template", "tmpl", "tpl", "stpl", "j2", "jinja", "jinja2", "erb", "sample", "example", "inc", "default", "dist",
    "in",
];

pub fn may_be(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if OTHERS.contains(&ending) || name == "dockerfile" || name.starts_with("docker-compose") {
        return false;
    }
    if matches!(ending, "conf" | "nginx" | "vhost" | "ngx") || name.contains("nginx") {
        return true;
    }
    if TEMPLATES.contains(&ending) {
        return name.contains(".conf.") || path.contains("nginx");
    }
    ["sites-available/", "sites-enabled/", "nginx/"].iter().any(|folder| path.contains(folder))
}

pub fn knows(path: &str, text: &str) -> Match {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if OTHERS.contains(&ending) {
        return Match::No;
    }
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let (mut strong, mut foreign) = (0, 0);
    for line in text[..end].lines().take(LINES).map(str::trim_start) {
        strong += usize::from(is_nginx(line));
        foreign += usize::from(is_foreign(line));
    }
    let named = may_be(path);
    match strong {
        0 => Match::No,
        _ if foreign > strong => Match::No,
        1 if !named => Match::No,
        _ if named => Match::Yes,
        _ => Match::Maybe,
    }
}

/// A line that begins a directive of nginx and is punctuated as one.
fn is_nginx(line: &str) -> bool {
    const NAMES: [&str; 38] = [
        "listen",
        "server_name",
        "location",
        "upstream",
        "http",
        "events",
        "server",
        "stream",
        "proxy_pass",
        "proxy_set_header",
        "proxy_http_version",
        "proxy_buffering",
        "proxy_read_timeout",
        "proxy_connect_timeout",
        "proxy_send_timeout",
        "proxy_timeout",
        "proxy_redirect",
        "proxy_next_upstream",
        "proxy_ssl_server_name",
        "fastcgi_pass",
        "fastcgi_param",
        "fastcgi_read_timeout",
        "uwsgi_pass",
        "uwsgi_read_timeout",
        "scgi_pass",
        "scgi_read_timeout",
        "grpc_pass",
        "grpc_read_timeout",
        "worker_processes",
        "keepalive_timeout",
        "client_max_body_size",
        "client_body_timeout",
        "send_timeout",
        "try_files",
        "error_page",
        "ssl_certificate",
        "ssl_session_timeout",
        "limit_req",
    ];
    let end = line.find(|c: char| !c.is_ascii_lowercase() && c != '_' && !c.is_ascii_digit()).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if name.is_empty() || !NAMES.contains(&name) || !rest.starts_with([' ', '\t', '{']) {
        return false;
    }
    let code = rest.split(" #").next().unwrap_or(rest).trim_end();
    match name {
        "server" | "http" | "events" | "stream" => {
            code.trim_start().starts_with('{') || (name == "server" && code.ends_with(';') && !code.contains('{'))
        }
        "location" | "upstream" => code.contains('{'),
        _ => code.contains(';') && !code.trim_start().starts_with(['=', ':', '{']),
    }
}

/// A line of a format that shares some words.
fn is_foreign(line: &str) -> bool {
    const BEGIN: [&str; 17] = [
        "<VirtualHost",
        "<Directory",
        "<IfModule",
        "<Location",
        "<Proxy",
        "ProxyPass",
        "LoadModule",
        "frontend ",
        "backend ",
        "defaults",
        "resource \"",
        "apiVersion:",
        "#include",
        "import ",
        "function ",
        "[Unit]",
        "};",
    ];
    BEGIN.iter().any(|begin| line.starts_with(begin))
}
