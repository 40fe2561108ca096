//! Fields that go by their names, as in JSON: which name means what, and in which unit it counts.

use super::clock;
use super::field::Field;
use super::value::{self, Unit};
use std::collections::HashMap;

/// Which keys of a log are which fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    fields: Vec<(String, Field)>,
}

impl Keys {
    pub fn find(&self, path: &str) -> Option<Field> {
        self.fields.iter().find(|(key, _)| key == path).map(|(_, field)| *field)
    }

    pub fn has_duration(&self) -> bool {
        let has = |wanted: fn(Field) -> bool| self.fields.iter().any(|(_, field)| wanted(*field));
        has(Field::is_duration) || has(|f| f == Field::Started) && has(|f| f == Field::Ended)
    }

    fn key_of(&self, wanted: impl Fn(Field) -> bool) -> Option<&str> {
        self.fields.iter().find(|(_, field)| wanted(*field)).map(|(key, _)| key.as_str())
    }
}

/// What a name can mean, before its unit is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Meaning {
    Started,
    Ended,
    Duration,
    Upstream,
    Status,
    UpstreamStatus,
    Retries,
    Attempts,
    Sent,
    Received,
    Flags,
    Path,
    Agent,
}

/// Names in small letters and digits alone; the first of a meaning that a log has is taken. One with a point is the
/// end of a path.
const NAMES: &[(Meaning, &[&str])] = &[
    (
        Meaning::Duration,
        &[
            "latencies.request",
            "requestduration",
            "totalduration",
            "duration",
            "requesttime",
            "responselatency",
            "httprequest.latency",
            "responsetime",
            "latency",
            "totallatency",
            "totaltime",
            "elapsed",
            "elapsedtime",
            "took",
            "timetaken",
            "processingtime",
            "requestlatency",
            "service",
            "rt",
            "reqtime",
        ],
    ),
    (
        Meaning::Upstream,
        &[
            "latencies.proxy",
            "upstreamresponsetime",
            "upstreamtime",
            "upstreamlatency",
            "originduration",
            "integrationlatency",
            "targetprocessingtime",
            "upstreamservicetime",
            "backendduration",
            "backendtime",
            "urt",
            "originresponseduration",
        ],
    ),
    (
        Meaning::Status,
        &[
            "response.status",
            "downstreamstatus",
            "edgeresponsestatus",
            "elbstatuscode",
            "httprequest.status",
            "responsecode",
            "statuscode",
            "httpstatuscode",
            "httpstatus",
            "responsestatus",
            "status",
            "errorinformation.errorcode",
        ],
    ),
    (
        Meaning::UpstreamStatus,
        &[
            "upstreamstatus",
            "originstatus",
            "integrationstatus",
            "targetstatuscode",
            "originresponsestatus",
            "backendstatus",
        ],
    ),
    (
        Meaning::Started,
        &[
            "starttime",
            "startedat",
            "startutc",
            "startlocal",
            "requesttimeepoch",
            "requestcreationtime",
            "edgestarttimestamp",
        ],
    ),
    (
        Meaning::Ended,
        &[
            "endtime",
            "edgeendtimestamp",
            "timelocal",
            "timeiso8601",
            "timestamp",
            "time",
            "ts",
            "datetime",
            "msec",
            "date",
            "requesttime",
        ],
    ),
    (
        Meaning::Flags,
        &["responseflags", "terminationstate", "termstate", "statusdetails", "errorinformation.errorclass", "code"],
    ),
    (Meaning::Retries, &["retryattempts"]),
    (Meaning::Attempts, &["upstreamrequestattemptcount", "attempts", "attempt", "tries"]),
    (
        Meaning::Path,
        &[
            "request.uri",
            "requesturi",
            "requestpath",
            "path",
            "uri",
            "requesturl",
            "url",
            "resourcepath",
            "endpoint",
            "routekey",
        ],
    ),
    (Meaning::Agent, &["useragent", "httpuseragent", "requestuseragent"]),
    (
        Meaning::Sent,
        &["bodybytessent", "bytessent", "downstreamcontentsize", "responsesize", "responselength", "sentbytes", "size"],
    ),
    (
        Meaning::Received,
        &[
            "prompttokens",
            "bytesreceived",
            "requestlength",
            "receivedbytes",
            "requestcontentsize",
            "requestsize",
            "bytesread",
        ],
    ),
];

