//! Keys in S3's XML: encoded where the client asks for that, and refused where XML can't carry them.

use aws_smithy_types::base64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::EncodingType;
use s3s::{S3Result, s3_error};

/// How a list writes keys, and parts of them.
#[derive(Clone, Copy)]
pub(super) enum Names {
    Plain,
    /// As in a URL's path. A space is `%20`, which those who decode forms read as well as those who decode URLs.
    Url,
}

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

impl Names {
    pub(super) fn of(encoding: Option<&EncodingType>) -> S3Result<Self> {
        match encoding.map(EncodingType::as_str) {
            None => Ok(Self::Plain),
            Some(EncodingType::URL) => Ok(Self::Url),
            Some(other) => Err(s3_error!(InvalidArgument, "encoding-type={other}: must be url")),
        }
    }

    pub(super) fn write(self, name: &str) -> S3Result<String> {
        match self {
            Self::Url => Ok(utf8_percent_encode(name, ENCODED).to_string()),
            Self::Plain if is_carried(name) => Ok(name.to_owned()),
            Self::Plain => {
                Err(s3_error!(InvalidRequest, "a key has characters that XML can't carry: ask for encoding-type=url"))
            }
        }
    }

    pub(super) fn write_all(self, name: Option<&String>) -> S3Result<Option<String>> {
        name.map(|name| self.write(name)).transpose()
    }
}

/// Whether a reader of XML 1.0 gets it as it was written: it takes some characters for none (§2.2), and a carriage return
/// for a line feed (§2.11).
pub(super) fn is_carried(name: &str) -> bool {
    let is_char = |character| matches!(character, '\t' | '\n' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}');
    name.chars().all(is_char)
}

/// Where a list goes on, for the client to bring back as it is.
pub(super) fn token(after: &str) -> String {
    base64::encode(after)
}

pub(super) fn read_token(token: &str) -> S3Result<String> {
    let after = base64::decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    after.ok_or_else(|| s3_error!(InvalidArgument, "continuation-token: must be one of an earlier answer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_or_carried_or_refused() {
        for (name, url, carried) in [
            ("site/a-b_c.d~1", "site/a-b_c.d~1", true),
            ("a b+c%41", "a%20b%2Bc%2541", true),
            ("test_file(3).png", "test_file%283%29.png", true), // the example in S3's own reference
            ("k\u{f6}\u{1f408}", "k%C3%B6%F0%9F%90%88", true),
            ("<&>\t\n", "%3C%26%3E%09%0A", true),
            ("a\rb", "a%0Db", false),
            ("a\u{1}b", "a%01b", false),
            ("a\0", "a%00", false),
            ("a\u{fffe}", "a%EF%BF%BE", false),
        ] {
            assert_eq!(Names::Url.write(name).expect(name), url);
            assert_eq!(Names::Plain.write(name).ok().as_deref(), carried.then_some(name), "{name:?}");
            assert_eq!(read_token(&token(name)).expect(name), name);
        }
        read_token("no base64!").expect_err("refused");
    }
}
