//! Works on uploads, one after the other, by the pipeline's own `process`.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use darkroom_host::StoreError;
use darkroom_host::handlers::Process;
use darkroom_host::pipeline::{Class, Upload};
use darkroom_host::records::Outcome;
use tokio_util::sync::CancellationToken;

use crate::events::{Hub, Progress};
use crate::metrics::METRICS;
use crate::queue::{Message, Queue, rest};

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
                Ok(message) => self.work(message, &stop).await,
                Err(error) => Err(anyhow::anyhow!("{error}")),
            };
            if let Err(error) = worked {
                tracing::warn!("the queue: {error:#}");
                rest().await;
            }
        }
    }

    async fn work(&self, message: &Message, stop: &CancellationToken) -> anyhow::Result<()> {
        let started = Instant::now();
        let worked = match &message.upload {
            Ok(upload) if message.receives > ENDED + self.attempts() => {
                self.give_up(upload).await?;
                return self.queue.done(message).await.context("done");
            }
            Ok(upload) => {
                let progress = Progress::begin(Arc::clone(&self.hub), upload.clone(), message.receives);
                let worked = self.process.handle(upload, message.receives, &progress).await;
                if worked.is_err() {
                    progress.waits();
                }
                worked
            }
            Err(failure) => Err(failure.clone()),
        };
        METRICS.uploads(worked.is_ok(), started.elapsed());
        let Err(failure) = worked else { return Ok(self.queue.done(message).await?) };
        tracing::warn!(class = ?failure.class, reason = failure.reason, "message stays in the queue");
        loop {
            let told = match failure.class {
                Class::Postponed => self.queue.postponed(message).await,
                _ => self.queue.failed(message).await,
            };
            match told {
                // Its own index may have no room either. Nobody else is given the message meanwhile.
                Err(StoreError::Full(_)) if !stop.is_cancelled() => rest().await,
                told => return Ok(told?),
            }
        }
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
