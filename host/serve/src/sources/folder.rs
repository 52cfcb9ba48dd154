//! A folder of originals on this machine's disk.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use async_trait::async_trait;
use darkroom_delivery::store::{Get, Head, NewObject, Object, Store, StoreError};
use darkroom_delivery::{Bucket, ObjectKey};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// Files below a folder, whose paths are the keys of originals. It is read, and never written. Links are followed:
/// whoever may make one there may copy a file there. Names that begin with a dot are nobody's, and so is whatever is
/// no regular file.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// The file, and what is known of it.
    async fn open(&self, object: &ObjectKey) -> Result<(File, Metadata), StoreError> {
        let path = self.path(object).ok_or(StoreError::NotFound)?;
        // Before it is opened: opening a pipe waits for its other end.
        let known = tokio::fs::metadata(&path).await.map_err(failed)?;
        if !known.is_file() {
            return Err(StoreError::NotFound);
        }
        let file = File::open(&path).await.map_err(failed)?;
        let known = file.metadata().await.map_err(failed)?;
        Ok((file, known))
    }

    /// None for a key that could lead out of the folder, or to one that another key has.
    fn path(&self, object: &ObjectKey) -> Option<PathBuf> {
        // On Windows these two lead elsewhere.
        let leads = |character| matches!(character, '\\' | ':') && cfg!(windows);
        let plain = |segment: &str| !segment.is_empty() && !segment.starts_with('.') && !segment.contains(leads);
        let segments = || object.key.split('/');
        (object.bucket == Bucket::Raw && segments().all(plain)).then(|| self.0.join(segments().collect::<PathBuf>()))
    }
}

#[async_trait]
impl Store for Folder {
    async fn get(&self, object: &ObjectKey, get: Get<'_>) -> Result<Object, StoreError> {
        let (file, known) = self.open(object).await?;
        let head = head(&known);
        if get.if_match.is_some_and(|etag| etag != head.etag) {
            return Err(StoreError::Changed);
        }
        get.check(known.len())?;
        let mut bytes = Vec::with_capacity(usize::try_from(known.len()).unwrap_or_default());
        file.take(get.limit.saturating_add(1)).read_to_end(&mut bytes).await.map_err(failed)?;
        get.check(bytes.len() as u64)?;
        Ok(Object { bytes: bytes.into(), head })
    }

    async fn head(&self, object: &ObjectKey) -> Result<Head, StoreError> {
        Ok(head(&self.open(object).await?.1))
    }

    async fn put(&self, _: NewObject) -> Result<(), StoreError> {
        Err(StoreError::Refused("a folder of originals is not written to".into()))
    }
}

/// A file's length and time, to the nanosecond, stand for its bytes: to hash them takes reading them.
fn head(known: &Metadata) -> Head {
    let modified = known.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Head {
        etag: format!("{:x}-{:x}", known.len(), modified.as_nanos()),
        content_type: String::new(),
        metadata: BTreeMap::new(),
        last_modified: Some(modified.as_secs()),
    }
}

fn failed(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::InvalidFilename
        | io::ErrorKind::InvalidInput => StoreError::NotFound,
        // Its text may name a key.
        kind => StoreError::Unavailable(format!("the folder of originals: {kind}")),
    }
}

#[cfg(test)]
mod tests {
    use darkroom_delivery::store::conformance;

    use super::*;

    #[tokio::test]
    async fn a_folder_is_a_store_of_originals() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder(place.path().into());
        conformance::check_originals(&folder, |key, bytes| {
            let path = place.path().join(key);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, bytes).expect("written");
        })
        .await;
    }

    #[tokio::test]
    async fn nothing_else_can_be_had() {
        let place = tempfile::tempdir().expect("a folder");
        let root = place.path().join("root");
        std::fs::create_dir_all(root.join("a")).expect("made");
        for path in ["secret", "root/.env", "root/a/b.jpg"] {
            std::fs::write(place.path().join(path), "a").expect("written");
        }
        let folder = Folder(root.clone());
        for (bucket, key) in [
            (Bucket::Raw, "../secret"),
            (Bucket::Raw, "a/../../secret"),
            (Bucket::Raw, "/etc/passwd"),
            (Bucket::Raw, ".env"),
            (Bucket::Raw, "./a/b.jpg"),
            (Bucket::Raw, "a//b.jpg"),
            (Bucket::Raw, "a/b.jpg/"),
            (Bucket::Raw, "a"),
            (Bucket::Raw, "a/b.jpg/c"),
            (Bucket::Raw, "a\0b"),
            (Bucket::Raw, "..\\secret"),
            (Bucket::Processed, "a/b.jpg"),
        ] {
            let object = ObjectKey { bucket, key: key.into() };
            assert_eq!(folder.get(&object, Get::newest(9)).await, Err(StoreError::NotFound), "{key:?}");
            assert_eq!(folder.head(&object).await, Err(StoreError::NotFound), "{key:?}");
        }
    }
}
