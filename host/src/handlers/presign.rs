use std::collections::BTreeMap;
use std::sync::Arc;

use darkroom_delivery::{Bucket, ObjectKey, UploadKey};
use darkroom_recipe::{Format, one_of};
use serde::Serialize;

use crate::objects::{PresignedPut, Presigner, PutRequest};
use crate::pipeline::{Settings, user};

/// `GET /upload-url`: tells a user where to PUT a photo.
pub struct Presign {
    /// Signs for the store that originals go to.
    pub presigner: Arc<dyn Presigner>,
    /// Limits and validity.
    pub settings: Arc<Settings>,
}

/// What a user wants to upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadRequest<'a> {
    /// As the user calls it.
    pub filename: &'a str,
    /// A media type.
    pub content_type: &'a str,
    /// In bytes, in decimal digits.
    pub content_length: &'a str,
}

/// Where to PUT it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PresignedUpload {
    /// A secret until it expires: not for logs.
    pub upload_url: String,
    /// In the raw bucket.
    pub key: String,
    /// To be sent as they are.
    pub headers: BTreeMap<String, String>,
    /// In seconds since 1970.
    pub expires_at: u64,
}

/// Why there is no upload URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Of HTTP: 400, 401, 415 for the type, 422 for the length, 500.
    #[serde(skip)]
    pub status: u16,
    /// For the client.
    pub error: String,
}

impl<'a> UploadRequest<'a> {
    /// Of a request's parameters: `filename`, `contentType` and `contentLength`.
    ///
    /// # Errors
    /// One is missing.
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
    /// To somebody who is not known.
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
    /// It may not be uploaded, or nothing can be signed just now.
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

/// 64 bits, so that two uploads of one user within one second don't meet.
fn random() -> Result<String, getrandom::Error> {
    getrandom::u64().map(|number| format!("{number:016x}"))
}
