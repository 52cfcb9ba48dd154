use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use s3s::S3Error;
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt;

use super::App;
use super::signed::hold_to_signature;
use crate::config::Limits;

/// S3's own protocol under a bucket's path, for any client of it.
pub(super) async fn answer(State(app): State<Arc<App>>, mut request: Request) -> Response {
    let Some(service) = app.s3.clone() else { return StatusCode::NOT_FOUND.into_response() };
    if let Err(error) = hold_to_signature(&mut request) {
        return refused(error);
    }
    let pace = Pace::new(&app.config.limits);
    let request = with_host(request).map(|body| in_time(body, pace));
    match service.oneshot(request).await {
        Ok(response) => {
            // The library's own lines name hosts and keys, and are not heard.
            let status = response.status().as_u16();
            if status >= 500 && status != 501 {
                tracing::error!(status, "an S3 request failed");
            }
            response.map(Body::new)
        }
        Err(_) => {
            tracing::error!("the S3 server failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// An error as S3 clients read it.
pub(super) fn refused(error: S3Error) -> Response {
    match error.to_http_response() {
        Ok(response) => response.map(Body::new),
        Err(_) => {
            tracing::error!("an S3 error can't be told");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whether it is for the S3 server: by its path, or by its signature.
pub(super) fn is_meant(app: &App, request: &Request) -> bool {
    let bucket = request.uri().path().split('/').nth(1).unwrap_or_default();
    app.buckets().contains(&bucket) || is_signed(request)
}

/// Whether an S3 client signed it, whatever its path.
pub(super) fn is_signed(request: &Request) -> bool {
    request.headers().get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"AWS4-"))
}

/// HTTP/2 has the host elsewhere; signatures cover the field.
fn with_host(mut request: Request) -> Request {
    let host = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().entry(HOST).or_insert(host);
    }
    request
}

/// Ends with an error where too little comes. A request without a body stays one: a stream would not tell that.
fn in_time(body: Body, pace: Pace) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let next = async |(mut chunks, mut pace): (BodyDataStream, Pace)| {
        let chunk: io::Result<Bytes> = pace.keep(&mut chunks).await?;
        Some((chunk, (chunks, pace)))
    };
    Body::from_stream(stream::unfold((body.into_data_stream(), pace), next))
}

/// How fast content has to come: so many bytes in each stretch of time.
#[derive(Clone, Copy)]
struct Pace {
    stretch: Duration,
    least: u64,
    /// Of the stretch that is under way.
    ends: Instant,
    come: u64,
}

impl Pace {
    fn new(limits: &Limits) -> Self {
        let stretch = Duration::from_secs(limits.idle_seconds);
        let least = limits.content_rate.saturating_mul(limits.idle_seconds);
        Self { stretch, least, ends: Instant::now() + stretch, come: 0 }
    }

    /// The next chunk, or why there is none; nothing after the last.
    async fn keep(&mut self, chunks: &mut BodyDataStream) -> Option<io::Result<Bytes>> {
        loop {
            match timeout_at(self.ends, chunks.next()).await {
                Ok(chunk) => {
                    let chunk = chunk?.map_err(io::Error::other);
                    self.come += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
                    return Some(chunk);
                }
                Err(_) if self.come < self.least.max(1) => {
                    return Some(Err(io::Error::other("the content came too slowly")));
                }
                Err(_) => (self.ends, self.come) = (Instant::now() + self.stretch, 0),
            }
        }
    }
}
