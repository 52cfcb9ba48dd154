//! How much content a request may bring. It is refused or cut before anybody asks who sends it.

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use s3s::s3_error;

use super::{App, s3};

/// The longest XML document that an S3 client may send, in bytes: the keys to delete, or the parts to join.
pub(crate) const DOCUMENT: usize = 1 << 20;

/// The length of an object whose content is cut into signed chunks, without what stands between them (Amazon S3 API
/// Reference, "Transferring payload in multiple chunks").
const DECODED_LENGTH: &str = "x-amz-decoded-content-length";

/// An object may be as long as an upload, a document of an S3 client's has its own limit, and no other request has
/// content. A request that announces more is refused at once; what was not announced is cut.
pub(super) async fn limited(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.headers().get_all(HOST).iter().count() > 1 {
        // RFC 9112 §3.2: two readers could each believe another one.
        return (StatusCode::BAD_REQUEST, "Host: must be one field\n").into_response();
    }
    if s3::is_meant(&app, &request) {
        s3_limited(app.config.uploads.max_bytes, request, next).await
    } else if length(request.headers(), CONTENT_LENGTH.as_str()).unwrap_or(0) > 0 {
        (StatusCode::PAYLOAD_TOO_LARGE, "this path takes no content\n").into_response()
    } else {
        next.run(cut(request, 0)).await
    }
}

async fn s3_limited(object: u64, request: Request, next: Next) -> Response {
    let (method, headers) = (request.method(), request.headers());
    let (length, decoded) = (length(headers, CONTENT_LENGTH.as_str()), length(headers, DECODED_LENGTH));
    let allowed = match *method {
        Method::PUT => object,
        Method::POST => DOCUMENT as u64,
        _ => 0,
    };
    // What holds signed chunks together takes less than a hundredth, and 64 KiB are enough for the smallest.
    let most = if decoded.is_some() { allowed + allowed / 64 + (64 << 10) } else { allowed };
    let too_long = length.is_some_and(|length| length > most) || decoded.is_some_and(|decoded| decoded > allowed);
    if is_form(headers) {
        s3::refused(s3_error!(NotImplemented, "forms are not taken: send the object with PUT"))
    } else if length.or(decoded).is_none() && !request.body().is_end_stream() {
        s3::refused(s3_error!(MissingContentLength, "Content-Length is missing"))
    } else if too_long && *method == Method::PUT {
        s3::refused(s3_error!(EntityTooLarge, "an object has at most {allowed} bytes"))
    } else if too_long {
        s3::refused(s3_error!(MaxMessageLengthExceeded, "this request has at most {allowed} bytes of content"))
    } else {
        next.run(cut(request, most)).await
    }
}

/// Whether a browser's form sends it: S3's "POST Object". s3s reads a form before it looks for a signature, whatever else
/// the type says, such as `multipart/form-data+xml`.
fn is_form(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_TYPE).iter().any(|value| {
        let kind = value.as_bytes().trim_ascii_start().get(..b"multipart/".len());
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case(b"multipart/"))
    })
}

/// In bytes.
fn length(headers: &HeaderMap, field: &str) -> Option<u64> {
    headers.get(field)?.to_str().ok()?.trim().parse().ok()
}

/// A request without content stays one: a limit would hide that.
fn cut(request: Request, most: u64) -> Request {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    request.map(|body| if body.is_end_stream() { body } else { Body::new(Limited::new(body, most)) })
}
