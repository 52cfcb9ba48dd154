//! Any store that the crate `object_store` knows: Google's, Azure's, WebDAV, a disk, memory.

use std::sync::Arc;

use async_trait::async_trait;
use darkroom_delivery::origin::collect;
use darkroom_delivery::store::{Get, Head, NewObject, Object, Store, StoreError};
use darkroom_delivery::{Bucket, ObjectKey};
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Attribute, Attributes, Error, GetOptions, GetResult, ObjectStoreExt, PutOptions};
use percent_encoding::percent_decode_str;

/// Three buckets in stores of the crate `object_store`.
pub(crate) struct ObjectStore {
    raw: Arc<dyn object_store::ObjectStore>,
    processed: Arc<dyn object_store::ObjectStore>,
    thumbnails: Arc<dyn object_store::ObjectStore>,
}

impl ObjectStore {
    /// Of a store for each bucket.
    pub(crate) fn new(bucket: impl Fn(Bucket) -> Arc<dyn object_store::ObjectStore>) -> Self {
        Self { raw: bucket(Bucket::Raw), processed: bucket(Bucket::Processed), thumbnails: bucket(Bucket::Thumbnails) }
    }

    fn of(&self, object: &ObjectKey) -> &dyn object_store::ObjectStore {
        match object.bucket {
            Bucket::Raw => &*self.raw,
            Bucket::Processed => &*self.processed,
            Bucket::Thumbnails => &*self.thumbnails,
        }
    }

    async fn open(&self, object: &ObjectKey, options: GetOptions) -> Result<GetResult, StoreError> {
        self.of(object).get_opts(&path(&object.key)?, options).await.map_err(failed)
    }
}

#[async_trait]
impl Store for ObjectStore {
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError> {
        let version = get.version.map(str::to_owned);
        let found = self.open(object, GetOptions { version, ..GetOptions::default() }).await?;
        let (head, length) = (head(&found), found.meta.size);
        if get.if_match.is_some_and(|etag| etag != head.etag) {
            return Err(StoreError::Changed);
        }
        let content = found.into_stream().map_err(failed).boxed();
        Ok(Object { bytes: collect(content, length, get.limit).await?, head })
    }

    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError> {
        Ok(head(&self.open(object, GetOptions { head: true, ..GetOptions::default() }).await?))
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        let NewObject { object, bytes, content_type, cache_control, metadata } = object;
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::ContentType, content_type.into());
        attributes.insert(Attribute::CacheControl, cache_control.into());
        for (name, value) in metadata {
            attributes.insert(Attribute::Metadata(name.into()), value.into());
        }
        let options = PutOptions { attributes, ..PutOptions::default() };
        self.of(&object).put_opts(&path(&object.key)?, bytes.into(), options).await.map_err(failed)?;
        Ok(())
    }

    async fn delete(&self, object: &ObjectKey) -> Result<(), StoreError> {
        match self.of(object).delete(&path(&object.key)?).await.map_err(failed) {
            Err(StoreError::NotFound) => Ok(()),
            other => other,
        }
    }

    /// That crate lists by whole segments of a path.
    async fn list(&self, prefix: &ObjectKey) -> Result<Vec<String>, StoreError> {
        let folder = prefix.key.rsplit_once('/').map(|(folder, _)| path(folder)).transpose()?;
        let mut found = self.of(prefix).list(folder.as_ref());
        let mut keys = Vec::new();
        while let Some(object) = found.try_next().await.map_err(failed)? {
            let key = key(&object.location);
            if key.starts_with(&prefix.key) {
                keys.push(key);
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }
}

/// That crate encodes what some stores don't take, and drops empty segments: two keys must not become one path.
fn path(of: &str) -> Result<Path, StoreError> {
    let path = Path::from(of);
    if key(&path) == of { Ok(path) } else { Err(StoreError::NotFound) }
}

fn key(path: &Path) -> String {
    percent_decode_str(path.as_ref()).decode_utf8_lossy().into_owned()
}

fn head(found: &GetResult) -> Head {
    let attribute = |name: &Attribute| found.attributes.get(name).map(|value| value.to_string());
    let metadata = found.attributes.iter().filter_map(|(name, value)| match name {
        Attribute::Metadata(name) => Some((name.to_ascii_lowercase(), value.to_string())),
        _ => None,
    });
    Head {
        etag: found.meta.e_tag.as_deref().map(darkroom_delivery::origin::opaque_tag).unwrap_or_default(),
        content_type: attribute(&Attribute::ContentType).unwrap_or_default(),
        metadata: metadata.collect(),
        last_modified: u64::try_from(found.meta.last_modified.timestamp()).ok(),
    }
}

fn failed(error: Error) -> StoreError {
    match error {
        Error::NotFound { .. } => StoreError::NotFound,
        Error::Precondition { .. } => StoreError::Changed,
        Error::InvalidPath { .. } | Error::NotImplemented { .. } | Error::NotSupported { .. } => {
            StoreError::Refused("this store can't do it".into())
        }
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            StoreError::Refused("the store denies access".into())
        }
        // Its text may name a key.
        _ => StoreError::Unavailable("the store failed".into()),
    }
}

#[cfg(test)]
mod tests {
    use darkroom_delivery::store::conformance;
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn a_store_of_that_crate_is_a_store() {
        conformance::check(&ObjectStore::new(|_| Arc::new(InMemory::new()))).await;
    }

    #[tokio::test]
    async fn no_two_keys_are_one_path() {
        let store = ObjectStore::new(|_| Arc::new(InMemory::new()));
        for key in ["a//b", "/a", "a/"] {
            let object = ObjectKey { bucket: Bucket::Raw, key: key.into() };
            assert_eq!(store.get(&object, Get::newest(1)).await, Err(StoreError::NotFound), "{key}");
        }
    }
}
