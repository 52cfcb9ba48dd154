//! Writes files atomically, with errors that name the file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use tempfile::{Builder, NamedTempFile};

/// Writes `bytes` to `path`, creating its parent folders. An existing file is replaced only once all bytes are written.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    replace(path, bytes).map(drop)
}

/// The same, and more can be written to it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<File> {
    let file = temporary(path)?;
    fill(file, path, bytes).with_context(|| cannot_write(path))
}

/// A file next to `path`, to be renamed to it; it is removed if that does not happen.
pub(crate) fn temporary(path: &Path) -> anyhow::Result<NamedTempFile> {
    create(path).with_context(|| cannot_write(path))
}

fn fill(mut file: NamedTempFile, path: &Path, bytes: &[u8]) -> io::Result<File> {
    file.write_all(bytes)?;
    Ok(file.persist(path)?)
}

fn create(path: &Path) -> io::Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let mut builder = Builder::new();
    builder.prefix(".darkroom-");
    // Temporary files are private; outputs get the permissions that the umask allows.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
