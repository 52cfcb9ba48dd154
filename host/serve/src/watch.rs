//! The stores, watched: each of a worker's calls to them is a step of the image that it works on.

use std::sync::Arc;

use async_trait::async_trait;
use darkroom_delivery::UploadKey;
use darkroom_host::StoreError;
use darkroom_host::objects::{Grant, Head, NewObject, Object, Objects, PresignedPut, Version};
use darkroom_host::records::{Item, Recorded, Records};
use tokio::task_local;

use crate::events::Progress;

task_local! {
    /// The image that this task works on.
    pub(crate) static CURRENT: Arc<Progress>;
}

/// A store whose calls are steps where a worker makes them. Others use the stores too.
pub(crate) struct Watched<T>(pub(crate) T);

fn step(tell: impl FnOnce(&Progress)) {
    let _ = CURRENT.try_with(|progress| tell(progress));
}

#[async_trait]
impl<T: Objects> Objects for Watched<T> {
    async fn get(&self, version: Version<'_>, limit: u64) -> Result<Vec<u8>, StoreError> {
        let bytes = self.0.get(version, limit).await?;
        step(Progress::read);
        Ok(bytes)
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        let told = object.clone();
        self.0.put(object).await?;
        step(|progress| progress.stored(&told));
        Ok(())
    }

    async fn fetch(&self, bucket: &str, key: &str, limit: u64) -> Result<Object, StoreError> {
        self.0.fetch(bucket, key, limit).await
    }

    async fn head(&self, bucket: &str, key: &str) -> Result<Head, StoreError> {
        self.0.head(bucket, key).await
    }

    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.0.list(bucket, prefix).await
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), StoreError> {
        self.0.delete(bucket, key).await
    }

    async fn presign(&self, grant: Grant<'_>) -> Result<PresignedPut, StoreError> {
        self.0.presign(grant).await
    }
}

#[async_trait]
impl<T: Records> Records for Watched<Arc<T>> {
    async fn record(&self, item: &Item) -> Result<Recorded, StoreError> {
        let recorded = self.0.record(item).await?;
        step(Progress::recorded);
        Ok(recorded)
    }

    async fn forget(&self, original: &UploadKey) -> Result<usize, StoreError> {
        self.0.forget(original).await
    }
}
