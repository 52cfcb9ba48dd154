//! Sources on other servers: of the allow-list, at public addresses, in time.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use darkroom_delivery::{Error, Origin, Original, Remote, content_etag, parse_http_date};
use darkroom_host::delivery::Remotes;
use http::header::{ETAG, HeaderName, LAST_MODIFIED, LOCATION};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use tokio::time::timeout;

use crate::client::Client;

/// How often an origin may send a request elsewhere.
const REDIRECTS: usize = 3;

/// Asks other servers.
pub(crate) struct Web {
    pub(crate) client: Client,
    /// Redirects have to stay among them.
    pub(crate) origins: Vec<Origin>,
    /// Of an original, in bytes.
    pub(crate) limit: u64,
    /// For one original, redirects included.
    pub(crate) timeout: Duration,
}

#[async_trait]
impl Remotes for Web {
    async fn original(&self, remote: &Remote) -> Result<Original, Error> {
        let fetch = async {
            let response = self.follow(remote, &Method::GET).await?;
            let (head, body) = response.into_parts();
            let bytes = self.body(remote, body).await?;
            let etag = validator(&head.headers).unwrap_or_else(|| content_etag(&bytes));
            let last_modified = field(&head.headers, LAST_MODIFIED).and_then(|date| parse_http_date(&date));
            Ok(Original { bytes, etag, last_modified })
        };
        self.in_time(remote, fetch).await
    }

    async fn etag(&self, remote: &Remote) -> Result<String, Error> {
        let head = async {
            let response = self.follow(remote, &Method::HEAD).await?;
            validator(response.headers()).ok_or_else(|| Error::Origin(format!("{}: no entity tag", remote.origin())))
        };
        self.in_time(remote, head).await
    }
}

impl Web {
    /// Follows redirects by itself: each has to be on the allow-list as the first one.
    async fn follow(&self, remote: &Remote, method: &Method) -> Result<Response<Incoming>, Error> {
        let mut remote = remote.clone();
        for _ in 0..=REDIRECTS {
            let request = Request::builder().method(method).uri(remote.to_string()).header("user-agent", "darkroom");
            let request = request.body(Bytes::new().into()).map_err(|_| Error::NotFound(remote.to_string()))?;
            let answer = self.client.request(request).await;
            let response = answer.map_err(|error| Error::Origin(format!("{}: {}", remote.origin(), cause(&error))))?;
            match response.status().as_u16() {
                200 => return Ok(response),
                301 | 302 | 303 | 307 | 308 => remote = self.target(&remote, &response)?,
                404 | 410 => return Err(Error::NotFound(remote.to_string())),
                status => return Err(Error::Origin(format!("{} answered {status}", remote.origin()))),
            }
        }
        Err(Error::Origin(format!("{}: more than {REDIRECTS} redirects", remote.origin())))
    }

    fn target(&self, from: &Remote, response: &Response<Incoming>) -> Result<Remote, Error> {
        let location = field(response.headers(), LOCATION).unwrap_or_default();
        let refuse = |what: &str| Error::Origin(format!("{} sends on to {location:?}: {what}", from.origin()));
        let base: url::Url = from.to_string().parse().map_err(|_| refuse("not a URL"))?;
        let mut url = base.join(&location).map_err(|_| refuse("not a URL"))?;
        // It is for whoever follows, and is never sent (RFC 9110 §10.2.2).
        url.set_fragment(None);
        let remote: Remote = url.as_str().parse().map_err(|_| refuse("not an allowed URL"))?;
        if self.origins.contains(remote.origin()) { Ok(remote) } else { Err(refuse("not an allowed origin")) }
    }

    /// As long as it is within the limit: what an origin says about its length is not relied on.
    async fn body(&self, remote: &Remote, body: Incoming) -> Result<Bytes, Error> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        match Limited::new(body, limit).collect().await {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                Err(Error::Limit(format!("size in bytes: must be at most {limit}")))
            }
            Err(error) => Err(Error::Origin(format!("{}: {error}", remote.origin()))),
        }
    }

    async fn in_time<T>(&self, remote: &Remote, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let seconds = self.timeout.as_secs_f64();
        let late = |_| Err(Error::Deadline(format!("{} took more than {seconds} s", remote.origin())));
        timeout(self.timeout, work).await.unwrap_or_else(late)
    }
}

/// What tells one version of an original from another: its entity tag, or else its date.
fn validator(headers: &HeaderMap) -> Option<String> {
    let etag = field(headers, ETAG).map(|etag| etag.trim_start_matches("W/").trim_matches('"').to_owned());
    etag.or_else(|| field(headers, LAST_MODIFIED))
}

fn field(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The innermost cause: what a client's own error says is only that it could not connect.
fn cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
