//! An S3 server's objects in a folder: their bytes in files, all else in SQLite. An object, what is known about it and
//! its place in the queue appear in one transaction, so that no reader and no restart meets a half of them.
//!
//! s3s-fs, which tests use, keeps metadata in files of their own beside the object's: they can be of two writes, and
//! their names hold the whole key, of which a file system takes some 150 bytes. Keys here have up to 1,024.

mod blobs;
mod index;
mod list;
mod multipart;
mod s3;
mod sums;

use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use rusqlite::Connection;
use tokio::task::spawn_blocking;

pub(crate) use index::{Attributes, Object};

use blobs::Blobs;

/// The objects and the queues. Clones are the same store.
#[derive(Clone)]
pub(crate) struct Store {
    index: Arc<Mutex<Connection>>,
    blobs: Blobs,
    /// Held for as long as the folder is in use.
    _lock: Arc<File>,
    limits: Arc<Limits>,
    /// Hears of each new original.
    noticed: Noticed,
}

/// Is told of each new original, once it is queued.
pub(crate) type Noticed = Arc<dyn Fn(&Object) + Send + Sync>;

/// What the store takes.
pub(crate) struct Limits {
    /// The three buckets.
    pub(crate) buckets: [String; 3],
    /// Whose new objects are queued: the first of them.
    pub(crate) raw: String,
    /// Of an object, in bytes.
    pub(crate) bytes: u64,
}

impl Store {
    /// Opens the folder, or makes it, and removes what a killed process left behind.
    pub(crate) fn open(folder: &Path, limits: Limits, noticed: Noticed) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let lock = File::create(folder.join("lock"))?;
        lock.try_lock().with_context(|| format!("{} is in use by another process", folder.display()))?;
        let mut connection = index::open(&folder.join("index.sqlite"))?;
        let blobs = Blobs::open(&folder.join("objects"))?;
        blobs.sweep(&index::files(&mut connection)?)?;
        let (index, limits) = (Arc::new(Mutex::new(connection)), Arc::new(limits));
        Ok(Self { index, blobs, _lock: Arc::new(lock), limits, noticed })
    }

    /// Works with the index, on a thread that may wait for the disk.
    pub(crate) async fn index<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, IndexError> {
        let index = Arc::clone(&self.index);
        let done = spawn_blocking(move || work(&mut index.lock().unwrap_or_else(PoisonError::into_inner)));
        done.await.map_err(|error| IndexError(error.to_string()))?.map_err(|error| IndexError(error.to_string()))
    }
}

/// The index can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the store's index: {0}")]
pub(crate) struct IndexError(String);
