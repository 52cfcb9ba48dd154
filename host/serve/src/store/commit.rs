//! Writes. The index and the files change together, on a thread that goes on whoever goes away: a client
//! that leaves while its upload is committed neither loses it nor leaves a half of it.

use darkroom_delivery::UploadKey;
use rusqlite::Connection;

use super::blobs::{Blob, Draft};
use super::index::{self, Attributes, Condition, Deleted, Object};
use super::label::Label;
use super::renditions::Evicted;
use super::{Error, Store};
use crate::metrics::METRICS;

/// What became of a write.
enum Written {
    Done,
    /// The condition is not met: nothing has changed.
    Refused,
    /// It was derived from an original that is gone.
    Orphan,
    /// It is a rendition, and too many others would have to go at one time. They went; one more try may find room.
    NoRoom,
}

impl Store {
    /// From now on `object` is there, with the bytes of `draft`, and queued where it is an upload.
    ///
    /// # Errors
    /// `condition` is not met, or there is no room, or the index can't be written.
    pub(super) async fn commit(
        &self,
        bucket: String,
        object: Object,
        draft: Draft,
        condition: Condition,
    ) -> Result<(), Error> {
        let blob = draft.finish(Label::of(&bucket, &object)).await?;
        let object = Object { length: blob.length, ..object };
        if self.renditions.first_use(&bucket, &object).is_some() && !self.renditions.fits(object.length) {
            METRICS.refused();
            return Err(Error::TooLarge("it is larger than limits.rendition_bytes".into()));
        }
        let store = self.clone();
        match self.index(move |index| store.put(index, &bucket, &object, blob, &condition)).await? {
            Written::Done => Ok(()),
            Written::Refused => Err(Error::Condition),
            Written::Orphan => Err(Error::NotFound),
            Written::NoRoom => {
                METRICS.refused();
                Err(Error::NoRoom)
            }
        }
    }

    fn put(
        &self,
        index: &mut Connection,
        bucket: &str,
        object: &Object,
        blob: Blob,
        condition: &Condition,
    ) -> rusqlite::Result<Written> {
        let transaction = index.transaction()?;
        if !condition.is_met(index::object(&transaction, bucket, &object.key)?.as_ref()) {
            return Ok(Written::Refused);
        }
        let tag = self.renditions.rules.tag(bucket, &object.key, &object.attributes);
        let raw = &self.limits.buckets.raw;
        if matches!(condition, Condition::Derived) && bucket != raw && is_of_upload(&object.key, &tag) {
            // It may have been deleted while this was made of it.
            if !index::has_original(&transaction, raw, &tag)? {
                return Ok(Written::Orphan);
            }
        }
        let mut replaced: Vec<Deleted> = index::delete(&transaction, bucket, &object.key)?.into_iter().collect();
        let used = self.renditions.first_use(bucket, object);
        let evicted = match used {
            Some(_) => self.renditions.make_room(&transaction, object.length, replaced.first())?,
            None => Evicted::none(),
        };
        let queued = bucket == raw && object.key.parse::<UploadKey>().is_ok();
        if evicted.enough {
            index::put(&transaction, bucket, object, used, &tag)?;
        }
        if bucket == raw && !replaced.is_empty() && !tag.is_empty() {
            replaced.extend(index::delete_derived(&transaction, raw, &tag)?);
        }
        if queued {
            index::queue(&transaction, object)?;
        }
        let gone = replaced.iter().map(|replaced| &replaced.file).chain(&evicted.files);
        let gone = self.blobs.withdraw(gone.cloned().collect());
        transaction.commit()?;
        if evicted.enough {
            blob.keep();
            self.blobs.settle(&object.file);
        }
        gone.discard();
        self.renditions.changed(&evicted, used.filter(|_| evicted.enough).map(|_| object.length), &replaced);
        if queued {
            (self.noticed)(object);
        }
        Ok(if evicted.enough { Written::Done } else { Written::NoRoom })
    }

    /// Removes renditions that are too much. Whether there may be more of them.
    pub(super) fn shrink(&self, index: &mut Connection) -> rusqlite::Result<bool> {
        let transaction = index.transaction()?;
        let evicted = self.renditions.make_room(&transaction, 0, None)?;
        let gone = self.blobs.withdraw(evicted.files.clone());
        transaction.commit()?;
        gone.discard();
        self.renditions.changed(&evicted, None, []);
        Ok(!evicted.enough && !evicted.files.is_empty())
    }
}

/// Whether it is derived from an upload, which has to be here. Other originals may be elsewhere, and are looked for whenever a
/// rendition of them is.
fn is_of_upload(key: &str, tag: &str) -> bool {
    !tag.is_empty() && (!key.starts_with("variants/") || key.starts_with("variants/uploads/"))
}

/// An object that is there from now on.
pub(super) fn new_object(key: String, blob: &Blob, etag: String, attributes: Attributes) -> Object {
    let modified = darkroom_host::clock::seconds();
    let Blob { file, size, length, md5, .. } = blob;
    let (file, md5) = (file.clone(), Some(md5.clone()));
    Object { key, file, size: *size, length: *length, etag, md5, modified, attributes, rendition: false }
}
