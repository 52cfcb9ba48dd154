//! `/image/<options>/<source>`, and its other spellings.

use crate::http::error::InvalidUrl;
use crate::url::cloudflare;
use crate::url::imgix;
use crate::url::percent;
use crate::url::query::Query;
use crate::{Error, Key, Options, Source};

/// The prefixes of image URLs; the first is canonical, the second Cloudflare's own.
pub const PREFIXES: [&str; 2] = ["/image/", "/cdn-cgi/image/"];

/// A parsed URL.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The options for the image.
    pub options: Options,
    /// The photo.
    pub source: Source,
}

impl Request {
    /// Reads a path, still encoded, and the query, without its `?`. The options are in the path, with Cloudflare's
    /// names, as `/image/<options>/<source>`; or in the query, with imgix's, as `/image/<source>?<options>`. After
    /// options in the path, a remote source owns the query. `sig` and `exp` belong to neither.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the path has none of [`PREFIXES`]; otherwise the error in the first invalid part.
    pub fn parse(path: &str, query: &str) -> Result<Self, Error> {
        let query = Query::parse(query)?;
        let rest = PREFIXES.iter().find_map(|prefix| path.strip_prefix(prefix));
        let rest = rest.ok_or_else(|| Error::NotFound(path.into()))?;
        let (first, source) = rest.split_once('/').unwrap_or((rest, ""));
        if first.contains('=') {
            return Ok(Self { options: path_options(first)?, source: path_source(source, &query)? });
        }
        Ok(Self { options: query_options(&query)?, source: parse_source(rest, "")? })
    }

    /// The canonical spelling: a path without a query. Reading it returns the same request.
    #[must_use]
    pub fn path(&self) -> String {
        let options = self.options.to_string();
        // A source's first segment could look like options, so there always are some.
        let options = if options.is_empty() { "format=auto" } else { &options };
        let source = match &self.source {
            Source::Key(key) => key.to_path(),
            Source::Remote(remote) => remote.to_string().replacen('?', "%3F", 1),
        };
        format!("{}{options}/{source}", PREFIXES[0])
    }
}

fn path_options(text: &str) -> Result<Options, Error> {
    let mut options = Options::default();
    for option in split_options(text).filter(|option| !option.is_empty()) {
        let (name, value) = pair(option)?;
        cloudflare::apply(&mut options, &name, &value)?;
    }
    Ok(options.finish()?)
}

/// Splits at commas, except within a colour function: @nuxt/image doesn't encode them.
fn split_options(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
}

fn query_options(query: &Query<'_>) -> Result<Options, Error> {
    let mut options = Options::default();
    for parameter in &query.rest {
        let (name, value) = pair(parameter)?;
        imgix::apply(&mut options, &name, &value)?;
    }
    Ok(options.finish()?)
}

/// Split before decoding, so that a value may hold a separator.
fn pair(option: &str) -> Result<(String, String), Error> {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    let decode = |text| percent::decode(text).map_err(|allowed| InvalidUrl::new("option", option, allowed));
    Ok((decode(name)?, decode(value)?))
}

fn path_source(text: &str, query: &Query<'_>) -> Result<Source, Error> {
    match query.rest.first() {
        Some(parameter) if !is_remote(text) => Err(InvalidUrl::new(
            "query",
            parameter,
            "only sig and exp may stand in the query beside options in the path",
        )
        .into()),
        _ => parse_source(text, &query.rest.join("&")),
    }
}

fn parse_source(text: &str, query: &str) -> Result<Source, Error> {
    if !is_remote(text) {
        return Key::from_path(text).map(Source::Key);
    }
    let text = match text.find("://") {
        Some(_) => text.to_owned(),
        // encodeURIComponent(source): decoded once, it is a URL.
        None => percent::decode(text).map_err(|allowed| InvalidUrl::new("source", text, allowed))?,
    };
    let url = if query.is_empty() { open_query(text) } else { format!("{}?{query}", open_query(text)) };
    Ok(Source::Remote(url.parse()?))
}

/// The first question mark begins the query even if it is encoded, as it must be in a URL within a path.
fn open_query(text: String) -> String {
    match text.to_ascii_uppercase().find("%3F") {
        Some(mark) if !text[..mark].contains('?') => format!("{}?{}", &text[..mark], &text[mark + 3..]),
        _ => text,
    }
}

