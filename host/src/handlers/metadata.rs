use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::{Compressed, Thumbnails};
use crate::pipeline::{Emit, Failure, Measurement, Notification, Settings, Upload, UploadEvent, user};
use crate::records::{Item, Outcome, Recorded, Records};

/// Writes down how the processing of an image ended.
pub struct Metadata {
    /// Where.
    pub records: Arc<dyn Records>,
    /// For how long.
    pub settings: Arc<Settings>,
    /// Takes the measurements.
    pub emit: Emit,
}

/// The event, with what the state machine knows by now.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// The event that began it.
    #[serde(flatten)]
    pub event: UploadEvent,
    /// What both branches returned, where both did.
    pub images: Option<Images>,
    /// What ended the workflow, otherwise.
    pub failure: Option<WorkflowFailure>,
}

/// What the branches returned.
#[derive(Clone, Debug, Deserialize)]
pub struct Images {
    /// Of `compress`.
    pub compressed: Compressed,
    /// Of `thumbnail`.
    pub thumbnails: Thumbnails,
}

/// An error as Step Functions hands it on.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WorkflowFailure {
    /// Its name.
    pub error: String,
    /// What a function said: JSON with an `errorMessage`. Otherwise plain text, or nothing.
    pub cause: Option<String>,
}

/// Longer reasons are cut: an item is no log.
const MAX_REASON: usize = 500;

impl Input {
    /// How it ended.
    ///
    /// # Errors
    /// The state machine gave neither images nor a failure.
    pub fn outcome(&self) -> Result<Outcome, Failure> {
        match (&self.images, &self.failure) {
            (_, Some(failure)) => Ok(Outcome::Failed { reason: failure.reason() }),
            (Some(Images { compressed, thumbnails }), None) => Ok(completed(compressed, thumbnails)),
            (None, None) => Err(Failure::not_retryable("neither images nor failure: needed is one of them".into())),
        }
    }
}

impl WorkflowFailure {
    fn reason(&self) -> String {
        // Of a timeout it is there, and empty.
        let cause = self.cause.as_deref().filter(|cause| !cause.is_empty()).unwrap_or(&self.error);
        let parsed: Option<Value> = serde_json::from_str(cause).ok();
        let message = parsed.as_ref().and_then(|error| error["errorMessage"].as_str());
        message.unwrap_or(cause).into()
    }
}

/// The branches run side by side: the slower one's time is what a user waits.
pub(crate) fn completed(compressed: &Compressed, thumbnails: &Thumbnails) -> Outcome {
    Outcome::Completed {
        compressed_key: compressed.compressed_key.clone(),
        compressed_size: compressed.compressed_size,
        thumbnails: thumbnails.thumbnails.clone(),
        savings_percent: compressed.savings_percent,
        processing_time_ms: compressed.processing_time_ms.max(thumbnails.processing_time_ms),
        damaged: compressed.damaged,
    }
}

impl Metadata {
    /// Records an outcome, unless the image is completed already: the notification then is about what is recorded. It
    /// is to be sent in either case, since the one who recorded it may have died before sending.
    ///
    /// # Errors
    /// The table fails.
    pub async fn handle(&self, upload: &Upload, outcome: Outcome) -> Result<Notification, Failure> {
        let item = self.item(upload, outcome);
        let recorded = self.records.record(&item).await?;
        tracing::info!(status = item.outcome.status(), changed = recorded == Recorded::Written, "recorded");
        match recorded {
            Recorded::AlreadyCompleted(item) => Ok(Notification::from(&item)),
            Recorded::Written => {
                (self.emit)(Measurement::Recorded(&item));
                Ok(Notification::from(&item))
            }
        }
    }

    fn item(&self, upload: &Upload, outcome: Outcome) -> Item {
        let outcome = match outcome {
            Outcome::Failed { reason } => Outcome::Failed { reason: reason.chars().take(MAX_REASON).collect() },
            completed @ Outcome::Completed { .. } => completed,
        };
        // The time in the key: it is known even of an object that is gone, and to every event about it.
        let uploaded_at = upload.key.time();
        Item {
            image_id: upload.image_id.clone(),
            uploaded_at,
            user_id: user::user(upload.key.user()),
            original_key: upload.key.to_string(),
            original_size: upload.size,
            // From now on, as the lifecycle of what was made counts: an original may be older than the retention.
            expires_at: crate::clock::seconds() + self.settings.retention.as_secs(),
            outcome,
        }
    }
}

/// In seconds since 1970.

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_always_has_a_reason() {
        for (cause, reason) in [
            (None, "States.Timeout"),
            (Some(""), "States.Timeout"),
            (Some("plain"), "plain"),
            (Some(r#"{"errorMessage": "malformed image", "errorType": "NonRetryable"}"#), "malformed image"),
        ] {
            let failure = WorkflowFailure { error: "States.Timeout".into(), cause: cause.map(Into::into) };
            assert_eq!(failure.reason(), reason, "{cause:?}");
        }
    }
}
