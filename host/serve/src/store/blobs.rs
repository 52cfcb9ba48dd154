//! Bytes in files with random names, written once.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use s3s::crypto::{Checksum as _, Md5};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// A folder of files.
#[derive(Clone)]
pub(super) struct Blobs(Arc<PathBuf>);

/// A file that is there and on the disk, and that nothing refers to yet. Gone when it is dropped before it is kept.
pub(super) struct Blob {
    pub(super) file: String,
    pub(super) size: u64,
    /// Hexadecimal.
    pub(super) md5: String,
    path: Option<PathBuf>,
}

/// Why there is no blob.
pub(super) enum BlobError {
    /// More bytes than this.
    TooLarge(u64),
    /// The sender broke off.
    Incomplete(String),
    Disk(io::Error),
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Blobs {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self(Arc::new(folder.to_owned())))
    }

    /// Removes files that nothing refers to.
    pub(super) fn sweep(&self, referred: &HashSet<String>) -> io::Result<()> {
        for folder in fs::read_dir(&*self.0)? {
            for file in fs::read_dir(folder?.path())? {
                let file = file?;
                if !referred.contains(&*file.file_name().to_string_lossy()) {
                    fs::remove_file(file.path())?;
                }
            }
        }
        Ok(())
    }

    /// Writes all of `chunks`, at most `limit` bytes, and waits until the disk has them. `seen` sees each chunk.
    pub(super) async fn write<E: std::fmt::Display>(
        &self,
        chunks: impl Stream<Item = Result<Bytes, E>>,
        limit: u64,
        mut seen: impl FnMut(&[u8]),
    ) -> Result<Blob, BlobError> {
        let name = format!("{:016x}{:016x}", random()?, random()?);
        let path = self.path(&name);
        tokio::fs::create_dir_all(path.parent().unwrap_or(&self.0)).await?;
        let mut file = File::create_new(&path).await?;
        let mut blob = Blob { file: name, size: 0, md5: String::new(), path: Some(path) };
        let mut md5 = Md5::new();
        let mut chunks = std::pin::pin!(chunks);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| BlobError::Incomplete(error.to_string()))?;
            blob.size += chunk.len() as u64;
            if blob.size > limit {
                return Err(BlobError::TooLarge(limit));
            }
            md5.update(&chunk);
            seen(&chunk);
            file.write_all(&chunk).await?;
        }
        file.sync_data().await?;
        blob.md5 = hex(&md5.finalize());
        Ok(blob)
    }

    pub(super) async fn read(&self, file: &str) -> io::Result<File> {
        File::open(self.path(file)).await
    }

    /// One that is gone is removed already.
    pub(super) async fn remove(&self, file: &str) {
        if let Err(error) = tokio::fs::remove_file(self.path(file)).await
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a file can't be removed; the next start does it");
        }
    }

    /// In one of 256 folders.
    fn path(&self, name: &str) -> PathBuf {
        self.0.join(&name[..2]).join(name)
    }
}

impl Blob {
    /// Something refers to it.
    pub(super) fn keep(mut self) {
        self.path = None;
    }
}

impl Drop for Blob {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = fs::remove_file(path);
        }
    }
}

fn random() -> io::Result<u64> {
    getrandom::u64().map_err(|error| io::Error::other(error.to_string()))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