/// Endings that say the unit, longest first.
const UNITS: &[(&str, Unit)] = &[
    ("milliseconds", Unit::Millis),
    ("microseconds", Unit::Micros),
    ("nanoseconds", Unit::Nanos),
    ("seconds", Unit::Seconds),
    ("millis", Unit::Millis),
    ("micros", Unit::Micros),
    ("nanos", Unit::Nanos),
    ("msec", Unit::Millis),
    ("usec", Unit::Micros),
    ("secs", Unit::Seconds),
    ("sec", Unit::Seconds),
    ("ms", Unit::Millis),
    ("us", Unit::Micros),
    ("ns", Unit::Nanos),
    ("s", Unit::Seconds),
];

/// A program that is known by one of its keys.
pub struct Tool {
    pub name: &'static str,
    pub platform: Option<&'static str>,
    /// A key that no other program writes.
    key: &'static str,
    /// The value that the key has, where the key alone tells nothing.
    value: Option<&'static str>,
    /// What its numbers count.
    unit: Option<Unit>,
}

pub const TOOLS: &[Tool] = &[
    Tool { name: "envoy-json", platform: Some("envoy"), key: "responseflags", value: None, unit: Some(Unit::Millis) },
    Tool {
        name: "traefik-json",
        platform: Some("traefik"),
        key: "downstreamstatus",
        value: None,
        unit: Some(Unit::Nanos),
    },
    Tool {
        name: "caddy",
        platform: Some("caddy"),
        key: "logger",
        value: Some("http.log.access"),
        unit: Some(Unit::Seconds),
    },
    Tool { name: "kong-json", platform: Some("kong"), key: "latencies.kong", value: None, unit: Some(Unit::Millis) },
    Tool { name: "apigateway-json", platform: None, key: "integrationlatency", value: None, unit: Some(Unit::Millis) },
    Tool {
        name: "litellm-json",
        platform: Some("litellm-proxy"),
        key: "responsecost",
        value: None,
        unit: Some(Unit::Seconds),
    },
    Tool {
        name: "gcp-lb-json",
        platform: Some("gcp-application-lb"),
        key: "httprequest.latency",
        value: None,
        unit: None,
    },
    Tool { name: "heroku", platform: Some("heroku"), key: "dyno", value: None, unit: None },
    Tool {
        name: "nginx-json",
        platform: Some("nginx"),
        key: "upstreamresponsetime",
        value: None,
        unit: Some(Unit::Seconds),
    },
    Tool { name: "nginx-json", platform: Some("nginx"), key: "timeiso8601", value: None, unit: Some(Unit::Seconds) },
    Tool { name: "nginx-json", platform: Some("nginx"), key: "bodybytessent", value: None, unit: Some(Unit::Seconds) },
];

/// The keys of a sample and some values of each.
#[derive(Default)]
pub struct Sample {
    values: HashMap<String, Vec<String>>,
    order: Vec<String>,
}

impl Sample {
    pub fn add(&mut self, path: &str, value: &str) {
        const MOST_KEYS: usize = 400;
        if let Some(values) = self.values.get_mut(path) {
            values.push(value.to_owned());
        } else if self.order.len() < MOST_KEYS {
            self.order.push(path.to_owned());
            self.values.insert(path.to_owned(), vec![value.to_owned()]);
        }
    }

