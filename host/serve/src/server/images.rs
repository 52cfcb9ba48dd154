use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use darkroom_delivery::store::{Get, Object, StoreError};
use darkroom_delivery::{Bucket, Error, ObjectKey, UploadKey, known_media_type};
use darkroom_host::records::{Before, Item};
use serde::Deserialize;
use serde_json::json;

use super::App;
use super::answers::PIECE;
use super::identity::User;
use crate::store::content;

/// Which page of a user's images.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// At most so many, up to 100, which is the default.
    limit: Option<u32>,
    /// What is behind this: an answer's `next`, or a time in seconds since 1970.
    before: Option<String>,
}

/// `GET /images`: a user's items, the newest first.
pub(super) async fn list(State(app): State<Arc<App>>, User(user): User, Query(page): Query<Page>) -> Response {
    let limit = page.limit.unwrap_or(100).clamp(1, 100);
    let before = match page.before.as_deref().map(Before::from_str).transpose() {
        Ok(before) => before,
        Err(wrong) => return refused(&Error::Recipe(format!("before={wrong}"))),
    };
    match app.records.items(&user, before.as_ref(), limit).await {
        Ok(items) => {
            let full = items.len() == usize::try_from(limit).unwrap_or_default();
            let next = items.last().filter(|_| full).map(|last| Before::from(last).to_string());
            private(Json(json!({"images": items, "next": next})))
        }
        Err(error) => refused(&Error::Store(error.to_string())),
    }
}

/// `GET /images/{imageId}`: one item, where it is the user's own.
pub(super) async fn one(State(app): State<Arc<App>>, User(user): User, Path(id): Path<String>) -> Response {
    match own(&app, &user, &id).await {
        Ok(item) => private(Json(item)),
        Err(error) => refused(&error),
    }
}

/// `DELETE /images/{imageId}`: the original, all that was made of it, and the item, where it is the user's own.
pub(super) async fn delete(State(app): State<Arc<App>>, User(user): User, Path(id): Path<String>) -> Response {
    match delete_own(&app, &user, &id).await {
        Ok(()) => private(StatusCode::NO_CONTENT),
        Err(error) => refused(&error),
    }
}

async fn delete_own(app: &App, user: &str, id: &str) -> Result<(), Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Store(error.to_string());
    let item = own(app, user, id).await?;
    let original: UploadKey = item.original_key.parse().map_err(|error| failed(&error))?;
    let object = ObjectKey { bucket: Bucket::Raw, key: item.original_key };
    app.store.delete(&object).await.map_err(|error| failed(&error))?;
    app.purge.handle(&original).await.map_err(|error| failed(&error))?;
    Ok(())
}

/// `GET /images/{imageId}/original`: what was uploaded, byte for byte, where it is the user's own.
pub(super) async fn original(State(app): State<Arc<App>>, User(user): User, Path(id): Path<String>) -> Response {
    let content = match own(&app, &user, &id).await {
        Ok(item) => content_of(&app, &item).await,
        Err(error) => Err(error),
    };
    match content {
        Ok((media_type, length, body)) => {
            // A drawing that is opened by itself has no scripts, and no part in this origin.
            let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
            let media_type = known_media_type(&media_type).unwrap_or("application/octet-stream");
            let headers =
                [(CONTENT_TYPE, media_type), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (CONTENT_SECURITY_POLICY, policy)];
            private((headers, [(CONTENT_LENGTH, length)], body))
        }
        Err(error) => refused(&error),
    }
}

/// An item, where it is the user's own.
pub(super) async fn own(app: &App, user: &str, id: &str) -> Result<Item, Error> {
    match app.records.item(id).await {
        Ok(Some(item)) if item.user_id == user => Ok(item),
        Ok(_) => Err(Error::NotFound(id.into())),
        Err(error) => Err(Error::Store(error.to_string())),
    }
}

/// An item's original as it is sent: its type, its length and its bytes, from its file where that is here.
async fn content_of(app: &App, item: &Item) -> Result<(String, u64, Body), Error> {
    let Some(store) = &app.embedded else {
        let Object { bytes, head } = raw(app, item).await?;
        return Ok((head.content_type, bytes.len() as u64, Body::from(bytes)));
    };
    let found = store.open_object(store.bucket(Bucket::Raw), &item.original_key).await;
    let (object, file) = found.map_err(|error| match error {
        crate::store::Error::NotFound => Error::NotFound(item.image_id.clone()),
        other => Error::Store(other.to_string()),
    })?;
    let body = Body::from_stream(content(&object, file, PIECE));
    Ok((object.attributes.content_type.unwrap_or_default(), object.size, body))
}

/// An item's original.
pub(super) async fn raw(app: &App, item: &Item) -> Result<Object, Error> {
    let limit = app.presign.settings.limits.source_bytes;
    let original = ObjectKey { bucket: Bucket::Raw, key: item.original_key.clone() };
    app.store.get(&original, Get::newest(limit)).await.map_err(|error| match error {
        StoreError::NotFound => Error::NotFound(item.image_id.clone()),
        other => Error::Store(other.to_string()),
    })
}

/// Nothing that a cache may keep.
pub(super) fn private(answer: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "no-store")], answer).into_response()
}

pub(super) fn refused(error: &Error) -> Response {
    if error.status() >= 500 {
        tracing::error!(reason = error.detail(), "an image can't be had");
    }
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(json!({"error": error.to_string()}))).into_response();
    if let Error::Saturated { retry_after } = error {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*retry_after));
    }
    response
}
