//! Requests through the runtime's fetch: to S3, and to other servers as sources.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use darkroom_delivery::origin::{Content, Origins, Received, USER_AGENT};
use darkroom_delivery::store::StoreError;
use darkroom_delivery::{Method as Of, Origin, Remote};
use futures_util::TryStreamExt;
use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use url::Url;
use worker::{Delay, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response};

use crate::buckets::failed;
use crate::settings::Settings;

/// A request to send.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Headers,
    pub(crate) content: Option<Bytes>,
}

#[async_trait(?Send)]
impl Origins for Settings {
    fn allowed(&self) -> &[Origin] {
        &self.delivery.remote_origins
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(self.limits.origin_ms)
    }

    async fn sleep(&self, duration: Duration) {
        Delay::from(duration).await;
    }

    async fn send(&self, method: Of, remote: &Remote) -> Result<Received, StoreError> {
        let url = remote.to_string().parse().map_err(|_| StoreError::Unavailable("not a URL".into()))?;
        let headers = Headers::new();
        headers.set("user-agent", USER_AGENT).map_err(failed)?;
        let method = if method == Of::Head { Method::Head } else { Method::Get };
        let mut response = fetch(Outgoing { method, url, headers, content: None }).await?;
        let content = content(&mut response)?;
        let field = |name: &str| response.headers().get(name).ok().flatten();
        Ok(Received::new(response.status_code(), field, content))
    }
}

/// Sends one request, without following redirects. Late responses are [`StoreError::Late`].
pub(crate) async fn send(outgoing: Outgoing, timeout: Duration) -> Result<Response, StoreError> {
    let host = outgoing.url.host_str().unwrap_or_default().to_owned();
    let sent = in_time(Box::pin(fetch(outgoing)), timeout, &host).await?;
    sent.map_err(|error| StoreError::Unavailable(format!("{host}: {error}")))
}

/// A response's content.
pub(crate) fn content(response: &mut Response) -> Result<Content, StoreError> {
    Ok(Box::pin(response.stream().map_err(failed)?.map_ok(Bytes::from).map_err(failed)))
}

pub(crate) async fn in_time<T>(
    work: impl Future<Output = T> + Unpin,
    timeout: Duration,
    who: &str,
) -> Result<T, StoreError> {
    match select(work, Delay::from(timeout)).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(_) => Err(StoreError::Late(format!("{who} took more than {} s", timeout.as_secs_f64()))),
    }
}

async fn fetch(outgoing: Outgoing) -> Result<Response, StoreError> {
    let mut init = RequestInit::new();
    init.with_method(outgoing.method).with_headers(outgoing.headers).with_redirect(RequestRedirect::Manual);
    init.with_body(outgoing.content.map(|content| Uint8Array::from(&*content).into()));
    let request = Request::new_with_init(outgoing.url.as_str(), &init).map_err(failed)?;
    Fetch::Request(request).send().await.map_err(failed)
}
