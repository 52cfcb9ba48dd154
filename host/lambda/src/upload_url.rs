//! Answers an HTTP API's requests for upload URLs (payload format 2.0).

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use darkroom_host::handlers::{Presign, PresignedUpload, Refusal, UploadRequest};
use serde::Serialize;

/// The response.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, &'static str>,
    /// JSON.
    body: String,
}

/// Answers a request behind a JWT authorizer for the user that its token names.
pub(crate) async fn handle(presign: &Presign, request: &ApiGatewayV2httpRequest) -> Response {
    match presigned(presign, request).await {
        Ok(upload) => response(200, &upload),
        Err(refusal) => response(refusal.status, &refusal),
    }
}

async fn presigned(presign: &Presign, request: &ApiGatewayV2httpRequest) -> Result<PresignedUpload, Refusal> {
    let jwt = request.request_context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref());
    let user = jwt.and_then(|jwt| jwt.claims.get("sub")).filter(|user| !user.is_empty());
    let user = user.ok_or_else(Refusal::unknown_user)?;
    let wanted = UploadRequest::read(|name| request.query_string_parameters.first(name))?;
    presign.handle(user, &wanted).await
}

fn response(status_code: u16, body: &impl Serialize) -> Response {
    // The response is for one user and one upload.
    let headers = BTreeMap::from([("content-type", "application/json"), ("cache-control", "no-store")]);
    // It contains only strings and numbers under string keys, all of which JSON can represent.
    Response { status_code, headers, body: serde_json::json!(body).to_string() }
}
