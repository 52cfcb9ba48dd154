//! Whether there is room on the disk. Some of it always stays free: the index is written, and a start works, when nothing more
//! is taken.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::statvfs;

/// For how long the disk counts as full once a write has failed for want of room: a quota tells of itself in no other way.
const LATELY: Duration = Duration::from_secs(10);
/// After so many bytes of a file the disk is looked at again.
pub(super) const STRIDE: u64 = 1 << 20;

/// The disk of a folder.
pub(crate) struct Disk {
    folder: PathBuf,
    /// Bytes that have to stay free.
    least: u64,
    /// When a write last failed for want of room.
    full: Mutex<Option<Instant>>,
}

/// There is no room for more.
#[derive(Debug, thiserror::Error)]
#[error("the disk is full: {free} bytes are free, and {least} have to stay so (limits.free_bytes)")]
pub(crate) struct Full {
    free: u64,
    least: u64,
}

impl Disk {
    pub(super) fn new(folder: &Path, least: u64) -> Self {
        Self { folder: folder.to_owned(), least, full: Mutex::default() }
    }

    /// Bytes that this process could write.
    pub(crate) fn free(&self) -> io::Result<u64> {
        let disk = statvfs(&self.folder)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Whether there is room for more.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn check(&self) -> Result<(), Full> {
        // A disk that does not tell is asked by writing to it.
        let free = self.free().unwrap_or(u64::MAX);
        let lately = *self.full.lock().unwrap_or_else(PoisonError::into_inner);
        if free < self.least || lately.is_some_and(|time| time.elapsed() < LATELY) {
            return Err(Full { free, least: self.least });
        }
        Ok(())
    }

    /// A write failed. Whether for want of room.
    pub(super) fn noticed(&self, error: &io::Error) -> bool {
        let full = is_full(error);
        if full {
            *self.full.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        full
    }
}

/// Whether it tells of a disk, or a quota, that is full.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_full_below_its_reserve_and_after_a_write_that_failed() {
        let folder = std::env::temp_dir();
        let disk = Disk::new(&folder, 1);
        assert!(disk.check().is_ok() && disk.free().expect("a disk") > 0);
        assert!(!disk.noticed(&ErrorKind::NotFound.into()) && disk.check().is_ok());
        assert!(disk.noticed(&ErrorKind::StorageFull.into()));
        assert!(disk.check().is_err());
        let said = Disk::new(&folder, u64::MAX).check().expect_err("more than there is").to_string();
        assert!(said.contains("limits.free_bytes"), "{said}");
    }
}
