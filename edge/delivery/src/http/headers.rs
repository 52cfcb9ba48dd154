//! The head of a response, as data.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::flow::respond::{REASON, field_value};
use crate::http::conditional::{Validators, evaluate, http_date};
use crate::negotiate::hints::ACCEPT_CH;
use crate::{Caching, Config, ETag, Error, Fields, Outcome, Output, Plan, Source, cache_tag};

/// A field's name and value.
pub type Header = (&'static str, String);

/// The field by which caches drop everything derived from one original. Cloudflare reads it under this name; shells
/// behind other caches rename it as those require.
pub const CACHE_TAG: &str = "Cache-Tag";

/// The image to send.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// Such as `image/webp`.
    pub media_type: &'a str,
    /// In bytes.
    pub length: u64,
    /// Of these bytes.
    pub etag: &'a ETag,
    /// In seconds since 1970.
    pub last_modified: Option<u64>,
    /// Whether a better image will replace it soon.
    pub provisional: bool,
    /// Why this image stands in for the requested one, or another remark about it.
    pub reason: Option<&'a str>,
}

/// Decides whether to send the image, whole or in part, and with which fields. `now` is in seconds since 1970. For HEAD
/// the fields are the same, and no bytes follow.
#[must_use]
pub fn image_headers(plan: &Plan, served: &Served<'_>, config: &Config, now: u64) -> (Outcome, Vec<Header>) {
    let validators = Validators { etag: served.etag, last_modified: served.last_modified };
    let outcome = evaluate(plan.method, &plan.fields, validators, served.length);
    let mut headers = common_headers(&plan.fields, config, &plan.vary);
    headers.push((CACHE_TAG, cache_tag(&plan.request.source)));
    match outcome {
        Outcome::Whole | Outcome::Partial(_) => {
            headers.extend(validator_headers(served));
            headers.extend(content_headers(plan, served, outcome));
            headers.push(("Cache-Control", lifetime(plan, served, &config.caching, now)));
        }
        // RFC 9110 §15.4.5: the fields that a 200 would have and that a cache needs; none about the content.
        Outcome::NotModified => {
            headers.extend(validator_headers(served));
            headers.push(("Cache-Control", lifetime(plan, served, &config.caching, now)));
        }
        Outcome::Unsatisfiable => {
            headers.push(("Content-Range", format!("bytes */{}", served.length)));
            headers.push(("Cache-Control", "no-store".into()));
        }
        Outcome::PreconditionFailed => headers.push(("Cache-Control", "no-store".into())),
    }
    if plan.vary.contains(&"Sec-CH-Width") {
        headers.push(("Accept-CH", ACCEPT_CH.into()));
    }
    headers.extend(served.reason.map(|reason| (REASON, field_value(reason))));
    (outcome, headers)
}

/// The head of an error response. Its body is the error's message, its status the error's own. Server errors are never
/// cached.
#[must_use]
pub fn error_headers(error: &Error, fields: &Fields, config: &Config) -> Vec<Header> {
    let vary: &[&str] = if matches!(error, Error::NotAcceptable(_)) { &["Accept"] } else { &[] };
    let mut headers = common_headers(fields, config, vary);
    let cache = match error.status() {
        // What one client has done is no other's answer.
        429 | 500.. => "no-store".into(),
        _ => format!("public, max-age={}", config.caching.error_max_age),
    };
    headers.push(("Cache-Control", cache));
    headers.push(("Content-Type", "text/plain; charset=utf-8".into()));
    match error {
        Error::Saturated { retry_after } | Error::TooMany { retry_after } => {
            headers.push(("Retry-After", retry_after.to_string()))
        }
        Error::Method(_) => headers.push(("Allow", METHODS.into())),
        _ => {}
    }
    headers
}