    /// Which keys are read, by whom they are known to be written, and what had to be guessed. `unit` is one that the
    /// user named.
    pub fn keys(&self, unit: Option<Unit>) -> (Keys, Option<&'static Tool>, Vec<String>) {
        let folded: Vec<(String, &String)> = self.order.iter().map(|path| (fold(path), path)).collect();
        let tool = TOOLS.iter().find(|tool| {
            folded.iter().any(|(name, path)| {
                named(name, tool.key)
                    && tool.value.is_none_or(|value| self.values[*path].iter().any(|v| v.starts_with(value)))
            })
        });
        let (mut keys, mut notes) = (Keys::default(), Vec::new());
        for (meaning, names) in NAMES {
            let found = names.iter().find_map(|name| {
                folded.iter().find_map(|(folded, path)| {
                    let stated = if matches!(meaning, Meaning::Duration | Meaning::Upstream) {
                        with_unit(folded, name)?
                    } else {
                        named(folded, name).then_some(Stated::Nothing)?
                    };
                    let values = &self.values[*path];
                    (fits(*meaning, values, name) && keys.find(path).is_none()).then_some((*path, stated, values))
                })
            });
            let Some((path, stated, values)) = found else { continue };
            let counts = || {
                let stated = if let Stated::Unit(unit) = stated { Some(unit) } else { None };
                unit.or(stated).or(tool.and_then(|tool| tool.unit)).unwrap_or_else(|| plausible(values))
            };
            let field = match meaning {
                Meaning::Started => Field::Started,
                Meaning::Ended => Field::Ended,
                Meaning::Duration => {
                    let said = unit.is_some() || matches!(stated, Stated::Unit(_)) || tool.is_some();
                    if !said && !values.iter().all(|value| has_own_unit(value)) {
                        let name = counts().name();
                        let guess = "its name tells no unit; --log-unit overrules the guess";
                        notes.push(format!("durations are read from `{path}`, in {name}: {guess}"));
                    }
                    Field::Duration(counts())
                }
                Meaning::Upstream => Field::Upstream(counts()),
                Meaning::Status => Field::Status,
                Meaning::UpstreamStatus => Field::UpstreamStatus,
                Meaning::Retries => Field::Retries,
                Meaning::Attempts => Field::Attempts,
                Meaning::Sent => Field::Sent,
                Meaning::Received => Field::Received,
                Meaning::Flags => Field::Flags,
                Meaning::Path => Field::Path,
                Meaning::Agent => Field::Agent,
            };
            keys.fields.push((path.clone(), field));
        }
        if let (Some(key), None, true) = (keys.key_of(Field::is_duration), tool, notes.is_empty()) {
            notes.push(format!("durations are read from `{key}`"));
        }
        (keys, tool, notes)
    }
}

/// A path in small letters, digits and points; places in lists do not count.
fn fold(path: &str) -> String {
    let path = path.strip_suffix(".0").unwrap_or(path);
    path.chars().filter(|c| c.is_alphanumeric() || *c == '.').flat_map(char::to_lowercase).collect()
}

/// Whether a path ends in a name, as a whole word.
fn named(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What a name says about its unit.
#[derive(Clone, Copy)]
enum Stated {
    Nothing,
    Unit(Unit),
}

/// Whether a path is a name, with or without a unit at its end; the unit.
fn with_unit(path: &str, name: &str) -> Option<Stated> {
    if named(path, name) {
        return Some(Stated::Nothing);
    }
    UNITS.iter().find_map(|(ending, unit)| {
        path.strip_suffix(ending).filter(|rest| named(rest, name)).map(|_| Stated::Unit(*unit))
    })
}

/// Whether the values of a key can be what its name says.
fn fits(meaning: Meaning, values: &[String], name: &str) -> bool {
    let most = |fits: &dyn Fn(&str) -> bool| {
        let fitting = values.iter().filter(|value| fits(value)).count();
        fitting * 2 > values.len()
    };
    match meaning {
        Meaning::Started | Meaning::Ended => most(&|text| clock::parse(text).is_some()),
        Meaning::Duration => most(&|text| value::duration(text, Unit::Millis).is_some()),
        Meaning::Upstream => {
            most(&|text| matches!(text, "" | "-") || value::attempts(text, Unit::Millis).longest().is_some())
        }
        Meaning::Status => most(&|text| value::status(text).is_some()),
        // Heroku's codes; a `code` of other programs is a status or anything.
        Meaning::Flags if name == "code" => values.iter().all(|v| v.is_empty() || v.starts_with('H') && v.len() == 3),
        Meaning::Retries | Meaning::Attempts | Meaning::Sent | Meaning::Received => {
            most(&|text| value::count(text).is_some())
        }
        _ => true,
    }
}

fn has_own_unit(text: &str) -> bool {
    text.ends_with(|c: char| c.is_alphabetic())
}

/// The unit in which the values are times of requests: fractions of seconds, or whole numbers whose size tells.
fn plausible(values: &[String]) -> Unit {
    const HOUR: u64 = 3_600;
    let numbers = || values.iter().filter_map(|value| value::duration(value, Unit::Nanos));
    let longest = values.iter().filter_map(|value| value::duration(value, Unit::Seconds)).max().unwrap_or_default();
    let whole = values.iter().all(|value| !value.contains('.'));
    let largest = numbers().max().unwrap_or_default().as_nanos();
    if !whole && longest.as_nanos() / 1_000_000_000 < HOUR {
        return Unit::Seconds;
    }
    // An hour at most, in whichever unit.
    match largest {
        0..3_600_000 => Unit::Millis,
        3_600_000..3_600_000_000 => Unit::Micros,
        _ => Unit::Nanos,
    }
}
