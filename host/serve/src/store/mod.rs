//! An S3 server's objects in a folder: their bytes in files, all else in SQLite. An object, what is known about it and
//! its place in the queue appear in one transaction, so that no reader and no restart meets a half of them.
//!
//! s3s-fs, which tests use, keeps metadata in files of their own beside the object's: they can be of two writes, and
//! their names hold the whole key, of which a file system takes some 150 bytes. Keys here have up to 1,024.

mod blobs;
mod commit;
mod folder;
mod index;
mod list;
mod multipart;
mod names;
mod s3;
mod sums;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use rusqlite::Connection;
use tokio::task::spawn_blocking;

pub(crate) use index::{Attributes, Object};

use blobs::Blobs;
use folder::Folder;

/// The objects and the queues. Clones are the same store.
#[derive(Clone)]
pub(crate) struct Store {
    index: Arc<Mutex<Connection>>,
    blobs: Blobs,
    /// Nobody else's for as long as it is in use.
    _folder: Arc<Folder>,
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
    /// Opens the folder, or makes it, and ends what a killed process was at.
    ///
    /// # Errors
    /// The folder is not a server's, is in use, or lacks what belongs to it.
    pub(crate) fn open(path: &Path, limits: Limits, noticed: Noticed) -> anyhow::Result<Self> {
        let (folder, blobs, connection) = Self::claim(path).with_context(|| path.display().to_string())?;
        let index = Arc::new(Mutex::new(connection));
        Ok(Self { index, blobs, _folder: Arc::new(folder), limits: Arc::new(limits), noticed })
    }

