//! The port to other servers, and the rules for originals on any of them: allowed redirects, maximum length, time
//! limit, and how versions are distinguished.

use std::pin::{Pin, pin};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::{Either, select};
use futures_util::{Stream, StreamExt};

use crate::store::{Get, Shared, StoreError};
use crate::{Error, Method, Origin, Original, Remote, content_etag, parse_http_date};

/// The most redirects before an original.
pub const REDIRECTS: usize = 3;

/// The `User-Agent` field of a request to another server (RFC 9110 §10.1.5).
pub const USER_AGENT: &str = "darkroom";

/// Sends requests to other servers. [`original`] and [`etag`] decide which, how often and for how long.
#[cfg_attr(target_family = "wasm", async_trait(?Send))]
#[cfg_attr(not(target_family = "wasm"), async_trait)]
pub trait Origins: Shared {
    /// The allowed targets of redirects.
    fn allowed(&self) -> &[Origin];

    /// How long one original may take, redirects included.
    fn timeout(&self) -> Duration;

    /// Completes after this time.
    async fn sleep(&self, duration: Duration);

    /// Sends one request, and follows no redirect.
    ///
    /// # Errors
    /// The server can't be reached.
    async fn send(&self, method: Method, remote: &Remote) -> Result<Received, StoreError>;
}

/// The content of a response, piece by piece.
#[cfg(not(target_family = "wasm"))]
pub type Content = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>> + Send>>;
/// The content of a response, piece by piece.
#[cfg(target_family = "wasm")]
pub type Content = Pin<Box<dyn Stream<Item = Result<Bytes, StoreError>>>>;

/// A server's response.
pub struct Received {
    /// The status code.
    pub status: u16,
    /// `Location`.
    pub location: Option<String>,
    /// `ETag` without its quotation marks and its weakness prefix.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
    /// `Content-Length`, which may be wrong.
    pub length: Option<u64>,
    /// The content.
    pub content: Content,
}

impl Received {
    /// A response whose header fields `field` returns by name, in lower case.
    pub fn new(status: u16, field: impl Fn(&str) -> Option<String>, content: Content) -> Self {
        Self {
            status,
            location: field("location"),
            etag: field("etag").map(|etag| opaque_tag(&etag)),
            last_modified: field("last-modified"),
            length: field("content-length").and_then(|length| length.parse().ok()),
            content,
        }
    }

    /// The validator of an original: its entity tag, or else its date.
    fn validator(&self) -> Option<String> {
        self.etag.clone().or_else(|| self.last_modified.clone())
    }
}

/// An entity tag without its quotation marks and its weakness prefix.
#[must_use]
pub fn opaque_tag(etag: &str) -> String {
    etag.trim_start_matches("W/").trim_matches('"').to_owned()
}

/// The original, whole, of `limit` bytes at most.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Limit`], [`Error::Deadline`], or [`Error::Origin`] for any other failure of the
/// server.
pub async fn original(origins: &dyn Origins, remote: &Remote, limit: u64) -> Result<Original, Error> {
    in_time(origins, remote, async {
        let received = follow(origins, Method::Get, remote).await?;
        let (validator, date) = (received.validator(), received.last_modified);
        let content = collect(received.content, received.length.unwrap_or_default(), limit).await;
        let bytes = content.map_err(|error| told(error, remote))?;
        let etag = validator.unwrap_or_else(|| content_etag(&bytes));
        Ok(Original { bytes, etag, last_modified: date.and_then(|date| parse_http_date(&date)) })
    })
    .await
}

/// The original's validator, without its bytes.
///
/// # Errors
/// As [`original`], and if the server gives no validator.
pub async fn etag(origins: &dyn Origins, remote: &Remote) -> Result<String, Error> {
    in_time(origins, remote, async {
        let received = follow(origins, Method::Head, remote).await?;
        received.validator().ok_or_else(|| Error::Origin(format!("{}: no entity tag", remote.origin())))
    })
    .await
}

