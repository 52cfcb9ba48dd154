use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use darkroom_delivery::{Bucket, ObjectKey, UploadKey};
use darkroom_recipe::{Format, one_of};
use serde::Serialize;
use serde_json::{Value, json};

use crate::objects::{Grant, PresignedPut, Presigner};
use crate::pipeline::{Settings, user};

/// `GET /upload-url`: tells a user where to PUT a photo.
pub struct Presign {
    /// Signs for the store that originals go to.
    pub presigner: Arc<dyn Presigner>,
    /// Limits and validity.
    pub settings: Arc<Settings>,
}

/// An answer as an HTTP API wants it (payload format 2.0).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// Of HTTP.
    pub status_code: u16,
    /// Of HTTP.
    pub headers: BTreeMap<&'static str, &'static str>,
    /// JSON.
    pub body: String,
}

/// What a client asks for.
struct Wish<'a> {
    user: &'a str,
    filename: &'a str,
    content_type: &'a str,
    content_length: u64,
}

/// A status and why.
type Refusal = (u16, String);

impl Presign {
    /// Answers a request behind a JWT authorizer with `uploadUrl`, `key`, the `headers` to send, and `expiresAt` in
    /// seconds since 1970; or with an `error`: 400, 401, 415 for the type, 422 for the length, 500.
    pub async fn handle(&self, request: &ApiGatewayV2httpRequest) -> Response {
        let answer = match wish(request, self.settings.limits.source_bytes) {
            Ok(wish) => self.grant(&wish).await,
            Err(refusal) => Err(refusal),
        };
        match answer {
            Ok(body) => response(200, &body),
            Err((status, error)) => {
                tracing::info!(status, "no upload URL");
                response(status, &json!({"error": error}))
            }
        }
    }

    async fn grant(&self, wish: &Wish<'_>) -> Result<Value, Refusal> {
        let internal = |error: String| {
            tracing::error!(error, "no upload URL can be made");
            (500, "no upload URL can be made just now".to_owned())
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let random = random().map_err(|error| internal(error.to_string()))?;
        let folder = user::folder(wish.user);
        let key = UploadKey::new(&folder, now, &random, wish.filename).map_err(|error| (400, error.to_string()))?;
        let (object, validity) = (ObjectKey { bucket: Bucket::Raw, key: key.to_string() }, self.settings.url_validity);
        let Wish { content_type, content_length, .. } = *wish;
        let grant = Grant { object: &object, content_type, content_length, validity };
        let PresignedPut { url, headers } =
            self.presigner.presign(grant).await.map_err(|error| internal(error.to_string()))?;
        let expires_at = now + validity.as_secs();
        Ok(json!({"uploadUrl": url, "key": object.key, "headers": headers, "expiresAt": expires_at}))
    }
}

fn wish(request: &ApiGatewayV2httpRequest, limit: u64) -> Result<Wish<'_>, Refusal> {
    let jwt = request.request_context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref());
    let user = jwt.and_then(|jwt| jwt.claims.get("sub")).filter(|user| !user.is_empty());
    let user = user.ok_or((401, "who asks is not known".to_owned()))?;
    let parameter = |name: &str| {
        let missing = || (400, format!("{name} is missing: needed are filename, contentType and contentLength"));
        request.query_string_parameters.first(name).ok_or_else(missing)
    };
    let (filename, content_type) = (parameter("filename")?, parameter("contentType")?);
    let types: Vec<_> = Format::decodable().map(Format::media_type).collect();
    if !types.contains(&content_type) {
        return Err((415, format!("contentType {content_type:?}: must be {}", one_of(&types))));
    }
    let length = parameter("contentLength")?;
    let refuse = |status| (status, format!("contentLength {length:?}: must be from 1 to {limit}"));
    let content_length: u64 = length.parse().map_err(|_| refuse(400))?;
    if content_length == 0 || content_length > limit {
        return Err(refuse(422));
    }
    Ok(Wish { user, filename, content_type, content_length })
}

/// 64 bits, so that two uploads of one user within one second don't meet.
fn random() -> Result<String, getrandom::Error> {
    getrandom::u64().map(|number| format!("{number:016x}"))
}

fn response(status_code: u16, body: &Value) -> Response {
    // What it holds is for one user and one upload.
    let headers = BTreeMap::from([("content-type", "application/json"), ("cache-control", "no-store")]);
    Response { status_code, headers, body: body.to_string() }
}