/// The head of the response to OPTIONS: which fields a page's script may send (Fetch §3.2.2), for a day.
#[must_use]
pub fn preflight_headers(fields: &Fields, config: &Config) -> Vec<Header> {
    let mut headers = common_headers(fields, config, &[]);
    headers.extend([
        ("Allow", METHODS.into()),
        ("Access-Control-Allow-Methods", METHODS.into()),
        ("Access-Control-Allow-Headers", "If-None-Match, If-Modified-Since, If-Range, Range, Save-Data".into()),
        ("Access-Control-Max-Age", "86400".into()),
    ]);
    headers
}

const METHODS: &str = "GET, HEAD, OPTIONS";

fn common_headers(fields: &Fields, config: &Config, vary: &[&str]) -> Vec<Header> {
    let mut headers = vec![
        ("X-Content-Type-Options", "nosniff".into()),
        ("Cross-Origin-Resource-Policy", config.resource_policy.clone()),
        ("Timing-Allow-Origin", config.timing_allow_origin.clone()),
    ];
    let anyone = config.allow_origins.iter().any(|allowed| allowed == "*");
    let origin = fields.get("origin").filter(|origin| config.allow_origins.iter().any(|allowed| allowed == origin));
    let origin = if anyone { Some("*") } else { origin };
    headers.extend(origin.map(|origin| ("Access-Control-Allow-Origin", origin.into())));
    if origin.is_some() {
        headers.push(("Access-Control-Expose-Headers", "Content-Disposition, ETag, Server-Timing".into()));
    }
    // A page that is not allowed must not get the cached response of one that is.
    let by_origin = !anyone && !config.allow_origins.is_empty();
    let vary: Vec<&str> = vary.iter().copied().chain(by_origin.then_some("Origin")).collect();
    if !vary.is_empty() {
        headers.push(("Vary", vary.join(", ")));
    }
    headers
}

fn validator_headers(served: &Served<'_>) -> Vec<Header> {
    let modified = served.last_modified.map(|modified| ("Last-Modified", http_date(modified)));
    [("ETag", served.etag.to_string())].into_iter().chain(modified).collect()
}

fn content_headers(plan: &Plan, served: &Served<'_>, outcome: Outcome) -> Vec<Header> {
    let mut headers = vec![("Content-Type", served.media_type.into()), ("Accept-Ranges", "bytes".into())];
    if let Outcome::Partial(range) = outcome {
        headers.push(("Content-Range", format!("bytes {}-{}/{}", range.first, range.last, served.length)));
        headers.push(("Content-Length", range.len().to_string()));
    } else {
        headers.push(("Content-Length", served.length.to_string()));
    }
    if plan.output == Output::Image {
        headers.push(("Content-Disposition", disposition(&plan.request.source, extension(served.media_type))));
    }
    headers
}

/// `Cache-Control`. The response to a signed URL may not outlive the URL, not even stale.
fn lifetime(plan: &Plan, served: &Served<'_>, caching: &Caching, now: u64) -> String {
    let left = plan.expires.map_or(u64::MAX, |expires| expires.saturating_sub(now));
    if served.provisional {
        return format!("public, max-age={}", caching.provisional_max_age.min(left));
    }
    let mut value = format!("public, max-age={}, s-maxage={}", caching.max_age.min(left), caching.s_maxage.min(left));
    for (name, seconds) in
        [("stale-while-revalidate", caching.stale_while_revalidate), ("stale-if-error", caching.stale_if_error)]
    {
        if seconds > 0 && plan.expires.is_none() {
            value += &format!(", {name}={seconds}");
        }
    }
    value
}

/// The file name's ending for a media type, without the dot.
fn extension(media_type: &str) -> &str {
    match media_type {
        "image/jpeg" => "jpg",
        "image/tiff" => "tif",
        other => other.rsplit('/').next().unwrap_or_default(),
    }
}

