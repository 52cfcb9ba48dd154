use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{Get, Head, NewObject, Object, Store, StoreError};
use crate::{ObjectKey, content_etag};

/// A store in memory, for tests.
#[derive(Debug, Default)]
pub struct Memory {
    objects: Mutex<BTreeMap<ObjectKey, NewObject>>,
    /// Objects whose reads and writes fail.
    broken: Mutex<BTreeSet<ObjectKey>>,
}

/// The modification time of everything in it: it has no clock.
const WRITTEN: u64 = 1000;

impl Memory {
    /// From now on every call about this object fails.
    pub fn shatter(&self, object: ObjectKey) {
        lock(&self.broken).insert(object);
    }

    /// The object written under this key.
    #[must_use]
    pub fn written(&self, object: &ObjectKey) -> Option<NewObject> {
        lock(&self.objects).get(object).cloned()
    }

    fn about(&self, object: &ObjectKey) -> Result<MutexGuard<'_, BTreeMap<ObjectKey, NewObject>>, StoreError> {
        let broken = lock(&self.broken).contains(object);
        if broken { Err(StoreError::Unavailable("down".into())) } else { Ok(lock(&self.objects)) }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn head(object: &NewObject) -> Head {
    Head {
        etag: content_etag(&object.bytes),
        content_type: object.content_type.to_owned(),
        metadata: object.metadata.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        last_modified: Some(WRITTEN),
    }
}

#[cfg_attr(target_family = "wasm", async_trait(?Send))]
#[cfg_attr(not(target_family = "wasm"), async_trait)]
impl Store for Memory {
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError> {
        let object = self.about(object)?.get(object).cloned().ok_or(StoreError::NotFound)?;
        let head = head(&object);
        if get.if_match.is_some_and(|etag| etag != head.etag) {
            return Err(StoreError::Changed);
        }
        get.check(object.bytes.len() as u64)?;
        Ok(Object { bytes: object.bytes, head })
    }

    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError> {
        self.about(object)?.get(object).map(head).ok_or(StoreError::NotFound)
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        self.about(&object.object)?.insert(object.object.clone(), object);
        Ok(())
    }

    async fn delete(&self, object: &ObjectKey) -> Result<(), StoreError> {
        self.about(object)?.remove(object);
        Ok(())
    }

    async fn list(&self, prefix: &ObjectKey) -> Result<Vec<String>, StoreError> {
        let objects = self.about(prefix)?;
        let of = |object: &&ObjectKey| object.bucket == prefix.bucket && object.key.starts_with(&prefix.key);
        Ok(objects.keys().filter(of).map(|object| object.key.clone()).collect())
    }
}
