//! Sources on other servers.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::http::error::InvalidUrl;
use crate::url::percent;

/// Scheme, host and port (RFC 6454). Read from `https://img.example`, `img.example` (which is https) or
/// `http://localhost:9000`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin {
    https: bool,
    host: String,
    port: u16,
}

/// An absolute URL with `http` or `https` and a host name: no user, no fragment, no address literal, at most 2,048
/// bytes. The target keeps its encoding, with digits in upper case; characters that may not be raw are encoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Remote {
    origin: Origin,
    target: String,
}

const MAX_URL: usize = 2048;

impl Remote {
    /// The part that an allow-list compares.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// In lower case, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.origin.host
    }

    /// The path, encoded, with its first slash and without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

impl FromStr for Origin {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        let (https, authority) = match text.split_once("://") {
            Some(("https", authority)) => (true, authority),
            Some(("http", authority)) => (false, authority),
            None => (true, text),
            Some(_) => return Err(InvalidUrl::new("source", text, "must begin with https:// or http://")),
        };
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, number(port)),
            None => (authority, Some(if https { 443 } else { 80 })),
        };
        match port {
            Some(port) if is_host_name(host) => Ok(Self { https, host: host.to_ascii_lowercase(), port }),
            _ => Err(InvalidUrl::new("source", text, "must be a host name, with a port where one is needed")),
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = InvalidUrl;

    fn try_from(text: String) -> Result<Self, InvalidUrl> {
        text.parse()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { https, host, port } = self;
        let (scheme, default) = if *https { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{host}")?;
        if *port == default { Ok(()) } else { write!(f, ":{port}") }
    }
}

impl FromStr for Remote {
    type Err = InvalidUrl;

    fn from_str(url: &str) -> Result<Self, InvalidUrl> {
        let refuse = |allowed: &str| InvalidUrl::new("source", url, allowed);
        let (scheme, rest) = url.split_once("://").ok_or_else(|| refuse("must begin with https:// or http://"))?;
        let (authority, target) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let origin = format!("{}://{authority}", scheme.to_ascii_lowercase()).parse()?;
        let target = normalise(target).map_err(refuse)?;
        let remote = Self { origin, target };
        if remote.to_string().len() > MAX_URL { Err(refuse("must have at most 2048 bytes")) } else { Ok(remote) }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.target)
    }
}

fn number(port: &str) -> Option<u16> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    port.parse().ok().filter(|port| digits && *port > 0)
}

/// A name of letters, digits, hyphens and dots. Some readers treat a name whose last label begins with a digit as an
/// address (`127.1`, `0x7f000001`); no top-level domain begins with one.
fn is_host_name(host: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.len() <= 253 && host.split('.').all(label) && !last.starts_with(|first: char| first.is_ascii_digit())
}

/// Path and query, with `/` for an empty path. Question marks after the first one are encoded, so that the URL can stand
/// in a path.
fn normalise(target: &str) -> Result<String, &'static str> {
    if !percent::is_encoded(target) {
        return Err("% must be followed by two hexadecimal digits");
    }
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    if path.split('/').any(climbs) {
        return Err("must have no segment \".\" or \"..\"");
    }
    let path = characters(path)?;
    let query = query.map(characters).transpose()?.map(|query| format!("?{}", query.replace('?', "%3F")));
    let slash = if path.is_empty() { "/" } else { "" };
    Ok(format!("{slash}{path}{}", query.unwrap_or_default()))
}

fn climbs(segment: &str) -> bool {
    let decoded = segment.replace("%2e", ".").replace("%2E", ".");
    matches!(decoded.as_str(), "." | "..")
}

fn characters(text: &str) -> Result<String, &'static str> {
    let mut normal = String::with_capacity(text.len());
    let mut digits = 0;
    for character in text.chars() {
        match character {
            _ if digits > 0 => normal.push(character.to_ascii_uppercase()),
            '#' | '\\' => return Err("must be a URL without # and backslashes"),
            other if other.is_control() => return Err("must have no control characters"),
            '%' | '/' | '?' => normal.push(character),
            other => normal.push_str(&percent::encode(other.encode_utf8(&mut [0; 4]))),
        }
        digits = if character == '%' { 2 } else { i32::max(digits - 1, 0) };
    }
    Ok(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_one_form() {
        for (url, expected) in [
            ("https://H.example", "https://h.example/"),
            ("HTTPS://h.example:443/a.jpg", "https://h.example/a.jpg"),
            ("http://h.example:8080/a?b=c&d", "http://h.example:8080/a?b=c&d"),
            ("https://h.example/o/a%2fb.jpg?x=%3f?", "https://h.example/o/a%2Fb.jpg?x=%3F%3F"),
            ("https://h.example/a b/é", "https://h.example/a%20b/%C3%A9"),
            ("https://h.example?x", "https://h.example/?x"),
        ] {
            let remote: Remote = url.parse().expect(url);
            assert_eq!(remote.to_string(), expected);
            assert_eq!(expected.parse::<Remote>().expect(expected), remote);
        }
    }

    #[test]
    fn what_could_reach_elsewhere_is_refused() {
        for url in [
            "ftp://h.example/a",
            "//h.example/a",
            "https://",
            "https:///a",
            "https://user@h.example/",
            "https://user:pass@h.example/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://[::1]/",
            "https://h.example:0/",
            "https://h.example:+80/",
            "https://h.example:/",
            "https://h.example:65536/",
            "https://h_x.example/",
            "https://höst.example/",
            "https://h..example/",
            "https://h.example/a/../b",
            "https://h.example/a/%2e%2E/b",
            "https://h.example/a#b",
            "https://h.example/a\\b",
            "https://h.example/a\nb",
            "https://h.example/%zz",
        ] {
            assert!(url.parse::<Remote>().is_err(), "{url}");
        }
    }

    #[test]
    fn origins() {
        for (text, expected) in [
            ("img.example", "https://img.example"),
            ("https://IMG.example:443", "https://img.example"),
            ("http://localhost:9000", "http://localhost:9000"),
        ] {
            assert_eq!(text.parse::<Origin>().expect(text).to_string(), expected);
        }
        for text in ["", "https://img.example/", "img.example:x", "10.0.0.1", "*.example"] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
