//! The stores, watched: each of a worker's calls to them is a step of the image that it works on.

use std::sync::Arc;

use async_trait::async_trait;
use darkroom_delivery::store::{Get, Head, NewObject, Object, Store, StoreError};
use darkroom_delivery::{ObjectKey, UploadKey};
use darkroom_host::objects::Buckets;
use darkroom_host::records::{Before, Item, Recorded, Records};
use tokio::task_local;

use crate::events::Progress;

task_local! {
    /// The image that this task works on.
    pub(crate) static CURRENT: Arc<Progress>;
}

/// A store of objects whose calls are steps where a worker makes them. Others use it too.
pub(crate) struct WatchedStore<T> {
    pub(crate) store: T,
    /// For those who are told: they know buckets by their names.
    pub(crate) buckets: Buckets,
}

/// The same of items.
pub(crate) struct WatchedRecords(pub(crate) Arc<dyn Records>);

fn step(tell: impl FnOnce(&Progress)) {
    let _ = CURRENT.try_with(|progress| tell(progress));
}

#[async_trait]
impl<T: Store> Store for WatchedStore<T> {
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError> {
        let found = self.store.get(object, get).await?;
        step(Progress::read);
        Ok(found)
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        let told = object.clone();
        self.store.put(object).await?;
        step(|progress| progress.stored(self.buckets.name(told.object.bucket), &told));
        Ok(())
    }

    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError> {
        self.store.head(object).await
    }

    async fn list(&self, prefix: &ObjectKey) -> Result<Vec<String>, StoreError> {
        self.store.list(prefix).await
    }

    async fn delete(&self, object: &ObjectKey) -> Result<(), StoreError> {
        self.store.delete(object).await
    }

    fn deletes_derived(&self) -> bool {
        self.store.deletes_derived()
    }
}

#[async_trait]
impl Records for WatchedRecords {
    async fn record(&self, item: &Item) -> Result<Recorded, StoreError> {
        let recorded = self.0.record(item).await?;
        step(Progress::recorded);
        Ok(recorded)
    }

    async fn items(&self, user: &str, before: Option<&Before>, limit: u32) -> Result<Vec<Item>, StoreError> {
        self.0.items(user, before, limit).await
    }

    async fn item(&self, image_id: &str) -> Result<Option<Item>, StoreError> {
        self.0.item(image_id).await
    }

    async fn delete_for_original(&self, original: &UploadKey) -> Result<usize, StoreError> {
        self.0.delete_for_original(original).await
    }
}
