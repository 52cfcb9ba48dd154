//! Runs the pipeline's work for the messages of an SQS batch.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use darkroom_host::handlers::Process;
use darkroom_host::pipeline::{Failure, UploadEvent};
use futures_util::{StreamExt, stream};

/// While one image is rendered, another is read or written. More would only hold more originals in memory.
const AT_ONE_TIME: usize = 2;

/// Processes a batch. The response names the messages that stay in the queue.
pub(crate) async fn handle(process: &Process, event: SqsEvent) -> SqsBatchResponse {
    let work = |message: SqsMessage| async move {
        let result = work(process, &message).await;
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

async fn work(process: &Process, message: &SqsMessage) -> Result<(), Failure> {
    // Where, and not what: the parser's own message quotes the event.
    let not_an_event = |error: serde_json::Error| {
        Failure::not_retryable(format!("not an S3 event: line {}, column {}", error.line(), error.column()))
    };
    let event: UploadEvent = serde_json::from_str(message.body.as_deref().unwrap_or_default()).map_err(not_an_event)?;
    let upload = event.upload(&process.images.settings.buckets.raw)?;
    process.handle(&upload, attempt(message), &()).await
}

/// How often the queue has delivered this message, including this time.
pub(crate) fn attempt(message: &SqsMessage) -> u32 {
    message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
}
