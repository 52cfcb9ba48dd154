use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use darkroom_host::StoreError;
use serde::Deserialize;
use serde_json::json;

use super::App;
use super::identity::User;

/// Which page of a user's images.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// At most so many, up to 100, which is the default.
    limit: Option<u32>,
    /// Uploaded before this time, in seconds since 1970.
    before: Option<u64>,
}

/// `GET /images`: a user's items, the newest first.
pub(super) async fn list(State(app): State<Arc<App>>, User(user): User, Query(page): Query<Page>) -> Response {
    let limit = page.limit.unwrap_or(100).clamp(1, 100);
    match app.records.items(&user, page.before, limit).await {
        Ok(items) => private(Json(json!({"images": items}))),
        Err(error) => unavailable(&error),
    }
}

/// `GET /images/{imageId}`: one item, where it is the user's own.
pub(super) async fn one(State(app): State<Arc<App>>, User(user): User, Path(id): Path<String>) -> Response {
    match app.records.item(&id).await {
        Ok(Some(item)) if item.user_id == user => private(Json(item)),
        Ok(_) => (StatusCode::NOT_FOUND, Json(json!({"error": format!("{id}: not found")}))).into_response(),
        Err(error) => unavailable(&error),
    }
}

fn private(answer: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "no-store")], answer).into_response()
}

fn unavailable(error: &StoreError) -> Response {
    tracing::error!(%error, "the table can't be read");
    (StatusCode::BAD_GATEWAY, Json(json!({"error": error.to_string()}))).into_response()
}
