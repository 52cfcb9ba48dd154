use std::sync::Arc;

use tracing::Instrument;

use super::metadata::completed;
use super::{Compressed, Metadata, Thumbnails};
use crate::pipeline::{Class, Emit, Failure, Images, Measurement, Progress, Upload};
use crate::records::Outcome;
use crate::topic::Topic;

/// All the work on an upload from one decode: all presets, the item and the notification.
pub struct Process {
    /// Reads, renders and stores.
    pub images: Images,
    /// Records outcomes.
    pub metadata: Metadata,
    /// Notifies subscribers.
    pub topic: Arc<dyn Topic>,
    /// Receives the measurements.
    pub emit: Emit,
}

impl Process {
    /// Processes an upload, for the `attempt`th time. On success, the message is deleted from the queue. Otherwise it
    /// stays there, and the queue delivers it again or moves it to the dead-letter queue.
    ///
    /// A faulty source is recorded as failed and deleted from the queue, and so is an upload that twice took too long.
    /// A failure that may be temporary stays in the queue, and is recorded as failed on the last delivery. A defect of
    /// ours is recorded and stays, so that it ends up where an operator looks.
    ///
    /// # Errors
    /// If the message has to stay in the queue, and why.
    pub async fn handle(&self, upload: &Upload, attempt: u32, progress: &dyn Progress) -> Result<(), Failure> {
        let span = tracing::info_span!("image", image = upload.image_id);
        self.upload(upload, attempt, progress).instrument(span).await
    }

    async fn upload(&self, upload: &Upload, attempt: u32, progress: &dyn Progress) -> Result<(), Failure> {
        let (outcome, failure) = match self.make(upload, progress).await {
            Ok(outcome) => (outcome, None),
            Err(failure) if failure.is_final(attempt, self.images.settings.receives) => {
                (Outcome::Failed { reason: failure.reason.clone() }, Some(failure))
            }
            Err(failure) => return Err(failure),
        };
        let notification = self.metadata.handle(upload, outcome).await?;
        progress.recorded();
        self.topic.publish(&notification).await?;
        match failure {
            Some(failure) if matches!(failure.class, Class::Retryable | Class::Defect) => Err(failure),
            _ => Ok(()),
        }
    }

    async fn make(&self, upload: &Upload, progress: &dyn Progress) -> Result<Outcome, Failure> {
        let stored = self.images.make(upload, &self.images.settings.presets, progress).await;
        (self.emit)(Measurement::Thumbnails { failed: stored.is_err() });
        let stored = stored?;
        let compressed = Compressed::new(upload, &stored)?;
        (self.emit)(Measurement::Compressed { original: compressed.original_size, result: compressed.compressed_size });
        let thumbnails = Thumbnails::new(upload, &stored, &self.images.settings);
        Ok(completed(&compressed, &thumbnails))
    }
}