/// The response, after redirects: each target must be on the allow-list, like the first URL.
async fn follow(origins: &dyn Origins, method: Method, remote: &Remote) -> Result<Received, Error> {
    let mut remote = remote.clone();
    for _ in 0..=REDIRECTS {
        let received = origins.send(method, &remote).await.map_err(|error| told(error, &remote))?;
        match received.status {
            200 => return Ok(received),
            301 | 302 | 303 | 307 | 308 => {
                remote = target(&remote, received.location.as_deref().unwrap_or_default(), origins.allowed())?;
            }
            404 | 410 => return Err(Error::NotFound(remote.to_string())),
            status => return Err(Error::Origin(format!("{} answered {status}", remote.origin()))),
        }
    }
    Err(Error::Origin(format!("{}: more than {REDIRECTS} redirects", remote.origin())))
}

fn target(from: &Remote, location: &str, allowed: &[Origin]) -> Result<Remote, Error> {
    let refuse = |to: &str, why: &str| Error::Origin(format!("{} redirects to {to}: {why}", from.origin()));
    let base: url::Url = from.to_string().parse().map_err(|_| refuse(location, "not a URL"))?;
    let mut url = base.join(location).map_err(|_| refuse(location, "not a URL"))?;
    // It is for whoever follows, and is never sent (RFC 9110 §10.2.2).
    url.set_fragment(None);
    let remote: Remote = url.as_str().parse().map_err(|_| refuse(url.as_str(), "not an allowed URL"))?;
    if allowed.contains(remote.origin()) { Ok(remote) } else { Err(refuse(url.as_str(), "not an allowed origin")) }
}

/// A failure of another server, as opposed to one of our stores.
fn told(error: StoreError, remote: &Remote) -> Error {
    match error {
        StoreError::Unavailable(why) => Error::Origin(format!("{}: {why}", remote.origin())),
        other => other.about("the original"),
    }
}

async fn in_time<T>(
    origins: &dyn Origins,
    remote: &Remote,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match select(pin!(work), origins.sleep(origins.timeout())).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => {
            let seconds = origins.timeout().as_secs_f64();
            Err(Error::Deadline(format!("{} took more than {seconds} s", remote.origin())))
        }
    }
}

