//! Conditional and range requests (RFC 9110 §13 and §14).

use std::time::{Duration, SystemTime};

use crate::http::lists::elements;
use crate::{ETag, Fields, Method};

/// The validators of a response.
#[derive(Clone, Copy, Debug)]
pub struct Validators<'a> {
    /// Of the bytes that would be sent.
    pub etag: &'a ETag,
    /// In seconds since 1970.
    pub last_modified: Option<u64>,
}

/// How to respond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 200, with the whole image.
    Whole,
    /// 206, with these bytes.
    Partial(ByteRange),
    /// 304: the client has it.
    NotModified,
    /// 412.
    PreconditionFailed,
    /// 416: the range lies behind the end.
    Unsatisfiable,
}

/// Bytes `first` to `last`, both included and both within the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the two say what they are")]
pub struct ByteRange {
    pub first: u64,
    pub last: u64,
}

impl ByteRange {
    /// In bytes; at least 1.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "it never is")]
    pub const fn len(self) -> u64 {
        self.last - self.first + 1
    }
}

impl Outcome {
    /// The status code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Whole => 200,
            Self::Partial(_) => 206,
            Self::NotModified => 304,
            Self::PreconditionFailed => 412,
            Self::Unsatisfiable => 416,
        }
    }
}

/// Evaluates the preconditions in the order of RFC 9110 §13.2.2, for an image of `length` bytes. It ignores malformed
/// dates and range units other than bytes, as that section allows.
#[must_use]
pub fn evaluate(method: Method, fields: &Fields, validators: Validators<'_>, length: u64) -> Outcome {
    let etag = validators.etag;
    let modified_since = |name| Some(validators.last_modified? > parse_http_date(fields.get(name)?)?);
    let unwanted = match fields.get("if-match") {
        Some(tags) => !matches(tags, etag, Comparison::Strong),
        None => modified_since("if-unmodified-since") == Some(true),
    };
    if unwanted {
        return Outcome::PreconditionFailed;
    }
    let unchanged = match fields.get("if-none-match") {
        Some(tags) => matches(tags, etag, Comparison::Weak),
        None => modified_since("if-modified-since") == Some(false),
    };
    if unchanged {
        return Outcome::NotModified;
    }
    match fields.get("range") {
        Some(range) if method == Method::Get && still_the_same(fields, validators) => part(range, length),
        _ => Outcome::Whole,
    }
}

/// Weak comparison treats `W/"a"` and `"a"` as equal (RFC 9110 §8.8.3.2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// Our tags are digits. A comma may split a list of other tags wrongly, but never so that one of ours appears.
fn matches(tags: &str, etag: &ETag, comparison: Comparison) -> bool {
    let own = etag.to_string();
    tags == "*"
        || elements(tags, ',').any(|tag| match tag.strip_prefix("W/") {
            Some(weak) => comparison == Comparison::Weak && weak == own,
            None => tag == own,
        })
}

/// `If-Range` (RFC 9110 §13.1.5): a strong tag, or exactly the date.
fn still_the_same(fields: &Fields, validators: Validators<'_>) -> bool {
    match fields.get("if-range") {
        None => true,
        Some(tag) if tag.contains('"') => tag == validators.etag.to_string(),
        Some(date) => validators.last_modified.is_some() && parse_http_date(date) == validators.last_modified,
    }
}

/// One range of bytes (RFC 9110 §14.1.2). Several would need a multipart response; sending the whole is allowed
/// instead.
fn part(range: &str, length: u64) -> Outcome {
    let Some((unit, set)) = range.split_once('=') else { return Outcome::Whole };
    let Some((first, last)) = set.trim().split_once('-') else { return Outcome::Whole };
    if !unit.eq_ignore_ascii_case("bytes") {
        return Outcome::Whole;
    }
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => return Outcome::Whole,
        (Some(first), Some(last)) => ByteRange { first, last: last.min(length.saturating_sub(1)) },
        (Some(first), None) if last.is_empty() => ByteRange { first, last: length.saturating_sub(1) },
        (None, Some(0)) if first.is_empty() => return Outcome::Unsatisfiable,
        (None, Some(suffix)) if first.is_empty() => {
            ByteRange { first: length.saturating_sub(suffix), last: length.saturating_sub(1) }
        }
        _ => return Outcome::Whole,
    };
    if range.first < length { Outcome::Partial(range) } else { Outcome::Unsatisfiable }
}

/// Digits only; a number that is too large saturates.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

/// An HTTP-date (RFC 9110 §5.6.7), in any of its three forms, as seconds since 1970.
#[must_use]
pub fn parse_http_date(date: &str) -> Option<u64> {
    let time = httpdate::parse_http_date(date).ok()?;
    Some(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs())
}

