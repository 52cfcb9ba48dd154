//! Finds the start of an SVG: parses the XML before the root element.

/// The root element's start tag in an SVG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SvgRoot<'a> {
    /// The bytes before it: byte order mark, declaration, comments, document type.
    pub prolog: &'a [u8],
    /// The bytes between the element's name and its `>`, or the end of the file.
    pub attributes: &'a [u8],
}

/// Finds the root element if the file is an SVG. The encoding must be a superset of ASCII.
#[must_use]
pub fn svg_root(file: &[u8]) -> Option<SvgRoot<'_>> {
    let mut rest = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    loop {
        rest = rest.trim_ascii_start();
        rest = match rest {
            [b'<', b'?', inside @ ..] => after(inside, b"?>")?,
            [b'<', b'!', b'-', b'-', inside @ ..] => after(inside, b"-->")?,
            [b'<', b'!', inside @ ..] => after_declaration(inside)?,
            [b'<', tag @ ..] => {
                let attributes = after_name(tag)?;
                let end = unquoted(attributes, |byte| byte == b'>').unwrap_or(attributes.len());
                return Some(SvgRoot { prolog: &file[..file.len() - rest.len()], attributes: &attributes[..end] });
            }
            _ => return None,
        };
    }
}

/// The bytes after the name `svg`, which may have a prefix.
fn after_name(tag: &[u8]) -> Option<&[u8]> {
    let end = tag.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))?;
    let (name, rest) = tag.split_at(end);
    let local = name.rsplit(|byte| *byte == b':').next()?;
    (local == b"svg").then_some(rest)
}

fn after<'a>(text: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(mark.len()).position(|window| window == mark)?;
    Some(&text[at + mark.len()..])
}

/// The bytes after a document type, which may have declarations in brackets.
fn after_declaration(text: &[u8]) -> Option<&[u8]> {
    let at = unquoted(text, |byte| matches!(byte, b'[' | b'>'))?;
    match text[at] {
        b'[' => {
            let inside = &text[at + 1..];
            let close = unquoted(inside, |byte| byte == b']')?;
            after(&inside[close..], b">")
        }
        _ => Some(&text[at + 1..]),
    }
}

/// The position of the first matching byte outside quotation marks.
fn unquoted(text: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let mut quote = None;
    text.iter().position(|&byte| {
        match quote {
            Some(open) if open == byte => quote = None,
            None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
            None => return wanted(byte),
            Some(_) => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_element_is_found_behind_whatever_may_stand_before_it() {
        for prolog in [
            "",
            "\u{feff}",
            "  \r\n",
            "<?xml version='1.0'?>\n",
            "\u{feff}<?xml version='1.0'?><!-- <html> > -->\n<?style x?>",
            "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/>\">\n",
            "<!DOCTYPE svg [ <!ENTITY a \"]>\"> <!ENTITY b ']'> ] >",
        ] {
            for (name, attributes) in [("svg", " width='1' id=\">\""), ("s:svg", ""), ("svg", "/")] {
                let file = format!("{prolog}<{name}{attributes}><g/>");
                let expected = SvgRoot { prolog: prolog.as_bytes(), attributes: attributes.as_bytes() };
                assert_eq!(svg_root(file.as_bytes()), Some(expected), "{file}");
            }
        }
        for other in
            ["", "svg", "<html><svg/>", "<svgz/>", "<!-- <svg/>", "<?xml", "<svg", "x<svg/>", "<!DOCTYPE [ <svg>"]
        {
            assert_eq!(svg_root(other.as_bytes()), None, "{other}");
        }
    }
}
