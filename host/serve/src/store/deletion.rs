//! Deleting. With an original goes all that was derived from it, whatever preset or variant it is, by its tag: in one
//! transaction with the original. What is elsewhere, such as its item, goes after that; until then the deletion is noted
//! in the index, so that the next start ends what a killed process was at.

use darkroom_delivery::UploadKey;
use rusqlite::{Connection, OptionalExtension, params};

use super::index::{self, Attributes, Deleted};
use super::renditions::Evicted;
use super::{Error, Store};

impl Store {
    /// Deletes an object; with an original, all that was derived from it, and its places in the queues. One that is not
    /// there is deleted already; what is left of it goes all the same.
    pub(crate) async fn remove_object(&self, bucket: String, key: String) -> Result<(), Error> {
        let store = self.clone();
        self.index(move |index| store.remove(index, &bucket, &key)).await?;
        Ok(())
    }

    fn remove(&self, index: &mut Connection, bucket: &str, key: &str) -> rusqlite::Result<()> {
        let transaction = index.transaction()?;
        let mut deleted: Vec<Deleted> = index::delete(&transaction, bucket, key)?.into_iter().collect();
        let original = bucket == self.limits.buckets.raw;
        if original {
            let tag = self.renditions.rules.tag(bucket, key, &Attributes::default());
            if !tag.is_empty() {
                deleted.extend(index::delete_derived(&transaction, bucket, &tag)?);
            }
            if !deleted.is_empty() || key.parse::<UploadKey>().is_ok() {
                index::delete_notes(&transaction, key)?;
            }
        }
        let gone = self.blobs.withdraw(deleted.iter().map(|deleted| deleted.file.clone()).collect());
        transaction.commit()?;
        gone.discard();
        self.renditions.changed(&Evicted::none(), None, &deleted);
        if original {
            self.deleted.notify_one();
        }
        Ok(())
    }

    /// Whoever works on an original calls this when it is done: one that was deleted meanwhile is deleted once more, with
    /// what was made of it since.
    pub(crate) async fn settle(&self, key: String) -> Result<(), Error> {
        let (store, raw) = (self.clone(), self.limits.buckets.raw.clone());
        self.index(move |index| match index::object(index, &raw, &key)? {
            Some(_) => Ok(()),
            None => store.remove(index, &raw, &key),
        })
        .await?;
        Ok(())
    }

    /// Waits for an original that is gone, and of which something may be left elsewhere.
    pub(crate) async fn next_deletion(&self) -> Result<String, Error> {
        loop {
            let next = |index: &mut Connection| {
                index.query_row("SELECT key FROM deletions LIMIT 1", [], |row| row.get(0)).optional()
            };
            if let Some(key) = self.index(next).await? {
                return Ok(key);
            }
            self.deleted.notified().await;
        }
    }

    /// Nothing is left of it.
    pub(crate) async fn end_deletion(&self, key: String) -> Result<(), Error> {
        self.index(move |index| index.execute("DELETE FROM deletions WHERE key = ?1", [key])).await?;
        Ok(())
    }

    /// Deletes uploads that came before this time, in seconds since 1970. Says how many.
    pub(crate) async fn expire(&self, before: u64) -> Result<usize, Error> {
        let raw = self.limits.buckets.raw.clone();
        let old = self.index(move |index| {
            let sql = "SELECT key FROM objects WHERE bucket = ?1 AND modified < ?2";
            let mut statement = index.prepare(sql)?;
            let keys = statement.query_map(params![raw, before], |row| row.get(0))?;
            keys.collect::<rusqlite::Result<Vec<String>>>()
        });
        let old: Vec<String> = old.await?.into_iter().filter(|key| key.parse::<UploadKey>().is_ok()).collect();
        for key in &old {
            self.remove_object(self.limits.buckets.raw.clone(), key.clone()).await?;
        }
        Ok(old.len())
    }
}
