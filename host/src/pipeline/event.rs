use darkroom_delivery::{UploadKey, image_id};
use serde::Deserialize;

use super::Failure;

/// S3's "Object Created" event as EventBridge delivers it; only the required fields are read.
#[derive(Clone, Debug, Deserialize)]
pub struct UploadEvent {
    detail: Detail,
    /// The workflow's execution, for the logs. The state machine adds it; it does not come from S3.
    execution: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Detail {
    bucket: Bucket,
    object: Object,
}

#[derive(Clone, Debug, Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Object {
    /// Decoded, unlike in S3's own notifications.
    key: String,
    size: u64,
    etag: String,
    version_id: Option<String>,
}

/// S3's "Object Deleted" event as EventBridge delivers it.
#[derive(Clone, Debug, Deserialize)]
pub struct DeletionEvent {
    detail: Deletion,
}

#[derive(Clone, Debug, Deserialize)]
struct Deletion {
    bucket: Bucket,
    object: Deleted,
}

#[derive(Clone, Debug, Deserialize)]
struct Deleted {
    key: String,
}

/// One version of an uploaded original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Contains the user, the time and the name.
    pub key: UploadKey,
    /// `None` if the bucket is not versioned.
    pub version: Option<String>,
    /// Without quotation marks.
    pub etag: String,
    /// In bytes.
    pub size: u64,
    /// `img_` and 32 hexadecimal digits: the same in every event about this version.
    pub image_id: String,
    /// The workflow's execution, for the logs.
    pub execution: Option<String>,
}

impl UploadEvent {
    /// Validates the event.
    ///
    /// # Errors
    /// If it is about a bucket other than `raw`, or about an object that was not created with a presigned URL and
    /// therefore belongs to no user.
    pub fn upload(self, raw: &str) -> Result<Upload, Failure> {
        let Detail { bucket, object } = self.detail;
        let Object { key, size, etag, version_id } = object;
        is_of(&bucket, raw)?;
        // A backfill lists the store itself, which quotes the ETag.
        let upload = Upload::new(raw, &key, version_id, etag.trim_matches('"'), size)?;
        Ok(Upload { execution: self.execution, ..upload })
    }
}

impl Upload {
    /// A version of the original with this key in the bucket `raw`. `etag` excludes the quotation marks.
    ///
    /// # Errors
    /// If it was not created with a presigned URL and therefore belongs to no user.
    pub fn new(raw: &str, key: &str, version: Option<String>, etag: &str, size: u64) -> Result<Self, Failure> {
        let image_id = format!("img_{}", image_id(raw, key, version.as_deref().unwrap_or(etag)));
        Ok(Self { key: upload_key(key)?, version, etag: etag.to_owned(), size, image_id, execution: None })
    }
}

impl DeletionEvent {
    /// The key of the deleted object.
    ///
    /// # Errors
    /// If it is about a bucket other than `raw`, or about an object that was not created with a presigned URL.
    pub fn original(&self, raw: &str) -> Result<UploadKey, Failure> {
        is_of(&self.detail.bucket, raw)?;
        upload_key(&self.detail.object.key)
    }
}

fn is_of(bucket: &Bucket, raw: &str) -> Result<(), Failure> {
    if bucket.name == raw {
        return Ok(());
    }
    Err(Failure::not_retryable(format!("event of the bucket {}: must be {raw}", bucket.name)))
}

fn upload_key(key: &str) -> Result<UploadKey, Failure> {
    key.parse().map_err(|_| {
        let allowed = "must be uploads/<user>/<yyyyMMdd_HHmmss>_<random>_<name>";
        Failure::not_retryable(format!("the event's key is not of an upload: {allowed}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn upload(bucket: &str, object: serde_json::Value) -> Result<Upload, Failure> {
        let event = json!({"detail-type": "Object Created", "detail": {"bucket": {"name": bucket}, "object": object}});
        serde_json::from_value::<UploadEvent>(event).expect("an event").upload("raw")
    }

    #[test]
    fn one_image_is_one_version_of_one_object() {
        let key = "uploads/u1/20251231_235959_abcdef01_a.jpg";
        let versioned = |version: &str| json!({"key": key, "size": 1, "etag": "e", "version-id": version});
        let first = upload("raw", versioned("1")).expect("an upload");
        assert_eq!((first.key.user(), first.version.as_deref(), first.image_id.len()), ("u1", Some("1"), 36));
        assert_eq!(first, upload("raw", versioned("1")).expect("the same"));
        assert_ne!(first.image_id, upload("raw", versioned("2")).expect("another").image_id);
        let plain = upload("raw", json!({"key": key, "size": 1, "etag": "e"})).expect("an upload");
        assert_eq!(plain.version, None);
        assert_eq!(plain, upload("raw", json!({"key": key, "size": 1, "etag": "\"e\""})).expect("an upload"));
    }

    #[test]
    fn other_objects_are_not_retried() {
        for (bucket, key) in [
            ("other", "uploads/u1/20251231_235959_abcdef01_a.jpg"),
            ("raw", "uploads/u1/a.jpg"),
            ("raw", "uploads/u1/20251331_235959_abcdef01_a.jpg"),
            ("raw", "compressed/u1/20251231_235959_abcdef01_a.webp"),
        ] {
            let failure = upload(bucket, json!({"key": key, "size": 1, "etag": "e"})).expect_err(key);
            assert_eq!(failure.name(), "NonRetryable", "{failure}");
            assert!(!failure.reason.contains("u1"), "{failure}");
        }
    }
}
