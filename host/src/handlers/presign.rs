use std::collections::BTreeMap;
use std::sync::Arc;

use darkroom_delivery::{Bucket, ObjectKey, UploadKey};
use darkroom_recipe::{Format, one_of};
use serde::Serialize;

use crate::objects::{PresignedPut, Presigner, PutRequest};
use crate::pipeline::{Settings, user};

/// `GET /upload-url`: returns the URL to which a user can PUT a photo.
pub struct Presign {
    /// Signs for the store of originals.
    pub presigner: Arc<dyn Presigner>,
    /// Contains the limits and the validity.
    pub settings: Arc<Settings>,
}

/// The file that a user wants to upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadRequest<'a> {
    /// The user's name for it.
    pub filename: &'a str,
    /// A media type.
    pub content_type: &'a str,
    /// In bytes, in decimal digits.
    pub content_length: &'a str,
}

/// The upload URL, and the request to send there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PresignedUpload {
    /// A secret until it expires: don't log it.
    pub upload_url: String,
    /// The key in the raw bucket.
    pub key: String,
    /// Headers to send unchanged.
    pub headers: BTreeMap<String, String>,
    /// In seconds since 1970.
    pub expires_at: u64,
}

/// The reason why there is no upload URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The HTTP status: 400, 401, 415 for the type, 422 for the length, 500.
    #[serde(skip)]
    pub status: u16,
    /// The message for the client.
    pub error: String,
}

impl<'a> UploadRequest<'a> {
    /// Reads a request's parameters: `filename`, `contentType` and `contentLength`.
    ///
    /// # Errors
    /// If one is missing.
    pub fn read(parameter: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Refusal> {
        let parameter = |name: &str| {
            let missing = || format!("{name} is missing: needed are filename, contentType and contentLength");
            parameter(name).ok_or_else(|| Refusal::new(400, missing()))
        };
        let (filename, content_type) = (parameter("filename")?, parameter("contentType")?);
        Ok(Self { filename, content_type, content_length: parameter("contentLength")? })
    }

    /// The length, if such an image may be uploaded.
    fn check(&self, limit: u64) -> Result<u64, Refusal> {
        let types: Vec<_> = Format::decodable().map(Format::media_type).collect();
        if !types.contains(&self.content_type) {
            let error = format!("contentType {:?}: must be {}", self.content_type, one_of(&types));
            return Err(Refusal::new(415, error));
        }
        let refuse = |status| {
            Refusal::new(status, format!("contentLength {:?}: must be from 1 to {limit}", self.content_length))
        };
        let length: u64 = self.content_length.parse().map_err(|_| refuse(400))?;
        if length == 0 || length > limit { Err(refuse(422)) } else { Ok(length) }
    }
}

impl Refusal {
    /// The response to an unauthenticated user.
    #[must_use]
    pub fn unknown_user() -> Self {
        Self::new(401, "who asks is not known".into())
    }

    fn new(status: u16, error: String) -> Self {
        tracing::info!(status, "no upload URL");
        Self { status, error }
    }
}

impl Presign {
    /// Signs an upload for a user.
    ///
    /// # Errors
    /// If the file may not be uploaded, or signing is currently impossible.
    pub async fn handle(&self, user: &str, request: &UploadRequest<'_>) -> Result<PresignedUpload, Refusal> {
        let internal = |error: String| {
            tracing::error!(error, "no upload URL can be made");
            Refusal::new(500, "no upload URL can be made just now".to_owned())
        };
        let content_length = request.check(self.settings.limits.source_bytes)?;
        let now = crate::clock::seconds();
        let random = random().map_err(|error| internal(error.to_string()))?;
        let key = UploadKey::new(&user::folder(user), now, &random, request.filename);
        let key = key.map_err(|error| Refusal::new(400, error.to_string()))?;
        let (object, validity) = (ObjectKey { bucket: Bucket::Raw, key: key.to_string() }, self.settings.url_validity);
        let put = PutRequest { object: &object, content_type: request.content_type, content_length, validity };
        let PresignedPut { url, headers } =
            self.presigner.presign(put).await.map_err(|error| internal(error.to_string()))?;
        Ok(PresignedUpload { upload_url: url, key: object.key, headers, expires_at: now + validity.as_secs() })
    }
}

/// 64 random bits, so that two uploads of one user within a second don't collide.
fn random() -> Result<String, getrandom::Error> {
    getrandom::u64().map(|number| format!("{number:016x}"))
}