fn is_remote(text: &str) -> bool {
    let scheme = text.get(..8).unwrap_or(text).to_ascii_lowercase().replace("%3a", ":");
    scheme.starts_with("http:") || scheme.starts_with("https:")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(url: &str) -> Result<String, Error> {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        Request::parse(path, query).map(|request| request.path())
    }

    #[test]
    fn all_spellings_of_a_request_are_one() {
        for url in [
            "/image/width=80,fit=cover,height=60/uploads/u/a%20b.jpg",
            "/cdn-cgi/image/h=60,w=80,fit=cover/uploads/u/a b.jpg",
            "/image/h=30,w=40,dpr=2,fit=cover,f=auto/uploads/u/a%20b.jpg",
            "/image/%77idth=80,,fit=%63over,h=60,/uploads/u/a%20b.jpg",
            "/image/uploads/u/a%20b.jpg?w=80&h=60&fit=crop&auto=format",
            "/image/uploads/u/a%20b.jpg?width=40&height=30&fit=cover&dpr=2",
            "/image/w=80,h=60,fit=cover/uploads/u/a%20b.jpg?sig=00&exp=1",
        ] {
            let expected = "/image/fit=cover,height=60,width=80/uploads/u/a%20b.jpg";
            assert_eq!(canonical(url), Ok(expected.into()), "{url}");
        }
    }

    #[test]
    fn remote_sources() {
        for (url, expected) in [
            ("/image/w=80/https://h.example/a.jpg", "/image/width=80/https://h.example/a.jpg"),
            ("/image/w=80/https://h.example/a.jpg?b=c&d", "/image/width=80/https://h.example/a.jpg%3Fb=c&d"),
            ("/image/w=80/https://h.example/a.jpg%3Fb=c&d", "/image/width=80/https://h.example/a.jpg%3Fb=c&d"),
            ("/image/w=80/https%3A%2F%2Fh.example%2Fa.jpg%3Fb%3Dc", "/image/width=80/https://h.example/a.jpg%3Fb=c"),
            ("/image/w=80/HTTP://h.example/a.jpg?b=c&sig=00", "/image/width=80/http://h.example/a.jpg%3Fb=c"),
            ("/image/https://h.example/a.jpg?w=80", "/image/width=80/https://h.example/a.jpg"),
            ("/image/https://h.example/o/a%2Fb.jpg", "/image/format=auto/https://h.example/o/a%2Fb.jpg"),
        ] {
            assert_eq!(canonical(url), Ok(expected.into()), "{url}");
            assert_eq!(canonical(expected), Ok(expected.into()), "{url}");
        }
    }

    #[test]
    fn what_is_doubtful_is_refused() {
        for (url, status) in [
            ("/", 404),
            ("/images/w=80/a.jpg", 404),
            ("/image/", 400),
            ("/image/w=80", 400),
            ("/image/w=80/", 400),
            ("/image/w=80//a.jpg", 400),
            ("/image/w=80/../a.jpg", 400),
            ("/image/w=80/a/%2e%2e/b", 400),
            ("/image/w=80/a%2fb", 400),
            ("/image/w=80/a%5Cb", 400),
            ("/image/w=80/a.jpg?v=2", 400),
            ("/image/a.jpg?v=2", 400),
            ("/image/a.jpg?w=80&w", 400),
            ("/image/w=8%0/a.jpg", 400),
            ("/image/w=8%00/a.jpg", 400),
            ("/image/w=80/https:/h.example/a.jpg", 400),
            ("/image/w=80/https://127.0.0.1/a.jpg", 400),
            ("/image/w=80/ftp://h.example/a.jpg", 400),
            ("/image/w=80/a.jpg?sig=1&sig=2", 403),
        ] {
            assert_eq!(canonical(url).map_err(|error| error.status()), Err(status), "{url}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_request_or_an_error(path in proptest::collection::vec(any::<u8>(), 0..60), query in "\\PC{0,30}") {
            let path = String::from_utf8_lossy(&path);
            for prefix in PREFIXES {
                let _ = Request::parse(&format!("{prefix}{path}"), &query);
            }
        }

        #[test]
        fn canonical_paths_are_fixed_points(
            options in "((w|h|q|dpr|fit|g|f|scq|trim\\.top|blur|width)=([0-9]{1,4}|0\\.[0-9]x0\\.[0-9]|auto|cover|webp|low),?){0,5}",
            source in "(https?://h\\.example/|https%3A%2F%2Fh\\.example/)?[a-z0-9%3F?=./]{1,30}",
        ) {
            let url = format!("/image/{options}/{source}");
            if let Ok(once) = canonical(&url) {
                prop_assert_eq!(canonical(&once), Ok(once), "{}", url);
            }
        }

        #[test]
        fn requests_come_back(w in 1u32..5000, h in 1u32..5000, q in 1u8..=100, blur in 0f32..250.0, x in 0f32..1.0, key in "[a-z+= %é?&,]{1,20}") {
            let path = format!("/image/w={w},h={h},q={q},blur={blur},fit=cover,g={x}x{x}/k/{}", percent::encode(&key));
            if let Ok(request) = Request::parse(&path, "") {
                prop_assert_eq!(Request::parse(&request.path(), ""), Ok(request));
            }
        }
    }
}
