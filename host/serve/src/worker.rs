//! Works on uploads, one after the other, by the pipeline's own function.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use aws_lambda_events::sqs::SqsEvent;
use darkroom_host::handlers::Process;
use darkroom_host::pipeline::{Upload, UploadEvent};
use darkroom_host::records::Outcome;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::events::{Hub, Progress};
use crate::metrics::METRICS;
use crate::queue::{Message, Queue, rest};
use crate::watch::CURRENT;

/// What workers share.
pub(crate) struct Worker {
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) process: Process,
    pub(crate) hub: Arc<Hub>,
}

/// A message that was received so much more often than failures explain has ended the process itself each time.
const ENDED: u32 = 20;

impl Worker {
    /// Until `stop`: what is begun by then is finished.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let received = tokio::select! {
                () = stop.cancelled() => return,
                received = self.queue.receive() => received,
            };
            let worked = match &received {
                Ok(message) => self.work(message).await,
                Err(error) => Err(anyhow::anyhow!("{error}")),
            };
            if let Err(error) = worked {
                tracing::warn!("the queue: {error:#}");
                rest().await;
            }
        }
    }

    async fn work(&self, message: &Message) -> anyhow::Result<()> {
        let started = Instant::now();
        let upload = self.upload(message);
        if let Some(upload) = upload.as_ref().filter(|_| message.receives > ENDED + self.attempts()) {
            self.give_up(upload).await?;
            return self.queue.done(message).await.context("done");
        }
        let handled = match upload {
            Some(upload) => {
                let progress = Progress::begin(Arc::clone(&self.hub), upload, message.receives);
                let handled = CURRENT.scope(Arc::clone(&progress), self.handle(message)).await?;
                if !handled {
                    progress.waits();
                }
                handled
            }
            None => self.handle(message).await?,
        };
        METRICS.uploads(handled, started.elapsed());
        if handled {
            self.queue.done(message).await?
        } else {
            self.queue.failed(message).await?
        }
        Ok(())
    }

    /// Whether it is done, as opposed to staying in the queue.
    async fn handle(&self, message: &Message) -> anyhow::Result<bool> {
        let attributes = json!({"ApproximateReceiveCount": message.receives.to_string()});
        let record = json!({"messageId": "message", "body": message.body, "attributes": attributes});
        let event: SqsEvent = serde_json::from_value(json!({"Records": [record]}))?;
        Ok(self.process.handle(event).await.batch_item_failures.is_empty())
    }

    /// None for an event that is not about an upload: the function says so in the log.
    fn upload(&self, message: &Message) -> Option<Upload> {
        let event: UploadEvent = serde_json::from_str(&message.body).ok()?;
        event.upload(&self.process.images.settings.buckets.raw).ok()
    }

    fn attempts(&self) -> u32 {
        self.process.images.settings.receives
    }

    async fn give_up(&self, upload: &Upload) -> anyhow::Result<()> {
        tracing::error!(image = upload.image_id, "an upload is given up: the server ended each time while at it");
        let reason = "the server ended each time while at it".to_owned();
        let notification = self.process.metadata.handle(upload, Outcome::Failed { reason }).await?;
        self.process.topic.publish(&notification).await?;
        Ok(())
    }
}
