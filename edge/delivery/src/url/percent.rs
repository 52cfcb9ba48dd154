//! Percent-encoding (RFC 3986 §2.1), strictly: ambiguous input is refused, never passed on.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Characters that a path segment can't contain unencoded (RFC 3986 §3.3), `%` included.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Decodes once.
///
/// # Errors
/// Says what is allowed, if a `%` lacks its two digits, or if the result is not UTF-8 or contains a control character
/// or backslash.
pub(crate) fn decode(text: &str) -> Result<String, &'static str> {
    if !is_encoded(text) {
        return Err("% must be followed by two hexadecimal digits");
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| "must be UTF-8")?;
    if decoded.chars().any(|character| character.is_control() || character == '\\') {
        return Err("must have no control characters and no backslashes");
    }
    Ok(decoded.into_owned())
}

/// Encodes one segment.
pub(crate) fn encode(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

/// Whether two hexadecimal digits follow each `%`.
pub(crate) fn is_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn doubtful_text_is_refused() {
        for text in ["%", "%4", "%zz", "%+1", "%80", "%c3", "%00", "%0a", "%7F", "%5c", "a\\b", "\u{85}"] {
            assert!(decode(text).is_err(), "{text}");
        }
        assert_eq!(decode("%C3%A9+%2e"), Ok("é+.".into()));
    }

    proptest! {
        #[test]
        fn encoding_comes_back(text in "[^\\p{Cc}\\\\]{0,40}") {
            prop_assert_eq!(decode(&encode(&text)), Ok(text));
        }
    }
}
