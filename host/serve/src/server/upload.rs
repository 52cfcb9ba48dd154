use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use darkroom_host::handlers::{Refusal, UploadRequest};

use super::App;
use super::identity::User;
use super::images::private;

/// `GET /upload-url`: where a user is to PUT a photo.
pub(super) async fn url(
    State(app): State<Arc<App>>,
    User(user): User,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let request = UploadRequest::read(|name| parameters.get(name).map(String::as_str));
    let presigned = match request {
        Ok(request) => app.presign.handle(&user, &request).await,
        Err(refusal) => Err(refusal),
    };
    private(presigned.map(Json).map_err(refused))
}

fn refused(refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(refusal)).into_response()
}
