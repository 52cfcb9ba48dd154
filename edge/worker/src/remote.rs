//! Requests to other servers.

use std::time::Duration;

use bytes::Bytes;
use darkroom_delivery::store::{Get, StoreError};
use darkroom_delivery::{Config, Error, Original, Remote, content_etag, parse_http_date};
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use url::Url;
use worker::{ByteStream, Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response};

use crate::buckets::failed;
use crate::settings::Limits;

/// How often an origin may send a request elsewhere.
const REDIRECTS: usize = 3;

/// A request to be sent.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Headers,
    pub(crate) content: Option<Bytes>,
}

/// The original, whole.
pub(crate) async fn original(remote: &Remote, config: &Config, limits: &Limits) -> Result<Original, Error> {
    let mut response = follow(remote, Method::Get, config, limits).await?;
    let bytes = body(&mut response, limits.source_bytes, timeout(limits)).await.map_err(origin)?;
    let headers = response.headers();
    let etag = validator(headers).unwrap_or_else(|| content_etag(&bytes));
    Ok(Original { etag, last_modified: modified(headers), bytes })
}

/// The original's entity tag.
pub(crate) async fn etag(remote: &Remote, config: &Config, limits: &Limits) -> Result<String, Error> {
    let response = follow(remote, Method::Head, config, limits).await?;
    validator(response.headers()).ok_or_else(|| Error::Origin(format!("{}: no entity tag", remote.origin())))
}

/// Follows redirects by itself: each has to be on the allow-list as the first one.
async fn follow(remote: &Remote, method: Method, config: &Config, limits: &Limits) -> Result<Response, Error> {
    let mut remote = remote.clone();
    for _ in 0..=REDIRECTS {
        let url: Url = remote.to_string().parse().map_err(|_| Error::NotFound(remote.to_string()))?;
        let outgoing = Outgoing { method: method.clone(), url: url.clone(), headers: Headers::new(), content: None };
        let response = send(outgoing, timeout(limits)).await.map_err(origin)?;
        match response.status_code() {
            200 => return Ok(response),
            301 | 302 | 303 | 307 | 308 => remote = target(&url, &response, config)?,
            404 | 410 => return Err(Error::NotFound(remote.to_string())),
            status => return Err(Error::Origin(format!("{} answered {status}", remote.origin()))),
        }
    }
    Err(Error::Origin(format!("{}: more than {REDIRECTS} redirects", remote.origin())))
}

fn target(from: &Url, response: &Response, config: &Config) -> Result<Remote, Error> {
    let location = response.headers().get("location").ok().flatten().unwrap_or_default();
    let host = from.host_str().unwrap_or("?");
    // Whole, so that the log knows it for a URL.
    let refuse = |to: &str, what: &str| Error::Origin(format!("{host} sends on to {to}: {what}"));
    let mut url = from.join(&location).map_err(|_| refuse("nowhere", "not a URL"))?;
    // It is for whoever follows, and is never sent (RFC 9110 §10.2.2).
    url.set_fragment(None);
    let remote: Remote = url.as_str().parse().map_err(|_| refuse(url.as_str(), "not an allowed URL"))?;
    let allowed = config.remote_origins.contains(remote.origin());
    if allowed { Ok(remote) } else { Err(refuse(url.as_str(), "not an allowed origin")) }
}

/// What went wrong with another server, which is no store of ours.
fn origin(error: StoreError) -> Error {
    match error {
        StoreError::Unavailable(text) => Error::Origin(text),
        other => other.about("the original"),
    }
}

/// One request, without following redirects. Answers that come too late are [`StoreError::Late`].
pub(crate) async fn send(outgoing: Outgoing, timeout: Duration) -> Result<Response, StoreError> {
    let host = outgoing.url.host_str().unwrap_or_default().to_owned();
    let mut init = RequestInit::new();
    init.with_method(outgoing.method).with_headers(outgoing.headers).with_redirect(RequestRedirect::Manual);
    init.with_body(outgoing.content.map(|content| Uint8Array::from(&*content).into()));
    let request = Request::new_with_init(outgoing.url.as_str(), &init).map_err(failed)?;
    let fetch = Fetch::Request(request);
    let sent = in_time(Box::pin(fetch.send()), timeout, &host).await?;
    sent.map_err(|error| StoreError::Unavailable(format!("{host}: {error}")))
}

/// The content, as long as it is within `limit` bytes: an origin that says less than it sends is not relied on.
pub(crate) async fn body(response: &mut Response, limit: u64, timeout: Duration) -> Result<Bytes, StoreError> {
    let stream = response.stream().map_err(failed)?;
    let said = response.headers().get("content-length").ok().flatten().and_then(|length| length.parse().ok());
    in_time(Box::pin(collect(stream, said.unwrap_or_default(), limit)), timeout, "the origin").await?
}

/// A stream's bytes, `limit` at most, of which there are `said` if its sender is right. It is read in chunks: a buffer of
/// all of it would be held twice, there and here.
pub(crate) async fn collect(mut stream: ByteStream, said: u64, limit: u64) -> Result<Bytes, StoreError> {
    let within = |length| Get::newest(limit).check(length);
    within(said)?;
    // A buffer that grows leaves its smaller ones behind, in a memory that never shrinks.
    let mut bytes = Vec::with_capacity(usize::try_from(said).unwrap_or_default());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(failed)?;
        within(bytes.len() as u64 + chunk.len() as u64)?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}

async fn in_time<T>(work: impl Future<Output = T> + Unpin, timeout: Duration, who: &str) -> Result<T, StoreError> {
    match select(work, Delay::from(timeout)).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(_) => Err(StoreError::Late(format!("{who} took more than {} s", timeout.as_secs_f64()))),
    }
}

fn timeout(limits: &Limits) -> Duration {
    Duration::from_millis(limits.origin_ms)
}

/// What tells one version of an original from another: its entity tag, or else its date.
fn validator(headers: &Headers) -> Option<String> {
    let value = |name| headers.get(name).ok().flatten();
    value("etag").map(|etag| tag(&etag)).or_else(|| value("last-modified"))
}

/// An entity tag without its quotation marks and its mark of weakness.
pub(crate) fn tag(etag: &str) -> String {
    etag.trim_start_matches("W/").trim_matches('"').into()
}

/// `Last-Modified` in seconds since 1970.
pub(crate) fn modified(headers: &Headers) -> Option<u64> {
    parse_http_date(&headers.get("last-modified").ok().flatten()?)
}
