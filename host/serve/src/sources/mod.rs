//! Originals that are kept somewhere else, beside a store.

mod folder;
mod object_store;

use std::env;
use std::path::Path;
use std::sync::Arc;

use ::object_store::parse_url_opts;
use ::object_store::prefix::PrefixStore;
use anyhow::{Context, ensure};
use async_trait::async_trait;
use darkroom_delivery::store::{Get, Head, NewObject, Object, Store, StoreError};
use darkroom_delivery::{Bucket, ObjectKey};
use folder::Folder;
use object_store::ObjectStore;
use url::Url;

/// The place that the setting `originals` names: a folder, or the URL of a store that this program was built for. What
/// such a store needs besides, its own environment variables have.
///
/// # Errors
/// There is no such folder, or the URL names no store.
pub(crate) fn open(place: &str) -> anyhow::Result<Arc<dyn Store>> {
    let Some(url) = place.contains("://").then(|| Url::parse(place)).transpose().context("originals")? else {
        ensure!(Path::new(place).is_dir(), "originals = {place:?}: must be a folder, or a store's URL");
        return Ok(Arc::new(Folder(place.into())));
    };
    let variables = env::vars().map(|(name, value)| (name.to_ascii_lowercase(), value));
    let (store, prefix) = parse_url_opts(&url, variables).with_context(|| format!("originals = {place:?}"))?;
    let store: Arc<dyn ::object_store::ObjectStore> = Arc::new(PrefixStore::new(store, prefix));
    Ok(Arc::new(ObjectStore::new(|_| Arc::clone(&store))))
}

/// A store, and another one that is asked for the originals that are not in it. The other one is never written to.
pub(crate) struct Sources {
    /// Everything that is kept here.
    pub(crate) store: Arc<dyn Store>,
    /// More originals.
    pub(crate) originals: Arc<dyn Store>,
}

/// Whether it is an original that the store has not.
fn missing<T>(found: &Result<T, StoreError>, object: &ObjectKey) -> bool {
    matches!(found, Err(StoreError::NotFound)) && object.bucket == Bucket::Raw
}

#[async_trait]
impl Store for Sources {
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError> {
        let found = self.store.get(object, get).await;
        if missing(&found, object) { self.originals.get(object, get).await } else { found }
    }

    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError> {
        let found = self.store.head(object).await;
        if missing(&found, object) { self.originals.head(object).await } else { found }
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        self.store.put(object).await
    }

    async fn list(&self, prefix: &ObjectKey) -> Result<Vec<String>, StoreError> {
        self.store.list(prefix).await
    }

    async fn delete(&self, object: &ObjectKey) -> Result<(), StoreError> {
        self.store.delete(object).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use darkroom_delivery::store::{Memory, conformance};

    use super::*;

    #[tokio::test]
    async fn a_store_with_more_originals_is_a_store() {
        conformance::check(&Sources { store: Arc::new(Memory::default()), originals: Arc::new(Memory::default()) })
            .await;
    }

    #[tokio::test]
    async fn the_stores_own_come_first() {
        let original = |key: &str, bytes: &'static [u8]| NewObject {
            object: ObjectKey { bucket: Bucket::Raw, key: key.into() },
            bytes: bytes.into(),
            content_type: "",
            cache_control: "",
            metadata: BTreeMap::new(),
        };
        let (store, originals) = (Arc::new(Memory::default()), Arc::new(Memory::default()));
        for (key, bytes) in [("both.jpg", &b"far"[..]), ("far.jpg", b"far")] {
            originals.put(original(key, bytes)).await.expect("put");
        }
        store.put(original("both.jpg", b"own")).await.expect("put");
        let sources = Sources { store, originals: Arc::<Memory>::clone(&originals) };
        for (bucket, key, expected) in [
            (Bucket::Raw, "both.jpg", Some("own")),
            (Bucket::Raw, "far.jpg", Some("far")),
            (Bucket::Raw, "none.jpg", None),
            (Bucket::Processed, "far.jpg", None),
        ] {
            let object = ObjectKey { bucket, key: key.into() };
            let found = sources.get(&object, Get::newest(9)).await.ok().map(|found| found.bytes);
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{bucket:?} {key}");
            assert_eq!(sources.exists(&object).await, Ok(expected.is_some()), "{bucket:?} {key}");
        }
        sources.delete(&ObjectKey { bucket: Bucket::Raw, key: "far.jpg".into() }).await.expect("deleted");
        assert!(originals.written(&ObjectKey { bucket: Bucket::Raw, key: "far.jpg".into() }).is_some());
    }
}
