//! Sources on other servers, at public addresses.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use darkroom_delivery::origin::{Origins, Received, USER_AGENT};
use darkroom_delivery::store::StoreError;
use darkroom_delivery::{Method, Origin, Remote};
use futures_util::TryStreamExt;
use http::Request;
use http::header::HeaderMap;
use http_body_util::BodyDataStream;

use crate::client::Client;

/// Asks other servers.
pub(crate) struct Web {
    pub(crate) client: Client,
    /// Redirects have to stay among them.
    pub(crate) allowed: Vec<Origin>,
    /// For one original, redirects included.
    pub(crate) timeout: Duration,
}

#[async_trait]
impl Origins for Web {
    fn allowed(&self) -> &[Origin] {
        &self.allowed
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    async fn send(&self, method: Method, remote: &Remote) -> Result<Received, StoreError> {
        let request = Request::builder().method(method.name()).uri(remote.to_string()).header("user-agent", USER_AGENT);
        let request = request.body(Bytes::new().into()).map_err(|error| failed(&error))?;
        let (head, content) = self.client.request(request).await.map_err(|error| failed(&error))?.into_parts();
        let content = BodyDataStream::new(content).map_err(|error| failed(&error));
        Ok(Received::new(head.status.as_u16(), |name| field(&head.headers, name), Box::pin(content)))
    }
}

fn field(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The innermost cause: what a client's own error says is only that it could not connect.
fn failed(error: &dyn std::error::Error) -> StoreError {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    StoreError::Unavailable(cause.to_string())
}
