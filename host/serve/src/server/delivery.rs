use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use darkroom_delivery::{Answer, Error, Fields, Image};
use tokio::time::timeout;

use super::clients::Client;
use super::{App, stored};
use crate::config::Limits;
use crate::metrics::METRICS;

/// After how many seconds another try is worth it, where there is too much to do.
pub(super) const RETRY_AFTER: u32 = 2;

/// An image: from its file where it is stored already, or else by the host's own delivery.
pub(super) async fn image(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Arc<Client>>,
    request: Request,
) -> Response {
    let (head, _) = request.into_parts();
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).unwrap_or_default();
    let pairs: Vec<(&str, String)> = head.headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
    let fields = Fields::from_pairs(pairs.iter().map(|(name, value)| (*name, value.as_str())));
    let (method, path, query) = (head.method.as_str(), head.uri.path(), head.uri.query().unwrap_or_default());
    let (answer, body, image) = match stored::find(&app, method, path, query, &fields).await {
        Some((answer, body, image)) => (answer, body, Some(image)),
        None => {
            let (mut answer, image) = answer(&app, &client.name, method, path, query, &fields).await;
            let body = Body::from(std::mem::take(&mut answer.body));
            (answer, body, image)
        }
    };
    METRICS.delivery(image.as_ref());
    send(answer, body)
}

/// It waits its turn, and then it is made.
async fn answer(
    app: &App,
    client: &str,
    method: &str,
    path: &str,
    query: &str,
    fields: &Fields,
) -> (Answer, Option<Image>) {
    let refuse = |error: Error| (Answer::error(&error, None, fields, &app.config.delivery), None);
    let Limits { queue_seconds, request_seconds, .. } = app.config.limits;
    let allowed = Duration::from_secs(queue_seconds + request_seconds);
    match timeout(allowed, app.deliver.handle(client, method, path, query, fields)).await {
        Ok(answered) => (answered.answer, answered.image),
        Err(_) => refuse(Error::Deadline(format!("the answer took more than {} s", allowed.as_secs()))),
    }
}

fn send(answer: Answer, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = answer.status.try_into().unwrap_or_default();
    for (name, value) in answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
