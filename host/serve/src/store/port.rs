//! The store as delivery and the pipeline know it. No protocol stands in between: what S3 clients reach is the same objects
//! by another door.

use std::io::{self, Read};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use darkroom_delivery::hex;
use darkroom_delivery::store::{Get, Head, NewObject, Object, Store as Port, StoreError};
use darkroom_delivery::{Bucket, ObjectKey};
use futures_util::stream;
use s3s::crypto::{Checksum as _, Md5};
use tokio::fs::File;
use tokio::task::spawn_blocking;

use super::commit::new_object;
use super::index::{self, Condition};
use super::{Attributes, Error, Object as Stored, Store};

impl Store {
    /// An object without its bytes.
    ///
    /// # Errors
    /// There is none, or the index can't be read.
    pub(crate) async fn stored(&self, bucket: &str, key: &str) -> Result<Stored, Error> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.index(move |index| index::object(index, &bucket, &key)).await?.ok_or(Error::NotFound)
    }

    /// An object, and the file that begins with its bytes.
    ///
    /// # Errors
    /// There is none, or the disk fails.
    pub(crate) async fn open_object(&self, bucket: &str, key: &str) -> Result<(Stored, File), Error> {
        // Replaced between the two steps, the file is another one; once more finds that.
        let mut object = self.stored(bucket, key).await?;
        let mut file = self.blobs.read(&object.file).await;
        if file.is_err() {
            object = self.stored(bucket, key).await?;
            file = self.blobs.read(&object.file).await;
        }
        let file = file?;
        if object.rendition && self.renditions.note(bucket, key) {
            let renditions = Arc::clone(&self.renditions);
            self.index(move |index| renditions.write_uses(index)).await?;
        }
        Ok((object, file))
    }

    /// The name of one of the three.
    pub(crate) fn bucket(&self, bucket: Bucket) -> &str {
        self.limits.buckets.name(bucket)
    }
}

#[async_trait]
impl Port for Store {
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError> {
        let (stored, file) = self.open_object(self.bucket(object.bucket), &object.key).await?;
        if get.if_match.is_some_and(|etag| etag != stored.etag) {
            return Err(StoreError::Changed);
        }
        get.check(stored.size)?;
        Ok(Object { bytes: whole(&stored, file).await?, head: Head::from(&stored) })
    }

    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError> {
        let stored = self.stored(self.bucket(object.bucket), &object.key).await?;
        Ok(Head::from(&stored))
    }

    async fn put(&self, object: NewObject) -> Result<(), StoreError> {
        let NewObject { object, bytes, content_type, cache_control, metadata } = object;
        let metadata = metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let attributes = Attributes {
            content_type: Some(content_type.to_owned()),
            cache_control: Some(cache_control.to_owned()),
            metadata: Some(metadata),
            ..Attributes::default()
        };
        let chunks = stream::iter([Ok::<_, String>(bytes)]);
        let draft = self.blobs.write(chunks, self.limits.bytes, |_| ()).await.map_err(Error::from)?;
        let new = new_object(object.key, draft.blob(), draft.blob().md5.clone(), attributes);
        Ok(self.commit(self.bucket(object.bucket).to_owned(), new, draft, Condition::Derived).await?)
    }

    async fn delete(&self, object: &ObjectKey) -> Result<(), StoreError> {
        Ok(self.remove_object(self.bucket(object.bucket).to_owned(), object.key.clone()).await?)
    }

    fn deletes_derived(&self) -> bool {
        true
    }

    async fn list(&self, prefix: &ObjectKey) -> Result<Vec<String>, StoreError> {
        let (bucket, prefix) = (self.bucket(prefix.bucket).to_owned(), prefix.key.clone());
        let objects = self.index(move |index| index::objects(index, &bucket, &prefix, "", usize::MAX >> 1));
        Ok(objects.await.map_err(Error::from)?.into_iter().map(|object| object.key).collect())
    }
}

/// All bytes of an object, if they are those that were stored.
async fn whole(stored: &Stored, file: File) -> Result<Bytes, Error> {
    let (file, size, expected) = (file.into_std().await, stored.size, stored.md5.clone());
    let read = spawn_blocking(move || {
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.take(size).read_to_end(&mut bytes)?;
        let intact = bytes.len() as u64 == size && expected.is_none_or(|expected| expected == md5(&bytes));
        Ok::<_, io::Error>(intact.then_some(bytes))
    });
    let bytes = read.await.map_err(io::Error::other)??;
    bytes.map(Bytes::from).ok_or_else(|| Error::Damaged(stored.file.clone()))
}

/// In hexadecimal digits.
fn md5(bytes: &[u8]) -> String {
    let mut md5 = Md5::new();
    md5.update(bytes);
    hex(&md5.finalize())
}

impl From<&Stored> for Head {
    fn from(stored: &Stored) -> Self {
        let Attributes { content_type, metadata, .. } = &stored.attributes;
        Self {
            etag: stored.etag.clone(),
            content_type: content_type.clone().unwrap_or_default(),
            metadata: metadata.iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect(),
            last_modified: Some(stored.modified),
        }
    }
}
