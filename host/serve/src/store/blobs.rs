//! Bytes in files with random names, written once. A file that objects refer to is in `objects`; one that is not referred
//! to yet, or is about to be no longer, is in `incoming`. So whatever the process is at when it is killed, the index says
//! what is to become of each file in `incoming`, and no other file is ever removed.
//!
//! | step of a write | killed after it, the next start |
//! |---|---|
//! | the bytes and the label are on the disk, in `incoming` | removes the file |
//! | the index refers to the file | moves it to `objects` |
//! | the file is in `objects` | |
//!
//! | step of a deletion | killed after it, the next start |
//! |---|---|
//! | the file is in `incoming` | moves it back |
//! | the index has forgotten it | removes it |
//! | the file is removed | |

use std::collections::HashSet;
use std::fs::{self, DirEntry, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use bytes::Bytes;
use darkroom_delivery::hex;
use futures_util::{Stream, StreamExt};
use s3s::crypto::{Checksum as _, Md5};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::disk::{Disk, Full, STRIDE};
use super::label::Label;
use super::random;

/// The two folders.
#[derive(Clone)]
pub(super) struct Blobs(Arc<Folders>);

struct Folders {
    objects: PathBuf,
    incoming: PathBuf,
    disk: Disk,
}

/// A file with all of an object's bytes, which are not yet known to be on the disk. Gone when it is dropped.
pub(super) struct Draft {
    blob: Blob,
    handle: File,
    incoming: PathBuf,
}

/// A file that is there and on the disk, and that nothing refers to yet. Gone when it is dropped before it is kept.
pub(super) struct Blob {
    pub(super) file: String,
    /// Of the object, in bytes.
    pub(super) size: u64,
    /// Of the file, in bytes: with the label.
    pub(super) length: u64,
    /// Of the object, in hexadecimal digits.
    pub(super) md5: String,
    path: Option<PathBuf>,
}

/// Files that are about to be no longer referred to. They go back when this is dropped before they are discarded.
pub(super) struct Withdrawn {
    blobs: Blobs,
    files: Vec<String>,
}

/// Why there is no blob.
pub(super) enum BlobError {
    /// More bytes than this.
    TooLarge(u64),
    /// The sender broke off.
    Incomplete(String),
    /// There is no room on the disk.
    Full(Full),
    Disk(io::Error),
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<Full> for BlobError {
    fn from(full: Full) -> Self {
        Self::Full(full)
    }
}

impl Blobs {
    /// Of the disk `free` bytes stay free.
    pub(super) fn open(objects: &Path, incoming: &Path, free: u64) -> anyhow::Result<Self> {
        let folder = |path: &Path| -> anyhow::Result<Metadata> {
            fs::create_dir_all(path)?;
            fs::metadata(path).with_context(|| path.display().to_string())
        };
        let (there, here) = (folder(objects)?, folder(incoming)?);
        // Files are removed from it: it has to be the server's own.
        ensure!(!fs::symlink_metadata(incoming)?.is_symlink(), "incoming: must be a folder, and no link to one");
        ensure!(there.dev() == here.dev(), "objects and incoming: must be on one file system");
        let disk = Disk::new(incoming, free);
        Ok(Self(Arc::new(Folders { objects: objects.to_owned(), incoming: incoming.to_owned(), disk })))
    }

    /// The disk that both are on.
    pub(super) fn disk(&self) -> &Disk {
        &self.0.disk
    }

    /// Whether there is any file.
    pub(super) fn any(&self) -> io::Result<bool> {
        for entry in fs::read_dir(&self.0.objects)?.chain(fs::read_dir(&self.0.incoming)?) {
            let entry = entry?;
            if !entry.file_type()?.is_dir() || fs::read_dir(entry.path())?.next().is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The files in `incoming`: none but this store's own.
    pub(super) fn incoming(&self) -> io::Result<HashSet<String>> {
        let own = |entry: io::Result<DirEntry>| -> io::Result<Option<String>> {
            let entry = entry?;
            let name = entry.file_name().into_string().ok().filter(|name| is_name(name));
            Ok(if entry.file_type()?.is_file() { name } else { None })
        };
        fs::read_dir(&self.0.incoming)?.map(own).filter_map(Result::transpose).collect()
    }

    /// The files in `objects`, none but this store's own, without following links.
    pub(super) fn settled_files(&self) -> io::Result<Vec<String>> {
        let mut files = Vec::new();
        for folder in fs::read_dir(&self.0.objects)? {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            for entry in fs::read_dir(folder.path())? {
                let entry = entry?;
                let name = entry.file_name().into_string().ok().filter(|name| is_name(name));
                files.extend(name.filter(|name| self.settled(name) == entry.path()));
            }
        }
        Ok(files)
    }

    /// A file, wherever it is, for who has the folder alone.
    pub(super) fn open_now(&self, file: &str) -> io::Result<fs::File> {
        match fs::File::open(self.settled(file)) {
            Err(error) if error.kind() == ErrorKind::NotFound => fs::File::open(self.0.incoming.join(file)),
            other => other,
        }
    }

    /// Writes all of `chunks`, at most `limit` bytes. `seen` sees each chunk.
    pub(super) async fn write<E: std::fmt::Display>(
        &self,
        chunks: impl Stream<Item = Result<Bytes, E>>,
        limit: u64,
        mut seen: impl FnMut(&[u8]),
    ) -> Result<Draft, BlobError> {
        self.disk().check()?;
        let name = random()?;
        let path = self.0.incoming.join(&name);
        let mut file = File::create_new(&path).await?;
        let mut blob = Blob { file: name, size: 0, length: 0, md5: String::new(), path: Some(path) };
        let mut md5 = Md5::new();
        let mut chunks = std::pin::pin!(chunks);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| BlobError::Incomplete(error.to_string()))?;
            blob.size += chunk.len() as u64;
            if blob.size > limit {
                return Err(BlobError::TooLarge(limit));
            }
            if blob.size / STRIDE > (blob.size - chunk.len() as u64) / STRIDE {
                self.disk().check()?;
            }
            md5.update(&chunk);
            seen(&chunk);
            file.write_all(&chunk).await.inspect_err(|error| {
                self.disk().noticed(error);
            })?;
        }
        blob.length = blob.size;
        blob.md5 = hex(&md5.finalize());
        Ok(Draft { blob, handle: file, incoming: self.0.incoming.clone() })
    }

    /// Looks in both folders, and again in the first: the file may be on its way.
    pub(super) async fn read(&self, file: &str) -> io::Result<File> {
        let (settled, incoming) = (self.settled(file), self.0.incoming.join(file));
        for path in [&settled, &incoming] {
            match File::open(path).await {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                other => return other,
            }
        }
        File::open(&settled).await
    }

    /// The index refers to it. Where it can't be moved now, it is found in `incoming`, and the next start moves it.
    pub(super) fn settle(&self, file: &str) {
        let path = self.settled(file);
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = folder.and_then(|()| fs::rename(self.0.incoming.join(file), path)) {
            tracing::warn!(%error, "a file stays in incoming");
        }
    }

    /// The index is about to forget these.
    pub(super) fn withdraw(&self, files: Vec<String>) -> Withdrawn {
        let withdrawn = |file: &String| match fs::rename(self.settled(file), self.0.incoming.join(file)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, "a file stays in objects, and nothing will refer to it");
                false
            }
            // One that is not there may never have left `incoming`.
            _ => true,
        };
        Withdrawn { blobs: self.clone(), files: files.into_iter().filter(withdrawn).collect() }
    }

    /// Nothing refers to it. One that is gone is removed already.
    pub(super) fn discard(&self, file: &str) {
        match fs::remove_file(self.0.incoming.join(file)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, "a file can't be removed; the next start does it");
            }
            _ => {}
        }
    }

    /// In one of 256 folders.
    fn settled(&self, file: &str) -> PathBuf {
        self.0.objects.join(file.get(..2).unwrap_or(file)).join(file)
    }
}

impl Draft {
    /// Of the object, in bytes.
    pub(super) const fn blob(&self) -> &Blob {
        &self.blob
    }

    /// Writes what the file says of itself, and waits until the disk has all of it.
    pub(super) async fn finish(mut self, label: Option<Label>) -> io::Result<Blob> {
        if let Some(label) = label {
            let bytes = label.bytes()?;
            self.handle.write_all(&bytes).await?;
            self.blob.length += bytes.len() as u64;
        }
        self.handle.sync_data().await?;
        // And its name.
        File::open(&self.incoming).await?.sync_all().await?;
        Ok(self.blob)
    }
}

impl Blob {
    /// Something refers to it, or will after the next start.
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

impl Withdrawn {
    /// The index has forgotten them.
    pub(super) fn discard(mut self) {
        std::mem::take(&mut self.files).iter().for_each(|file| self.blobs.discard(file));
    }
}

impl Drop for Withdrawn {
    fn drop(&mut self) {
        self.files.iter().for_each(|file| self.blobs.settle(file));
    }
}

/// As [`random`] makes them.
fn is_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
