use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use darkroom_delivery::{Bucket, ObjectKey};
use serde_json::{Value, json};

use super::App;
use crate::metrics::METRICS;
use crate::store::Store;

/// `GET /health`: the process answers.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// `GET /ready`: it takes requests, its stores answer, and there is room on its disk.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    if app.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "ending\n").into_response();
    }
    let stores = async {
        app.records.item("none").await?;
        app.store.exists(&ObjectKey { bucket: Bucket::Raw, key: "none".into() }).await
    };
    let why = match stores.await {
        Ok(_) => app.embedded.as_ref().and_then(|store| store.disk().check().err()).map(|full| full.to_string()),
        Err(error) => Some(error.to_string()),
    };
    match why {
        None => "ok\n".into_response(),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

/// `GET /metrics`: Prometheus's text (OpenMetrics 1.0).
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let depth = match &app.queue {
        Some(queue) => queue.depth().await.unwrap_or_default(),
        None => 0,
    };
    let instances = app.config.options().instances.get();
    if let Some(disk) = app.embedded.as_ref().map(Store::disk) {
        METRICS.disk(disk.free().unwrap_or_default(), disk.check().is_err());
    }
    METRICS.instances_memory.set(i64::try_from(app.processor.memory_taken()).unwrap_or(i64::MAX));
    match METRICS.text(depth, instances, app.processor.running()) {
        Ok(text) => {
            ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// `GET /version`: the release, and what tells whether it makes other bytes than another one.
pub(super) async fn version(State(app): State<Arc<App>>) -> Json<Value> {
    let output_version = app.processor.output_version();
    Json(json!({"version": env!("CARGO_PKG_VERSION"), "outputVersion": output_version}))
}
