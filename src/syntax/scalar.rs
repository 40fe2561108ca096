//! What a plain YAML scalar means: the core schema of YAML 1.2, so `off`, `no` and `12:30` stay text.

use super::Kind;
use std::borrow::Cow;

/// What a tag asks a scalar to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Str,
    Int,
    Float,
    Bool,
    Null,
}

pub(super) fn yaml(text: Cow<'_, str>) -> Kind<'_> {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ if !may_be_number(&text) => Kind::Str(text),
        _ if is_integer(&text) => match as_i64(&text) {
            Some(n) => Kind::Int(n),
            None => Kind::Num(text),
        },
        _ if is_float(&text) => Kind::Num(text),
        _ => Kind::Str(text),
    }
}

/// The kind that a tag asks for, or the best there is and why the text does not fit.
pub(super) fn forced(text: Cow<'_, str>, wanted: Wanted) -> Result<Kind<'_>, (Kind<'_>, String)> {
    if wanted == Wanted::Str {
        return Ok(Kind::Str(text));
    }
    let kind = yaml(text);
    let (fits, name) = match wanted {
        Wanted::Str => (true, "text"),
        Wanted::Int => (matches!(kind, Kind::Int(_)), "an integer"),
        Wanted::Float => (matches!(kind, Kind::Int(_) | Kind::Num(_)), "a number"),
        Wanted::Bool => (matches!(kind, Kind::Bool(_)), "true or false"),
        Wanted::Null => (matches!(kind, Kind::Null), "nothing"),
    };
    if fits {
        return Ok(kind);
    }
    let message = format!("its tag asks for {name}, but this is {}", kind.what());
    Err((kind, message))
}

fn may_be_number(text: &str) -> bool {
    text.as_bytes().first().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'))
}

fn is_integer(text: &str) -> bool {
    let (digits, radix) = digits(text);
    !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix))
}

/// The value of an integer, if it fits.
fn as_i64(text: &str) -> Option<i64> {
    match digits(text) {
        (_, 10) => text.parse().ok(),
        (digits, radix) => i64::from_str_radix(digits, radix).ok(),
    }
}

fn digits(text: &str) -> (&str, u32) {
    if let Some(digits) = text.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = text.strip_prefix("0o") {
        (digits, 8)
    } else {
        (text.strip_prefix(['+', '-']).unwrap_or(text), 10)
    }
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, `.inf` and `.nan`.
fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent_fits && digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Kind<'_> {
        yaml(Cow::Borrowed(text))
    }

    #[test]
    fn yaml_1_1_words_stay_text() {
        for text in [
            "off", "no", "yes", "on", "y", "n", "12:30", "1_000", "0b1", "0o8", "0x", "-", "+", ".", "1e", "1.2.3",
            "-.e5", "nan", "NaN",
        ] {
            assert_eq!(kind(text), Kind::Str(text.into()), "{text}");
        }
    }

    #[test]
    fn the_core_schema_is_read() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(kind(text), Kind::Null);
        }
        assert_eq!(kind("TRUE"), Kind::Bool(true));
        for (text, n) in [
            ("0", 0),
            ("-7", -7),
            ("+5", 5),
            ("010", 10),
            ("0x1F", 31),
            ("0o17", 15),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(kind(text), Kind::Int(n), "{text}");
        }
        for text in [
            "9223372036854775808",
            "1.5",
            "-.5",
            "1.",
            "1e9",
            "+1.5E-3",
            ".inf",
            "-.INF",
            ".nan",
            "0xffffffffffffffffff",
        ] {
            assert_eq!(kind(text), Kind::Num(text.into()), "{text}");
        }
    }

    #[test]
    fn a_tag_is_honoured_or_explained() {
        assert_eq!(forced("5".into(), Wanted::Str), Ok(Kind::Str("5".into())));
        assert_eq!(forced("5".into(), Wanted::Float), Ok(Kind::Int(5)));
        let (kept, why) = forced("x".into(), Wanted::Int).unwrap_err();
        assert_eq!((kept, why.as_str()), (Kind::Str("x".into()), "its tag asks for an integer, but this is text"));
    }
}
