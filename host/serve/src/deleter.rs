//! Ends deletions: what is left of an original that is gone, outside of the store that it was in.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use darkroom_delivery::{Key, Source, UploadKey};
use darkroom_host::clock::since_1970;
use darkroom_host::handlers::Purge;
use tokio_util::sync::CancellationToken;

use crate::embedded::Items;
use crate::events::Hub;
use crate::queue::rest;
use crate::store::Store;

/// Takes deletions one after the other, each until it is done.
pub(crate) struct Deleter {
    pub(crate) store: Store,
    pub(crate) purge: Arc<Purge>,
    pub(crate) hub: Arc<Hub>,
}

impl Deleter {
    /// Until `stop`. What is not done by then is done by the next start.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            let ended = tokio::select! {
                () = stop.cancelled() => return,
                ended = self.end_next() => ended,
            };
            if let Err(error) = ended {
                tracing::warn!("a deletion: {error:#}");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = rest() => {}
                }
            }
        }
    }

    async fn end_next(&self) -> anyhow::Result<()> {
        let key = self.store.next_deletion().await?;
        if let Ok(upload) = key.parse::<UploadKey>() {
            self.hub.forget(&key);
            self.purge.handle(&upload).await?;
        } else if let Ok(source) = key.parse::<Key>() {
            // One that no URL can name was in no cache.
            self.purge.forget(&Source::Key(source)).await?;
        }
        self.store.end_deletion(key).await.context("the index")
    }
}

/// How often what is too old is looked for.
const SWEEP: Duration = Duration::from_secs(3600);

/// Deletes items whose time is over, parts that nobody goes on with, and uploads that are older than `uploads`, where that is said.
pub(crate) async fn sweep(store: Store, items: Items, uploads: Option<Duration>, stop: CancellationToken) {
    loop {
        if let Err(error) = items.sweep().await {
            tracing::warn!("old items: {error}");
        }
        if let Err(error) = store.drop_stale_parts().await {
            tracing::warn!("uploads in parts that nobody goes on with: {error}");
        }
        if let Some(age) = uploads {
            match store.expire(since_1970().saturating_sub(age).as_secs()).await {
                Ok(0) => {}
                Ok(uploads) => tracing::info!(uploads, "deleted, since their time is over"),
                Err(error) => tracing::warn!("old uploads: {error}"),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}
