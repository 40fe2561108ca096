//! nginx's error log: what went wrong with an upstream, and while it did what. It knows no durations and no statuses.

use super::{Record, clock};
use std::borrow::Cow;

/// `2026/11/22 07:30:42 [error] 12#12: *3 upstream timed out (110: ...) while ..., client: ..., request: "GET / HTTP/1.1"`
pub fn read<'l>(line: &'l str, record: &mut Record<'l>) -> Option<()> {
    let (head, rest) = line.split_once(" [")?;
    record.ended = Some(clock::parse(head)?);
    let (level, rest) = rest.split_once("] ")?;
    if !["error", "crit", "alert", "emerg", "warn", "info", "notice"].contains(&level) {
        return None;
    }
    // Process and thread, and the number of the connection.
    let (_, rest) = rest.split_once(": ")?;
    let message = rest.strip_prefix('*').and_then(|rest| rest.split_once(' ')).map_or(rest, |(_, message)| message);
    let end = message.find(", client: ").or_else(|| message.find(", ")).unwrap_or(message.len());
    record.flags = without_details(&message[..end]);
    if let Some((_, request)) = message.split_once("request: \"") {
        let path = request.split(' ').nth(1).unwrap_or_default();
        record.path = Cow::Borrowed(path.trim_end_matches(['"', ',']));
    }
    Some(())
}

/// The message without the text of the system's error, which differs between systems.
fn without_details(message: &str) -> Cow<'_, str> {
    match (message.find(" ("), message.find(") ")) {
        (Some(from), Some(to)) if from < to => Cow::Owned(format!("{}{}", &message[..from], &message[to + 1..])),
        _ => Cow::Borrowed(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phase_of_a_timeout_is_kept() {
        let line = "2026/11/22 07:30:42 [error] 12#12: *3 upstream timed out (110: Connection timed out) while reading \
                    response header from upstream, client: 10.0.0.1, server: _, request: \"POST /v1/chat HTTP/1.1\", \
                    upstream: \"http://10.0.0.2:80/v1/chat\", host: \"a\"";
        let mut record = Record::default();
        read(line, &mut record).unwrap();
        assert_eq!(record.flags, "upstream timed out while reading response header from upstream");
        assert_eq!((&*record.path, record.ended.unwrap().to_string().as_str()), ("/v1/chat", "2026-11-22 07:30:42"));
        assert!(read("2026/11/22 07:30:42 no level", &mut Record::default()).is_none());
        assert!(
            read("10.0.0.1 - - [22/Nov/2026:07:30:42 +0000] \"GET / HTTP/1.1\" 200 1", &mut Record::default())
                .is_none()
        );
    }
}