/// Seconds since 1970 as an HTTP-date; a time after the year 9999, which it can't express, becomes its end.
pub(crate) fn http_date(seconds: u64) -> String {
    httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.min(253_402_300_799)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::identity::etag;

    const DATE: u64 = 784_111_777;
    const NOW: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const LATER: &str = "Sunday, 06-Nov-94 08:49:38 GMT";

    /// `TAG` stands for the image's own tag.
    fn outcome(method: Method, pairs: &[(&str, &str)]) -> Outcome {
        let etag = etag("source", &"width=9".parse().expect("recipe"), 1);
        let pairs: Vec<(&str, String)> =
            pairs.iter().map(|(name, value)| (*name, value.replace("TAG", &etag.to_string()))).collect();
        let fields = Fields::from_pairs(pairs.iter().map(|(name, value)| (*name, value.as_str())));
        evaluate(method, &fields, Validators { etag: &etag, last_modified: Some(DATE) }, 1000)
    }

    fn get(pairs: &[(&str, &str)]) -> Outcome {
        outcome(Method::Get, pairs)
    }

    #[test]
    fn preconditions_in_their_order() {
        for (pairs, expected) in [
            (&[][..], Outcome::Whole),
            (&[("If-None-Match", "TAG")], Outcome::NotModified),
            (&[("If-None-Match", "W/TAG")], Outcome::NotModified),
            (&[("If-None-Match", "*")], Outcome::NotModified),
            (&[("If-None-Match", "\"a,b\", W/\"c\",TAG")], Outcome::NotModified),
            (&[("If-None-Match", "\"a\""), ("If-None-Match", "TAG")], Outcome::NotModified),
            (&[("If-None-Match", "\"a\"")], Outcome::Whole),
            (&[("If-None-Match", "garbage")], Outcome::Whole),
            (&[("If-None-Match", "\"a\""), ("If-Modified-Since", NOW)], Outcome::Whole),
            (&[("If-Modified-Since", NOW)], Outcome::NotModified),
            (&[("If-Modified-Since", LATER)], Outcome::NotModified),
            (&[("If-Modified-Since", EARLIER)], Outcome::Whole),
            (&[("If-Modified-Since", "yesterday")], Outcome::Whole),
            (&[("If-Match", "TAG")], Outcome::Whole),
            (&[("If-Match", "*")], Outcome::Whole),
            (&[("If-Match", "W/TAG")], Outcome::PreconditionFailed),
            (&[("If-Match", "\"a\""), ("If-None-Match", "TAG")], Outcome::PreconditionFailed),
            (&[("If-Unmodified-Since", EARLIER)], Outcome::PreconditionFailed),
            (&[("If-Unmodified-Since", NOW)], Outcome::Whole),
            (&[("If-Match", "TAG"), ("If-Unmodified-Since", EARLIER)], Outcome::Whole),
        ] {
            assert_eq!(get(pairs), expected, "{pairs:?}");
            assert_eq!(outcome(Method::Head, pairs), expected, "{pairs:?}");
        }
    }

    #[test]
    fn ranges() {
        let part = |first, last| Outcome::Partial(ByteRange { first, last });
        for (range, expected) in [
            ("bytes=0-0", part(0, 0)),
            ("Bytes=0-499", part(0, 499)),
            ("bytes=500-", part(500, 999)),
            ("bytes=-1", part(999, 999)),
            ("bytes=-5000", part(0, 999)),
            ("bytes=990-99999999999999999999999", part(990, 999)),
            ("bytes=1000-", Outcome::Unsatisfiable),
            ("bytes=99999999999999999999999-", Outcome::Unsatisfiable),
            ("bytes=-0", Outcome::Unsatisfiable),
            ("bytes=5-4", Outcome::Whole),
            ("bytes=0-1,5-6", Outcome::Whole),
            ("bytes=-", Outcome::Whole),
            ("bytes=+1-2", Outcome::Whole),
            ("lines=0-1", Outcome::Whole),
            ("bytes", Outcome::Whole),
        ] {
            assert_eq!(get(&[("Range", range)]), expected, "{range}");
            assert_eq!(outcome(Method::Head, &[("Range", range)]), Outcome::Whole, "{range}");
        }
    }

    #[test]
    fn a_range_of_something_else_is_not_sent() {
        let range = ("Range", "bytes=0-9");
        for (condition, partial) in [
            (("If-Range", "TAG"), true),
            (("If-Range", "W/TAG"), false),
            (("If-Range", "\"a\""), false),
            (("If-Range", NOW), true),
            (("If-Range", LATER), false),
            (("If-Range", "garbage"), false),
            (("If-None-Match", "\"a\""), true),
        ] {
            assert_eq!(get(&[range, condition]) != Outcome::Whole, partial, "{condition:?}");
        }
        assert_eq!(get(&[range, ("If-None-Match", "TAG")]), Outcome::NotModified);
    }

    #[test]
    fn dates_are_written_as_they_are_read() {
        assert_eq!(http_date(DATE), NOW);
        assert_eq!(parse_http_date(NOW), Some(DATE));
        assert_eq!(http_date(u64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
