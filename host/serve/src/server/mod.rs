//! The server's routes: what each answers is in a file of its own.

mod answers;
mod bodies;
mod clients;
mod delivery;
mod events;
mod identity;
mod images;
mod listen;
mod operations;
mod page;
mod s3;
mod score;
mod signed;
mod stored;
mod upload;

use std::sync::Arc;
use std::time::Instant;

use ::s3s::service::S3Service;
pub(crate) use answers::Room;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderValue, Method};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{any, get};
use axum::{Extension, Router};
pub(crate) use bodies::DOCUMENT;
use clients::Client;
pub(crate) use clients::Clients;
use darkroom_delivery::store::Store as Port;
use darkroom_host::Processor;
use darkroom_host::delivery::Deliver;
use darkroom_host::handlers::{Presign, Purge};
use darkroom_host::records::Records;
pub(crate) use listen::serve;
use tokio_util::sync::CancellationToken;
use tower_http::cors::CorsLayer;
use tracing::Instrument;

use crate::config::{BucketNames, Config};
use crate::events::Hub;
use crate::metrics::{METRICS, Route};
use crate::queue::Queue;
use crate::store::Store;

/// What the routes work with.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) deliver: Arc<Deliver>,
    pub(crate) presign: Presign,
    /// Deletes what was derived from an original.
    pub(crate) purge: Arc<Purge>,
    pub(crate) store: Arc<dyn Port>,
    pub(crate) records: Arc<dyn Records>,
    /// None where uploads are not worked on here.
    pub(crate) queue: Option<Arc<dyn Queue>>,
    /// None where the store is elsewhere.
    pub(crate) s3: Option<S3Service>,
    /// The same store as `store`, for objects that are sent from their files. None where it is elsewhere.
    pub(crate) embedded: Option<Store>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) processor: Arc<Processor>,
    /// Who asks.
    pub(crate) clients: Clients,
    /// For what they hold.
    pub(crate) room: Room,
    pub(crate) stop: CancellationToken,
}

impl App {
    /// The buckets that S3 clients find here: none where the store is elsewhere.
    fn buckets(&self) -> Vec<&str> {
        let BucketNames { raw, processed, thumbnails } = &self.config.buckets;
        if self.s3.is_some() { vec![raw, processed, thumbnails] } else { Vec::new() }
    }
}

/// Everything that the server answers.
pub(crate) fn router(app: Arc<App>) -> anyhow::Result<Router> {
    let cors = cors(&app.config.users.allow_origins)?;
    let mut uploads = Router::new()
        .route("/upload-url", get(upload::url))
        .route("/images", get(images::list))
        .route("/images/{imageId}", get(images::one).delete(images::delete))
        .route("/images/{imageId}/original", get(images::original))
        .route("/images/{imageId}/score", get(score::answer))
        .route("/events", get(events::stream));
    for bucket in app.buckets() {
        for path in [format!("/{bucket}"), format!("/{bucket}/"), format!("/{bucket}/{{*key}}")] {
            uploads = uploads.route(&path, any(s3::answer));
        }
    }
    let operations = Router::new()
        .route("/", get(page::index))
        .route("/assets/{name}", get(page::asset))
        .route("/health", get(operations::health))
        .route("/ready", get(operations::ready))
        .route("/metrics", get(operations::metrics))
        .route("/version", get(operations::version));
    let all = uploads.layer(cors).merge(operations).fallback(other);
    let all = all.layer(middleware::from_fn_with_state(Arc::clone(&app), bodies::limited));
    let all = all.layer(middleware::from_fn_with_state(Arc::clone(&app), answers::in_turn));
    Ok(all.layer(middleware::from_fn(measured)).with_state(app))
}

/// An image, by any of its prefixes; or what an S3 client is told of a bucket that is not there.
async fn other(state: State<Arc<App>>, client: Extension<Arc<Client>>, request: Request) -> Response {
    if s3::is_signed(&request) {
        s3::answer(state, request).await
    } else {
        delivery::image(state, client, request).await
    }
}

/// Pages of other origins may upload where the configuration lists them. A request with a signature of S3's or a token
/// needs no cookies.
fn cors(origins: &[String]) -> anyhow::Result<CorsLayer> {
    let origins: Vec<HeaderValue> = origins.iter().map(|origin| origin.parse()).collect::<Result<_, _>>()?;
    let methods = [Method::GET, Method::HEAD, Method::PUT, Method::DELETE];
    let layer = CorsLayer::new().allow_origin(origins).allow_methods(methods);
    Ok(layer.allow_headers([AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH]).expose_headers([ETAG]))
}

/// Counts each request, and writes a line about it.
async fn measured(request: Request, next: Next) -> Response {
    let (started, route, method) = (Instant::now(), route(request.uri().path()), request.method().clone());
    let span = tracing::info_span!("request", %method, ?route, status = tracing::field::Empty);
    METRICS.in_flight.inc();
    let response = next.run(request).instrument(span.clone()).await;
    METRICS.in_flight.dec();
    let (took, status) = (started.elapsed(), response.status().as_u16());
    METRICS.request(route, status, took);
    span.record("status", status);
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(%method, ?route, status, milliseconds, "answered");
    response
}

/// Which part answers, by the path.
fn route(path: &str) -> Route {
    let first = path.split('/').nth(1).unwrap_or_default();
    match first {
        "" | "assets" => Route::Page,
        "upload-url" => Route::Upload,
        "images" => Route::Images,
        "events" => Route::Events,
        "health" | "ready" | "metrics" | "version" => Route::Operations,
        "image" | "cdn-cgi" => Route::Image,
        _ => Route::S3,
    }
}
