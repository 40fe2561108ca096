//! Durations from a file: one a line, as somebody measured them.

use super::fail::Failure;
use crate::duration::{Dur, UNITS};
use crate::import::units;
use crate::workspace::read;
use std::path::Path;
use std::sync::Arc;

/// `FILE` with a unit on each line, or `FILE:ms` with bare numbers.
pub fn samples(named: &str) -> Result<Arc<[Dur]>, Failure> {
    let unit = named.rsplit_once(':').filter(|(_, unit)| UNITS.iter().any(|(known, _)| known == unit));
    let (path, unit) = unit.map_or((named, None), |(path, unit)| (path, Some(unit)));
    let text = read::text(Path::new(path)).map_err(|why| Failure::read(path, &why))?;
    let mut samples = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !line.is_empty() {
            samples.push(sample(line, unit).map_err(|why| Failure::Usage(format!("{path}:{}: {why}", i + 1)))?);
        }
    }
    if samples.is_empty() {
        return Err(Failure::Usage(format!("{path} has no durations; write one a line, such as 12.5s")));
    }
    Ok(samples.into())
}

/// A duration as a person or a program writes it, a fraction included.
fn duration(text: &str) -> Result<Dur, String> {
    Dur::parse(text).or_else(|why| units::suffixed(text, &units::GO_AND_DAYS).ok_or_else(|| why.to_string()))
}

fn sample(text: &str, unit: Option<&str>) -> Result<Dur, String> {
    let bare = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match unit {
        Some(unit) if bare => duration(&format!("{text}{unit}")).map_err(|why| format!("{text} {why}")),
        None if bare => {
            Err(format!("{text} what? Write {text}s, or name the unit of all lines behind the file: FILE:ms"))
        }
        _ => duration(text).map_err(|why| format!("it {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_stand_on_the_line_or_behind_the_file() {
        assert_eq!(sample("12.5s", None), Ok(Dur::from_millis(12_500)));
        assert_eq!(sample("12.5", Some("ms")), Ok(Dur::from_nanos(12_500_000)));
        assert_eq!(sample("2m", Some("ms")), Ok(Dur::from_secs(120)));
        assert!(sample("12.5", None).is_err_and(|why| why.contains("12.5 what?")));
        assert!(sample("soon", None).is_err());
    }
}