/// Reads all of the content, `limit` bytes at most; `said` is the length that the sender announced.
///
/// # Errors
/// [`StoreError::TooLarge`], or the content's own error.
pub async fn collect(mut content: Content, said: u64, limit: u64) -> Result<Bytes, StoreError> {
    let within = |length| Get::newest(limit).check(length);
    within(said)?;
    // A growing buffer leaves its smaller copies behind, in a memory that may never shrink.
    let mut bytes = Vec::with_capacity(usize::try_from(said).unwrap_or_default());
    while let Some(piece) = content.next().await {
        let piece = piece?;
        within(bytes.len() as u64 + piece.len() as u64)?;
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::{FutureExt, future, stream};

    use super::*;

    const PHOTO: &[u8] = b"a photo";
    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    /// A server that counts its requests.
    struct Server {
        asked: Mutex<Vec<String>>,
        late: bool,
        allowed: Vec<Origin>,
    }

    impl Server {
        fn new() -> Self {
            let allowed = ["https://h.example", "https://other.example"];
            let allowed = allowed.map(|origin| origin.parse().expect("an origin")).into();
            Self { asked: Mutex::default(), late: false, allowed }
        }
    }

    #[async_trait]
    impl Origins for Server {
        fn allowed(&self) -> &[Origin] {
            &self.allowed
        }

        fn timeout(&self) -> Duration {
            Duration::from_secs(2)
        }

        async fn sleep(&self, _: Duration) {
            if !self.late {
                future::pending().await
            }
        }

        async fn send(&self, _: Method, remote: &Remote) -> Result<Received, StoreError> {
            self.asked.lock().expect("no panic").push(remote.to_string());
            let (status, fields): (u16, &[(&str, &str)]) = match remote.path() {
                "/tagged" => (200, &[("etag", "W/\"7\""), ("last-modified", DATE)]),
                "/dated" => (200, &[("last-modified", DATE), ("content-length", "7")]),
                "/bare" => (200, &[]),
                "/boasts" => (200, &[("content-length", "9")]),
                "/near" => (301, &[("location", "/tagged")]),
                "/far" => (302, &[("location", "https://other.example:443/near")]),
                "/away" => (307, &[("location", "https://third.example/")]),
                "/file" => (308, &[("location", "file:///etc/passwd")]),
                "/plain" => (303, &[("location", "http://h.example/tagged")]),
                "/address" => (302, &[("location", "http://127.0.0.1/")]),
                "/nowhere" => (302, &[]),
                "/loop" => (302, &[("location", "/loop")]),
                "/gone" => (410, &[]),
                "/broken" => (500, &[]),
                "/cut" => {
                    let pieces = [Ok(Bytes::from_static(b"a p")), Err(StoreError::Unavailable("reset".into()))];
                    return Ok(Received::new(200, |_| None, Box::pin(stream::iter(pieces))));
                }
                "/slow" => future::pending().await,
                "/down" => return Err(StoreError::Unavailable("refused".into())),
                _ => (404, &[]),
            };
            let field =
                |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            let pieces = PHOTO.chunks(3).map(|piece| Ok(Bytes::from_static(piece)));
            Ok(Received::new(status, field, Box::pin(stream::iter(pieces))))
        }
    }

    fn remote(path: &str) -> Remote {
        format!("https://h.example/{path}").parse().expect("a URL")
    }

    #[test]
    fn an_original_has_one_validator_and_limits() {
        let hash = content_etag(PHOTO);
        let date = Some(784_111_777);
        for (path, limit, expected) in [
            ("tagged", 7, Ok(("7", date))),
            ("dated", 7, Ok((DATE, date))),
            ("bare", 7, Ok((hash.as_str(), None))),
            ("near", 7, Ok(("7", date))),
            ("far", 7, Ok(("7", date))),
            ("bare", 6, Err("limit exceeded: source size in bytes: 7, must be at most 6")),
            ("boasts", 8, Err("limit exceeded: source size in bytes: 9, must be at most 8")),
            ("none", 7, Err("https://h.example/none: not found")),
            ("gone", 7, Err("https://h.example/gone: not found")),
        ] {
            let found = original(&Server::new(), &remote(path), limit).now_or_never().expect("no waiting");
            let found = found.map(|found| {
                assert_eq!(found.bytes, PHOTO, "{path}");
                (found.etag, found.last_modified)
            });
            let found = found.as_ref().map(|(etag, date)| (etag.as_str(), *date)).map_err(ToString::to_string);
            assert_eq!(found, expected.map_err(str::to_owned), "{path} {limit}");
        }
    }

    #[test]
    fn redirects_stay_within_the_allow_list() {
        for (path, requests, why) in [
            ("away", 1, "https://h.example redirects to https://third.example/: not an allowed origin"),
            ("plain", 1, "https://h.example redirects to http://h.example/tagged: not an allowed origin"),
            ("file", 1, "https://h.example redirects to file:///etc/passwd: not an allowed URL"),
            ("address", 1, "https://h.example redirects to http://127.0.0.1/: not an allowed URL"),
            ("loop", 4, "https://h.example: more than 3 redirects"),
            ("nowhere", 4, "https://h.example: more than 3 redirects"),
            ("broken", 1, "https://h.example answered 500"),
            ("down", 1, "https://h.example: refused"),
            ("cut", 1, "https://h.example: reset"),
        ] {
            let server = Server::new();
            let found = original(&server, &remote(path), 7).now_or_never().expect("no waiting");
            assert_eq!(found, Err(Error::Origin(why.into())), "{path}");
            assert_eq!(server.asked.lock().expect("no panic").len(), requests, "{path}");
        }
    }

    #[test]
    fn an_entity_tag_costs_no_content() {
        for (path, expected) in [
            ("far", Ok("7".to_owned())),
            ("dated", Ok(DATE.into())),
            ("bare", Err(Error::Origin("https://h.example: no entity tag".into()))),
        ] {
            assert_eq!(etag(&Server::new(), &remote(path)).now_or_never(), Some(expected), "{path}");
        }
    }

    #[test]
    fn an_original_ends_in_time() {
        let server = Server { late: true, ..Server::new() };
        let late = Error::Deadline("https://h.example took more than 2 s".into());
        assert_eq!(original(&server, &remote("slow"), 7).now_or_never(), Some(Err(late)));
        let waits = Server::new();
        assert_eq!(original(&waits, &remote("slow"), 7).now_or_never(), None);
    }
}
