//! Objects in a folder: their bytes in files, all else in SQLite. An object, what is known about it and
//! its place in the queue appear in one transaction, so that no reader and no restart meets a half of them.
//!
//! s3s-fs, which tests use, keeps metadata in files of their own beside the object's: they can be of two writes, and
//! their names hold the whole key, of which a file system takes some 150 bytes. Keys here have up to 1,024.

mod blobs;
pub(crate) mod check;
mod checksums;
mod commit;
mod content;
mod deletion;
mod disk;
mod error;
mod folder;
mod index;
mod label;
mod list;
mod multipart;
mod names;
mod port;
mod renditions;
mod s3;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use darkroom_host::objects::Buckets;
use rusqlite::Connection;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;

pub(crate) use content::content;
pub(crate) use error::{Error, IndexError};
pub(crate) use index::{Attributes, Object, fresh};
pub(crate) use renditions::Rules;

use blobs::Blobs;
use disk::Disk;
use folder::Folder;
use renditions::Renditions;

/// The objects and the queues. Clones are the same store.
#[derive(Clone)]
pub(crate) struct Store {
    index: Arc<Mutex<Connection>>,
    blobs: Blobs,
    /// Nobody else's for as long as it is in use.
    _folder: Arc<Folder>,
    limits: Arc<Limits>,
    renditions: Arc<Renditions>,
    /// Tells that something is to be done about a deletion.
    deleted: Arc<Notify>,
    /// Hears of each new original.
    noticed: Noticed,
}

/// Is told of each new original, once it is queued.
pub(crate) type Noticed = Arc<dyn Fn(&Object) + Send + Sync>;

/// What the store takes.
pub(crate) struct Limits {
    /// The three buckets.
    pub(crate) buckets: Buckets,
    /// Of an object, in bytes.
    pub(crate) bytes: u64,
    /// Bytes of the disk that stay free.
    pub(crate) free: u64,
}

impl Store {
    /// Opens the folder, or makes it, and ends what a killed process was at.
    ///
    /// # Errors
    /// The folder is not a server's, is in use, or lacks what belongs to it.
    pub(crate) fn open(path: &Path, limits: Limits, rules: Rules, noticed: Noticed) -> anyhow::Result<Self> {
        Self::open_folder(path, limits, rules, noticed).with_context(|| path.display().to_string())
    }

    fn open_folder(path: &Path, limits: Limits, rules: Rules, noticed: Noticed) -> anyhow::Result<Self> {
        let folder = Folder::claim(path)?;
        let blobs = folder.blobs(limits.free)?;
        let connection = folder.index(&blobs, &rules)?;
        end_unfinished(&blobs, &connection)?;
        let renditions = Arc::new(Renditions::open(rules, &connection)?);
        let (index, limits) = (Arc::new(Mutex::new(connection)), Arc::new(limits));
        let (deleted, folder) = (Arc::new(Notify::new()), Arc::new(folder));
        let store = Self { index, blobs, _folder: folder, limits, renditions, deleted, noticed };
        while store.shrink(&mut store.lock())? {}
        Ok(store)
    }

    /// Whether there is room on the disk, and how much.
    pub(crate) fn disk(&self) -> &Disk {
        self.blobs.disk()
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // What a panic leaves half done is rolled back.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works with the index, on a thread that may wait for the disk.
    pub(crate) async fn index<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, IndexError> {
        let store = self.clone();
        let done = spawn_blocking(move || work(&mut store.lock()));
        let crashed = |error: tokio::task::JoinError| IndexError { why: error.to_string(), full: false };
        Ok(done.await.map_err(crashed)??)
    }
}

/// Files in `incoming` go where the index says, or go altogether.
fn end_unfinished(blobs: &Blobs, connection: &Connection) -> anyhow::Result<()> {
    let mut incoming = blobs.incoming()?;
    if incoming.is_empty() {
        return Ok(());
    }
    let found = incoming.len();
    index::files(connection, |file| {
        if incoming.remove(file) {
            blobs.settle(file);
        }
    })?;
    incoming.iter().for_each(|file| blobs.discard(file));
    tracing::info!(kept = found - incoming.len(), removed = incoming.len(), "files of what was not finished");
    Ok(())
}

/// A name that nobody has: 32 hexadecimal digits.
fn random() -> io::Result<String> {
    let number = || getrandom::u64().map_err(|error| io::Error::other(error.to_string()));
    Ok(format!("{:016x}{:016x}", number()?, number()?))
}

#[cfg(test)]
mod tests;