    fn claim(path: &Path) -> anyhow::Result<(Folder, Blobs, Connection)> {
        let folder = Folder::claim(path)?;
        let blobs = folder.blobs()?;
        let connection = folder.index(&blobs)?;
        end_unfinished(&blobs, &connection)?;
        Ok((folder, blobs, connection))
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

/// The index can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the store's index: {0}")]
pub(crate) struct IndexError(String);

/// A name that nobody has: 32 hexadecimal digits.
fn random() -> io::Result<String> {
    let number = || getrandom::u64().map_err(|error| io::Error::other(error.to_string()));
    Ok(format!("{:016x}{:016x}", number()?, number()?))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use bytes::Bytes;
    use futures_util::stream;
    use tempfile::TempDir;
    use tokio::io::AsyncReadExt;
    use tokio::runtime::Runtime;

    use super::index::Condition;
    use super::s3::new_object;
    use super::*;

    const RAW: &str = "raw";

    fn open(place: &TempDir) -> anyhow::Result<Store> {
        let buckets = [RAW, "processed", "thumbnails"].map(str::to_owned);
        Store::open(place.path(), Limits { buckets, raw: RAW.into(), bytes: 1000 }, Arc::new(|_| ()))
    }

    /// Puts an object as S3 clients do. Returns its file.
    async fn put(store: &Store, key: &str, bytes: &'static str, condition: Condition) -> Result<String, String> {
        let chunks = stream::iter([Ok::<_, String>(Bytes::from_static(bytes.as_bytes()))]);
        let Ok(blob) = store.blobs.write(chunks, 1000, |_| ()).await else { return Err("no blob".into()) };
        let object = new_object(key.into(), &blob, blob.md5.clone(), Attributes::default());
        let file = object.file.clone();
        store.commit(RAW.into(), object, blob, condition).await.map_err(|error| error.to_string())?;
        Ok(file)
    }

    async fn read(store: &Store, file: &str) -> String {
        let mut text = String::new();
        store.blobs.read(file).await.expect("a file").read_to_string(&mut text).await.expect("text");
        text
    }

    fn places(place: &TempDir, file: &str) -> [PathBuf; 2] {
        [place.path().join("objects").join(&file[..2]).join(file), place.path().join("incoming").join(file)]
    }

    /// Each state that a kill can leave, made by hand.
    #[test]
    fn a_start_ends_what_was_not_finished_and_touches_nothing_else() {
        let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
        let store = open(&place).expect("a store");
        let [kept, settling] =
            ["kept", "settling"].map(|key| runtime.block_on(put(&store, key, key, Condition::None)).expect("put"));
        drop(store);
        let [in_objects, in_incoming] = places(&place, &settling);
        fs::rename(&in_objects, &in_incoming).expect("as a kill before the move leaves it");
        let unfinished = place.path().join("incoming").join("0123456789abcdef0123456789abcdef");
        fs::write(&unfinished, "half").expect("as a kill before the commit leaves it");
        // None of the server's business, wherever it is.
        let elsewhere = TempDir::new().expect("a folder");
        fs::write(elsewhere.path().join("0123456789abcdef0123456789abcdef"), "a").expect("written");
        let strangers =
            ["objects/.DS_Store", "objects/chairs/chair.obj", "objects/lost+found/x/y", "incoming/note.txt"];
        for stranger in strangers {
            let path = place.path().join(stranger);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, "a").expect("written");
        }
        symlink(elsewhere.path(), place.path().join("objects/ab")).expect("linked");
        symlink(elsewhere.path(), place.path().join("incoming/cd")).expect("linked");

        let store = open(&place).expect("a store");
        assert!(in_objects.exists() && !in_incoming.exists() && !unfinished.exists());
        assert_eq!(runtime.block_on(read(&store, &kept)), "kept");
        assert_eq!(runtime.block_on(read(&store, &settling)), "settling");
        assert!(strangers.iter().all(|stranger| place.path().join(stranger).exists()));
        assert_eq!(fs::read_dir(elsewhere.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn an_object_is_read_wherever_its_file_is() {
        let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
        let store = open(&place).expect("a store");
        let file = runtime.block_on(put(&store, "a", "text", Condition::None)).expect("put");
        let [settled, incoming] = places(&place, &file);
        assert!(settled.exists() && !incoming.exists());
        let withdrawn = store.blobs.withdraw(vec![file.clone()]);
        assert!(!settled.exists());
        assert_eq!(runtime.block_on(read(&store, &file)), "text");
        drop(withdrawn);
        assert!(settled.exists());
    }

    #[test]
    fn a_refused_write_leaves_what_was_there() {
        let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
        let store = open(&place).expect("a store");
        let first = runtime.block_on(put(&store, "a", "first", Condition::None)).expect("put");
        runtime.block_on(put(&store, "a", "second", Condition::Absent)).expect_err("refused");
        assert_eq!(runtime.block_on(read(&store, &first)), "first");
        let second = runtime.block_on(put(&store, "a", "second", Condition::None)).expect("put");
        assert!(!places(&place, &first).iter().any(|path| path.exists()));
        runtime.block_on(store.delete(RAW.into(), "a".into())).expect("deleted");
        assert!(!places(&place, &second).iter().any(|path| path.exists()));
        assert_eq!(fs::read_dir(place.path().join("incoming")).expect("a folder").count(), 0);
    }

    /// The future of a client that has gone is dropped; its commit goes on.
    #[test]
    fn a_commit_survives_its_client() {
        let (place, runtime) = (TempDir::new().expect("a folder"), Runtime::new().expect("a runtime"));
        let store = open(&place).expect("a store");
        let held = store.index.lock().expect("the index");
        runtime.block_on(async {
            let gone = put(&store, "a", "text", Condition::None);
            assert!(tokio::time::timeout(std::time::Duration::from_millis(200), gone).await.is_err());
        });
        drop(held);
        // The index has one owner at a time: what comes next comes after the commit.
        let object = runtime.block_on(store.index(|index| index::object(index, RAW, "a")));
        let object = object.expect("the index").expect("committed");
        assert_eq!(runtime.block_on(read(&store, &object.file)), "text");
    }
}
