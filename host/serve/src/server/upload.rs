use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::App;
use super::identity::User;

/// `GET /upload-url`, by the pipeline's own function: it is asked as an HTTP API would ask it.
pub(super) async fn url(
    State(app): State<Arc<App>>,
    User(user): User,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Response {
    let event = json!({
        "queryStringParameters": parameters,
        "headers": {},
        "requestContext": {
            "authorizer": {"jwt": {"claims": {"sub": user}, "scopes": null}},
            "http": {"method": "GET", "path": "/upload-url"},
        },
        "isBase64Encoded": false,
    });
    let request: ApiGatewayV2httpRequest = match serde_json::from_value(event) {
        Ok(request) => request,
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    };
    let answer = app.presign.handle(&request).await;
    let status = StatusCode::from_u16(answer.status_code).unwrap_or_default();
    let headers: Vec<(&str, &str)> = answer.headers.into_iter().collect();
    let mut response = (status, answer.body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}
