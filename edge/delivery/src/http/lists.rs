//! Comma-separated lists (RFC 9110 §5.6.1) and their parameters.

/// The elements of `value` between separators outside quoted strings (RFC 9110 §5.6.4), trimmed of white space; empty
/// elements are omitted, as a recipient must.
pub(crate) fn elements(value: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let outside = move |character: char| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            other => return other == separator && !quoted,
        }
        false
    };
    value.split(outside).map(|element| element.trim_matches([' ', '\t'])).filter(|element| !element.is_empty())
}

/// Whether `text` is a token (RFC 9110 §5.6.2).
pub(crate) fn is_token(text: &str) -> bool {
    let tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(tchar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_in_quotes_do_not_separate() {
        for (value, expected) in [
            ("a, b ,\tc", vec!["a", "b", "c"]),
            (",, a,,", vec!["a"]),
            (r#"a;p="x,y",b"#, vec![r#"a;p="x,y""#, "b"]),
            (r#"a;p="x\",y",b"#, vec![r#"a;p="x\",y""#, "b"]),
            (r#"a;p="open, b"#, vec![r#"a;p="open, b"#]),
        ] {
            assert_eq!(elements(value, ',').collect::<Vec<_>>(), expected, "{value}");
        }
    }
}
