//! A family of nested configurations, made the same way every time: files, and for each place that passes a request on
//! how to ask for it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

/// So far apart that a busy machine does not take one for another.
pub const LEVELS: [u64; 6] = [300, 750, 1200, 1650, 2100, 2550];

const FAMILIES: [&str; 5] = ["proxy", "fastcgi", "uwsgi", "scgi", "grpc"];

/// A place that passes requests on.
pub struct Place {
    pub host: String,
    pub uri: String,
    pub method: &'static str,
    /// The end of the selector of its hop.
    pub selector: String,
    pub family: &'static str,
}

pub struct Made {
    /// By path below the main file's folder; the main file is `nginx.conf`.
    pub files: BTreeMap<String, String>,
    pub places: Vec<Place>,
}

pub fn make(seed: u64, listen: SocketAddr, silent: SocketAddr, servers: usize) -> Made {
    let files = BTreeMap::new();
    let mut maker = Maker { random: seed, files, places: Vec::new(), silent, number: 0 };
    maker.main(listen, servers);
    Made { files: maker.files, places: maker.places }
}

struct Maker {
    random: u64,
    files: BTreeMap<String, String>,
    places: Vec<Place>,
    silent: SocketAddr,
    number: usize,
}

impl Maker {
    fn below(&mut self, n: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).expect("31 bits") % n
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn main(&mut self, listen: SocketAddr, servers: usize) {
        let (mut before, mut after) = (String::new(), String::new());
        for family in FAMILIES {
            let line = format!("{family}_read_timeout {};\n", self.time());
            match self.below(3) {
                0 => before += &line,
                1 => after += &line,
                _ => drop(self.files.insert(format!("inc/http-{family}.conf"), line)),
            }
        }
        for n in 0..servers {
            let server = self.server(listen, n);
            // Servers come in by a pattern, by name, or stand in the main file.
            match n % 3 {
                0 => drop(self.files.insert(format!("conf.d/{n:02}-server.conf"), server)),
                1 => {
                    after += &format!("include sites/server-{n}.conf;\n");
                    self.files.insert(format!("sites/server-{n}.conf"), server);
                }
                _ => after += &server,
            }
        }
        let http = format!("{before}include conf.d/*.conf;\n{after}include inc/http-*.conf;\n");
        self.files.insert("nginx.conf".to_owned(), http);
    }

    fn server(&mut self, listen: SocketAddr, n: usize) -> String {
        let host = format!("s{n}.test");
        let mut out = format!("server {{\nlisten {listen};\nserver_name {host};\n");
        let times = self.times(35);
        let mut locations = String::new();
        for kind in 0..9 {
            for _ in 0..2 {
                locations += &self.location(&host, kind);
            }
        }
        let (first, second) = if self.chance(50) { (times, locations) } else { (locations, times) };
        let _ = writeln!(out, "{first}{second}}}");
        out
    }

    fn location(&mut self, host: &str, kind: usize) -> String {
        self.number += 1;
        let n = self.number;
        let family = if self.chance(50) { "proxy" } else { FAMILIES[self.below(FAMILIES.len())] };
        let plain = |title: &str, inner: String| format!("location {title} {{\n{inner}}}\n");
        // No other module may pass on in `limit_except`.
        let family = if kind < 8 { family } else { "proxy" };
        let mut place = |uri: String, method, selector: String| {
            self.places.push(Place { host: host.to_owned(), uri, method, selector, family });
        };
        match kind {
            0 => {
                place(format!("/p{n}/x"), "GET", format!("location /p{n}/"));
                plain(&format!("/p{n}/"), self.passing(family))
            }
            1 => {
                place(format!("/e{n}"), "GET", format!("location = /e{n}"));
                plain(&format!("= /e{n}"), self.passing(family))
            }
            2 => {
                place(format!("/r{n}/12"), "GET", format!("location ~ \"^/r{n}/[0-9]{{2}}$\""));
                plain(&format!("~ \"^/r{n}/[0-9]{{2}}$\""), self.passing(family))
            }
            3 => {
                place(format!("/c{n}/A.X"), "GET", format!("location ~* ^/c{n}/.*\\.x$"));
                plain(&format!("~* ^/c{n}/.*\\.x$"), self.passing(family))
            }
            // A named location, reached from another one.
            4 => {
                place(format!("/d{n}"), "GET", format!("location @d{n}"));
                let from =
                    plain(&format!("= /d{n}"), format!("{}error_page 418 = @d{n};\nreturn 418;\n", self.times(50)));
                from + &plain(&format!("@d{n}"), self.passing(family))
            }
            // Two and three deep; the outer ones pass nothing on.
            5 => {
                place(format!("/n{n}/a/b"), "GET", format!("location /n{n}/a/"));
                let inner = plain(&format!("/n{n}/a/"), self.passing(family));
                plain(&format!("/n{n}/"), self.around(inner))
            }
            6 => {
                place(format!("/t{n}/a/7"), "GET", "location ~ /7$".to_owned());
                let inner = plain("~ /7$", self.passing(family));
                let middle = plain(&format!("/t{n}/a/"), self.around(inner));
                plain(&format!("/t{n}/"), self.around(middle))
            }
            7 => {
                place(format!("/i{n}?slow=1"), "GET", format!("location /i{n}/if ($arg_slow)"));
                place(format!("/i{n}"), "GET", format!("location /i{n}"));
                let own = self.passing(family);
                let branch = format!("if ($arg_slow) {{\n{}}}\n", self.pass(family));
                plain(&format!("/i{n}"), own + &branch)
            }
            _ => {
                place(format!("/l{n}"), "POST", format!("location /l{n}/limit_except GET"));
                let own = self.passing(family);
                let inner = format!("limit_except GET {{\n{}}}\n", self.pass(family));
                plain(&format!("/l{n}"), own + &inner)
            }
        }
    }

    /// Times around a block, before or behind it.
    fn around(&mut self, inner: String) -> String {
        let times = self.times(50);
        if self.chance(50) { times + &inner } else { inner + &times }
    }

    fn passing(&mut self, family: &str) -> String {
        let pass = self.pass(family);
        self.around(pass)
    }

    fn pass(&self, family: &str) -> String {
        let scheme = match family {
            "proxy" => "http://",
            "grpc" => "grpc://",
            _ => "",
        };
        format!("{family}_pass {scheme}{};\n", self.silent)
    }

    /// Read times of some families, here or in an included file.
    fn times(&mut self, percent: usize) -> String {
        let mut out = String::new();
        for family in FAMILIES {
            if !self.chance(percent) {
                continue;
            }
            let line = format!("{family}_read_timeout {};\n", self.time());
            match self.below(4) {
                0 => {
                    self.number += 1;
                    let name = format!("inc/part-{}.conf", self.number);
                    out += &format!("include {name};\n");
                    self.files.insert(name, line);
                }
                1 => {
                    self.number += 1;
                    out += &format!("include inc/glob-{}-*.conf;\n", self.number);
                    self.files.insert(format!("inc/glob-{}-a.conf", self.number), line);
                    self.files.insert(format!("inc/glob-{}-b.conf", self.number), "# nothing\n".to_owned());
                }
                _ => out += &line,
            }
        }
        out
    }

    /// One of the levels, in one of nginx's spellings.
    fn time(&mut self) -> String {
        let level = LEVELS[self.below(LEVELS.len())];
        match self.below(4) {
            0 => format!("{}s{}ms", level / 1000, level % 1000),
            1 => format!("\"{}s {}ms\"", level / 1000, level % 1000),
            2 => format!("0m{level}ms"),
            _ => format!("{level}ms"),
        }
    }
}
