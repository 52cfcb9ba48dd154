//! Writes and deletions. The index and the files change together, on a thread that goes on whoever goes away: a client
//! that leaves while its upload is committed neither loses it nor leaves a half of it.

use darkroom_delivery::UploadKey;
use rusqlite::Connection;
use s3s::{S3Result, s3_error};

use super::Store;
use super::blobs::Blob;
use super::index::{self, Condition, Object};

impl Store {
    /// From now on `object` is there, with the bytes of `blob`, and queued where it is an upload.
    ///
    /// # Errors
    /// `condition` is not met, or the index can't be written: nothing has changed.
    pub(super) async fn commit(
        &self,
        bucket: String,
        object: Object,
        blob: Blob,
        condition: Condition,
    ) -> S3Result<()> {
        let store = self.clone();
        if self.index(move |index| store.put(index, &bucket, &object, blob, &condition)).await? {
            Ok(())
        } else {
            Err(s3_error!(PreconditionFailed))
        }
    }

    /// Whether the condition is met, and the object written.
    fn put(
        &self,
        index: &mut Connection,
        bucket: &str,
        object: &Object,
        blob: Blob,
        condition: &Condition,
    ) -> rusqlite::Result<bool> {
        let queued = bucket == self.limits.raw && object.key.parse::<UploadKey>().is_ok();
        let transaction = index.transaction()?;
        let there = index::object(&transaction, bucket, &object.key)?;
        if !condition.is_met(there.as_ref()) {
            return Ok(false);
        }
        index::put(&transaction, bucket, object)?;
        if queued {
            index::queue(&transaction, object)?;
        }
        let replaced = self.blobs.withdraw(there.into_iter().map(|there| there.file).collect());
        transaction.commit()?;
        blob.keep();
        self.blobs.settle(&object.file);
        replaced.discard();
        if queued {
            (self.noticed)(object);
        }
        Ok(true)
    }

    /// Deletes an object. One that is not there is deleted already.
    pub(super) async fn delete(&self, bucket: String, key: String) -> S3Result<()> {
        let store = self.clone();
        self.index(move |index| store.remove(index, &bucket, &key)).await?;
        Ok(())
    }

    fn remove(&self, index: &mut Connection, bucket: &str, key: &str) -> rusqlite::Result<()> {
        let transaction = index.transaction()?;
        let removed = self.blobs.withdraw(index::delete(&transaction, bucket, key)?.into_iter().collect());
        transaction.commit()?;
        removed.discard();
        Ok(())
    }
}
