use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::{Compressed, Thumbnails};
use crate::pipeline::{Emit, Failure, Measurement, Notification, Settings, Upload, UploadEvent, user};
use crate::records::{Item, Outcome, Recorded, Records};

/// Records the outcome of an image's processing.
pub struct Metadata {
    /// The table to record it in.
    pub records: Arc<dyn Records>,
    /// Contains the retention.
    pub settings: Arc<Settings>,
    /// Receives the measurements.
    pub emit: Emit,
}

/// The event, plus what the state machine has added by now.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// The event that started the workflow.
    #[serde(flatten)]
    pub event: UploadEvent,
    /// The results of both branches, if both succeeded.
    pub images: Option<Images>,
    /// Otherwise, the error that ended the workflow.
    pub failure: Option<WorkflowFailure>,
}

/// The results of the branches.
#[derive(Clone, Debug, Deserialize)]
pub struct Images {
    /// The result of `compress`.
    pub compressed: Compressed,
    /// The result of `thumbnail`.
    pub thumbnails: Thumbnails,
}

/// An error as passed on by Step Functions.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WorkflowFailure {
    /// The error's name.
    pub error: String,
    /// The function's message: JSON with an `errorMessage`, or else plain text, or nothing.
    pub cause: Option<String>,
}

/// Longer reasons are truncated, because an item is not a log.
const MAX_REASON: usize = 500;

impl Input {
    /// The outcome of the workflow.
    ///
    /// # Errors
    /// If the state machine provided neither images nor a failure.
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
        // A timeout has an empty cause.
        let cause = self.cause.as_deref().filter(|cause| !cause.is_empty()).unwrap_or(&self.error);
        let parsed: Option<Value> = serde_json::from_str(cause).ok();
        let message = parsed.as_ref().and_then(|error| error["errorMessage"].as_str());
        message.unwrap_or(cause).into()
    }
}

/// The branches run in parallel, so the user waits for the slower one.
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
    /// Records an outcome, unless the image is already recorded as completed; the notification is then about the
    /// recorded outcome. Send the notification in either case, because the process that recorded the outcome may have
    /// crashed before sending.
    ///
    /// # Errors
    /// If the table fails.
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
        // Takes the time from the key, because every event has that, even one about a deleted object.
        let uploaded_at = upload.key.time();
        Item {
            image_id: upload.image_id.clone(),
            uploaded_at,
            user_id: user::user(upload.key.user()),
            original_key: upload.key.to_string(),
            original_size: upload.size,
            // Counted from now, like the lifecycle of the outputs, because an original may be older than the retention.
            expires_at: crate::clock::seconds() + self.settings.retention.as_secs(),
            outcome,
        }
    }
}

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
