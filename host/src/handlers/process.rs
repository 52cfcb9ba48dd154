use std::sync::Arc;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::{StreamExt, stream};
use tracing::Instrument;

use super::metadata::completed;
use super::{Compressed, Metadata, Thumbnails};
use crate::pipeline::metrics::{self, Emit};
use crate::pipeline::{Class, Failure, Images, Upload, UploadEvent};
use crate::records::Outcome;
use crate::topic::Topic;

/// The whole job from one decode: all presets, the item and the notification, for each event in a batch.
pub struct Process {
    /// Reads, renders and stores.
    pub images: Images,
    /// Records.
    pub metadata: Metadata,
    /// Tells.
    pub topic: Arc<dyn Topic>,
    /// Takes the measurements.
    pub emit: Emit,
}

/// While one image is rendered, another one is read or written. More would only hold more originals in memory.
const AT_ONE_TIME: usize = 2;

impl Process {
    /// Works on a batch. Named in the answer are the messages that the queue is to deliver again, or to put aside.
    ///
    /// A source's fault is recorded and done with, and so is what took too long twice. What may get better stays in the
    /// queue, and is recorded as failed when the queue gives it up. A defect of ours is recorded and stays, so that it
    /// ends where somebody looks.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let work = |message: SqsMessage| async move {
            let result = self.message(&message).await;
            if let Err(failure) = &result {
                tracing::warn!(class = ?failure.class, reason = failure.reason, "message stays in the queue");
            }
            (message.message_id, result)
        };
        let done = stream::iter(event.records).map(work).buffered(AT_ONE_TIME).collect::<Vec<_>>().await;
        let mut response = SqsBatchResponse::default();
        for (id, _) in done.into_iter().filter(|(_, result)| result.is_err()) {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id.unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
        response
    }

    async fn message(&self, message: &SqsMessage) -> Result<(), Failure> {
        let not_an_event = |error: serde_json::Error| Failure::not_retryable(format!("not an S3 event: {error}"));
        let event: UploadEvent =
            serde_json::from_str(message.body.as_deref().unwrap_or_default()).map_err(not_an_event)?;
        let upload = event.upload(&self.images.settings.buckets.raw)?;
        let span = tracing::info_span!("image", image = upload.image_id);
        self.upload(&upload, receives(message)).instrument(span).await
    }

    async fn upload(&self, upload: &Upload, receives: u32) -> Result<(), Failure> {
        let (outcome, failure) = match self.make(upload).await {
            Ok(outcome) => (outcome, None),
            Err(failure) if failure.is_final(receives, self.images.settings.receives) => {
                (Outcome::Failed { reason: failure.reason.clone() }, Some(failure))
            }
            Err(failure) => return Err(failure),
        };
        let notification = self.metadata.handle(upload, outcome).await?;
        self.topic.publish(&notification).await?;
        match failure {
            Some(failure) if matches!(failure.class, Class::Retryable | Class::Defect) => Err(failure),
            _ => Ok(()),
        }
    }

    async fn make(&self, upload: &Upload) -> Result<Outcome, Failure> {
        let stored = self.images.make(upload, &self.images.settings.presets).await;
        (self.emit)(&metrics::thumbnails(stored.is_err()));
        let stored = stored?;
        let compressed = Compressed::new(upload, &stored)?;
        (self.emit)(&metrics::compressed(compressed.original_size, compressed.compressed_size));
        let thumbnails = Thumbnails::new(upload, &stored, &self.images.settings);
        Ok(completed(&compressed, &thumbnails))
    }
}

/// How often the queue has delivered this message, this time included.
fn receives(message: &SqsMessage) -> u32 {
    message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
}