/// RFC 8187 §3.2.1, `attr-char`.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `Content-Disposition` (RFC 6266): the name under which a browser saves the image, with the ending of the sent
/// format.
fn disposition(source: &Source, extension: &str) -> String {
    let stem = source.upload().map_or_else(|| source.stem(), |upload| upload.name_stem().to_owned());
    let plain = |character: char| character.is_ascii_alphanumeric() || " .-_()+,@".contains(character);
    let ascii: String = stem.chars().map(|character| if plain(character) { character } else { '_' }).collect();
    if ascii == stem {
        return format!("inline; filename=\"{ascii}.{extension}\"");
    }
    let encoded = utf8_percent_encode(&stem, ATTRIBUTE);
    format!("inline; filename=\"{ascii}.{extension}\"; filename*=UTF-8''{encoded}.{extension}")
}

/// One entry of `Server-Timing` (W3C Server Timing §3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing<'a> {
    /// A token, such as `cache`, `store` or `origin`.
    pub name: &'a str,
    /// A token with detail, such as `hit`.
    pub description: Option<&'a str>,
    /// In milliseconds; none without a suitable clock.
    pub duration: Option<f64>,
}

/// The field for `entries`, in their order.
#[must_use]
pub fn server_timing(entries: &[Timing<'_>]) -> Header {
    let entry = |timing: &Timing<'_>| {
        let description = timing.description.map(|text| format!(";desc={text}")).unwrap_or_default();
        let duration = timing.duration.map(|milliseconds| format!(";dur={milliseconds:.1}")).unwrap_or_default();
        format!("{}{description}{duration}", timing.name)
    };
    ("Server-Timing", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use darkroom_recipe::Format;

    use super::*;
    use crate::{Decision, plan, sign};

    fn head(url: &str, pairs: &[(&str, &str)], config: &Config, provisional: bool) -> (u16, Vec<Header>) {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let fields = Fields::from_pairs(pairs.iter().copied());
        let Ok(Decision::Deliver(plan)) = plan("GET", path, query, &fields, config, 1000) else { panic!("{url}") };
        let etag = crate::etag("source", &plan.make(&crate::flow::plan::info(Format::Jpeg, 1, false)).recipe, 1);
        let served = Served {
            media_type: "image/webp",
            length: 100,
            etag: &etag,
            last_modified: Some(784_111_777),
            provisional,
            reason: None,
        };
        let (outcome, headers) = image_headers(&plan, &served, config, 1000);
        (outcome.status(), headers)
    }

    fn value<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
        headers.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn an_image_is_sent_with_all_it_needs() {
        let (status, headers) = head("/image/w=640/a.jpg", &[("Accept", "image/webp")], &Config::default(), false);
        assert_eq!(status, 200);
        for (name, expected) in [
            ("Content-Type", "image/webp"),
            ("Content-Length", "100"),
            ("Content-Disposition", "inline; filename=\"a.webp\""),
            ("Accept-Ranges", "bytes"),
            ("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("Vary", "Accept"),
            (
                "Cache-Control",
                "public, max-age=86400, s-maxage=2592000, stale-while-revalidate=604800, stale-if-error=604800",
            ),
            ("Cache-Tag", &cache_tag(&Source::Key("a.jpg".parse().expect("key")))),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
            ("Timing-Allow-Origin", "*"),
            ("Access-Control-Allow-Origin", "*"),
        ] {
            assert_eq!(value(&headers, name), Some(expected), "{name}");
        }
        assert!(value(&headers, "ETag").is_some_and(|tag| tag.starts_with('"')));
        assert_eq!(value(&headers, "Accept-CH"), None);
    }

    #[test]
    fn parts_and_nothing() {
        let config = Config::default();
        let (status, headers) = head("/image/w=640/a.jpg", &[("Range", "bytes=10-19")], &config, false);
        assert_eq!((status, value(&headers, "Content-Range")), (206, Some("bytes 10-19/100")));
        assert_eq!(value(&headers, "Content-Length"), Some("10"));
        let (status, headers) = head("/image/w=640/a.jpg", &[("Range", "bytes=100-")], &config, false);
        assert_eq!((status, value(&headers, "Content-Range")), (416, Some("bytes */100")));
        let (status, headers) = head("/image/w=640/a.jpg", &[("If-None-Match", "*")], &config, false);
        assert_eq!((status, value(&headers, "Content-Type"), value(&headers, "Content-Length")), (304, None, None));
        assert!(value(&headers, "ETag").is_some() && value(&headers, "Vary").is_some());
        assert!(value(&headers, "Cache-Control").is_some());
    }

    #[test]
    fn what_will_change_or_expire_is_kept_briefly() {
        let key = crate::SigningKey::try_from("0123456789abcdef".to_owned()).expect("key");
        let config = Config { signing_keys: vec![key.clone()], ..Config::default() };
        let cache = |url: &str, provisional| {
            let (_, headers) = head(url, &[], &config, provisional);
            value(&headers, "Cache-Control").map(str::to_owned)
        };
        assert_eq!(cache("/image/w=9/a.jpg", true).as_deref(), Some("public, max-age=60"));
        let signed = sign("/image/w=9/a.jpg", &key, Some(1030));
        assert_eq!(cache(&signed, false).as_deref(), Some("public, max-age=30, s-maxage=30"));
        assert_eq!(cache(&signed, true).as_deref(), Some("public, max-age=30"));
    }

    #[test]
    fn hints_are_asked_for_where_they_count() {
        let (_, headers) = head("/image/width=auto/a.jpg", &[], &Config::default(), false);
        assert_eq!(value(&headers, "Vary"), Some("Accept, Sec-CH-Width, Width, Sec-CH-DPR, DPR"));
        assert_eq!(value(&headers, "Accept-CH"), Some(ACCEPT_CH));
    }

    #[test]
    fn named_origins_are_told_apart() {
        let config = Config { allow_origins: vec!["https://a.example".into()], ..Config::default() };
        for (origin, allowed) in [("https://a.example", Some("https://a.example")), ("https://b.example", None)] {
            let (_, headers) = head("/image/w=9,f=webp/a.jpg", &[("Origin", origin)], &config, false);
            assert_eq!(value(&headers, "Access-Control-Allow-Origin"), allowed);
            assert_eq!(value(&headers, "Vary"), Some("Origin"));
        }
    }

    #[test]
    fn files_are_named_after_the_source() {
        let name = |source: &str| disposition(&Source::Key(source.parse().expect(source)), "avif");
        for (source, expected) in [
            ("uploads/u/20251231_235959_abcdef01_My-photo.JPG", "inline; filename=\"My-photo.avif\""),
            ("site/a b.final.png", "inline; filename=\"a b.final.avif\""),
            ("site/été \"x\".png", "inline; filename=\"_t_ _x_.avif\"; filename*=UTF-8''%C3%A9t%C3%A9%20%22x%22.avif"),
        ] {
            assert_eq!(name(source), expected);
        }
    }

    #[test]
    fn errors_are_hardly_kept() {
        let fields = Fields::default();
        for (error, cache, other) in [
            (Error::NotFound("x".into()), "public, max-age=5", None),
            (Error::Method("PUT".into()), "public, max-age=5", Some(("Allow", METHODS))),
            (Error::NotAcceptable(crate::NotAcceptable), "public, max-age=5", Some(("Vary", "Accept"))),
            (Error::Store("x".into()), "no-store", None),
            (Error::Saturated { retry_after: 3 }, "no-store", Some(("Retry-After", "3"))),
            (Error::TooMany { retry_after: 60 }, "no-store", Some(("Retry-After", "60"))),
        ] {
            let headers = error_headers(&error, &fields, &Config::default());
            assert_eq!(value(&headers, "Cache-Control"), Some(cache), "{error}");
            if let Some((name, expected)) = other {
                assert_eq!(value(&headers, name), Some(expected), "{error}");
            }
        }
    }

    #[test]
    fn timings() {
        let entries = [
            Timing { name: "cache", description: Some("miss"), duration: None },
            Timing { name: "origin", description: None, duration: Some(12.345) },
        ];
        assert_eq!(server_timing(&entries), ("Server-Timing", "cache;desc=miss, origin;dur=12.3".into()));
    }
}
