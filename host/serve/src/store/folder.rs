//! Whose a data folder is. Nothing in it is written before that is known, and nothing is deleted because it is unknown.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use rusqlite::Connection;
use serde::Deserialize;

use super::blobs::Blobs;
use super::renditions::Rules;
use super::{index, random};

/// Tells that a folder is a server's, and in which format.
const MARKER: &str = "darkroom-data.toml";
const LOCK: &str = "lock";
const INDEX: &str = "index.sqlite";
/// Of everything in the folder. 2: files say what they are, and the index knows their length and MD5.
const FORMAT: u32 = 2;
/// Of folders: whoever else is on this machine reads no originals.
const PRIVATE: u32 = 0o700;
/// The first. Its folders are taken over when they are opened: what was written in them stays as it is.
const FIRST: u32 = 1;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marker {
    format: u32,
    /// The index has the same one. None where an operator wrote the marker: then any index of a server's will do.
    id: Option<String>,
}

/// A data folder that no other process uses.
pub(super) struct Folder {
    path: PathBuf,
    marker: Marker,
    _lock: File,
}

impl Folder {
    /// The folder at `path`. One that is empty, or not there, becomes a data folder.
    ///
    /// # Errors
    /// It holds something else, is of a format that this release does not know, or is in use.
    pub(super) fn claim(path: &Path) -> anyhow::Result<Self> {
        DirBuilder::new().recursive(true).mode(PRIVATE).create(path)?;
        // Somebody else's folder is left as it is: not even the lock is put into it.
        Marker::read(path)?;
        close_to_others(path)?;
        let lock = OpenOptions::new().create(true).append(true).open(path.join(LOCK))?;
        lock.try_lock().context("it is in use by another process")?;
        let marker = Marker::read(path)?.map_or_else(|| Marker::write(path), Ok)?;
        Ok(Self { path: path.to_owned(), marker, _lock: lock })
    }

    /// Where objects' bytes are. Of the disk `free` bytes stay free.
    pub(super) fn blobs(&self, free: u64) -> anyhow::Result<Blobs> {
        Blobs::open(&self.path.join("objects"), &self.path.join("incoming"), free)
    }

    /// What is known about `blobs`.
    ///
    /// # Errors
    /// There are files, and no index that belongs to them.
    pub(super) fn index(&self, blobs: &Blobs, rules: &Rules) -> anyhow::Result<Connection> {
        let path = self.path.join(INDEX);
        let index = index::open(&path, self.marker.id.as_deref(), !blobs.any()?, rules).context(INDEX)?;
        if self.marker.format < FORMAT {
            // An earlier release could not write into this index any more: let it say so at its start.
            Marker::replace(&self.path, self.marker.id.as_deref()).context(MARKER)?;
        }
        Ok(index)
    }

    /// The folder at `path`, if it is one already.
    ///
    /// # Errors
    /// As [`Folder::claim`]; or there is none.
    pub(super) fn existing(path: &Path) -> anyhow::Result<Self> {
        ensure!(path.join(MARKER).exists(), "{}: no {MARKER}, so it is no data folder", path.display());
        Self::claim(path).with_context(|| path.display().to_string())
    }

    /// Makes the index, where there is none, by `work`: all of it or nothing.
    ///
    /// # Errors
    /// There is one, or `work` fails.
    pub(super) fn make_index<T>(
        &self,
        rules: &Rules,
        work: impl FnOnce(&Connection) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        for name in [INDEX, "index.sqlite-wal", "index.sqlite-shm"] {
            ensure!(!self.path.join(name).exists(), "{name} is there: move it out of the folder first");
        }
        let draft = self.path.join("index.draft");
        for name in ["index.draft", "index.draft-wal", "index.draft-shm"] {
            match fs::remove_file(self.path.join(name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error).context(name),
                _ => {}
            }
        }
        let mut connection = index::open(&draft, self.marker.id.as_deref(), true, rules)?;
        let transaction = connection.transaction()?;
        let done = work(&transaction)?;
        transaction.commit()?;
        // With this, what is in the journal goes into the file.
        connection.close().map_err(|(_, error)| error)?;
        fs::rename(&draft, self.path.join(INDEX))?;
        if self.marker.format < FORMAT {
            Marker::replace(&self.path, self.marker.id.as_deref()).context(MARKER)?;
        }
        Ok(done)
    }
}

/// A folder that was there, or that an earlier release made, is closed to all but its user and its group, which somebody has
/// chosen. One of another user's stays as it is.
fn close_to_others(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o007 == 0 {
        return Ok(());
    }
    match fs::set_permissions(path, Permissions::from_mode(mode & !0o007)) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            tracing::warn!("the data folder is open to all users of this machine, and is not this user's to close");
            Ok(())
        }
        closed => closed,
    }
}

impl Marker {
    /// None in an empty folder.
    ///
    /// # Errors
    /// The folder is not empty and has no marker, or the marker can't be followed.
    fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        let text = match fs::read_to_string(folder.join(MARKER)) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            text => text.context(MARKER)?,
        };
        if text.is_empty() {
            if is_empty(folder)? {
                return Ok(None);
            }
            bail!(
                "it has files and no {MARKER}, so it is no data folder: name an empty folder, or a new one. If an earlier \
                 build of this server made it, write the line `format = {FIRST}` into {MARKER} there"
            );
        }
        let marker: Self = toml::from_str(&text).context(MARKER)?;
        let known = (FIRST..=FORMAT).contains(&marker.format);
        ensure!(known, "{MARKER}: format = {}: must be from {FIRST} to {FORMAT} for this release", marker.format);
        Ok(Some(marker))
    }

    /// On the disk before anything else is. One that is still empty was not finished.
    fn write(folder: &Path) -> anyhow::Result<Self> {
        let id = random()?;
        Self::write_file(&folder.join(MARKER), Some(&id))?;
        Ok(Self { format: FORMAT, id: Some(id) })
    }

    /// The same where there is one: the old one or the new one is there, whatever happens.
    fn replace(folder: &Path, id: Option<&str>) -> anyhow::Result<()> {
        let draft = folder.join("darkroom-data.draft");
        Self::write_file(&draft, id)?;
        Ok(fs::rename(draft, folder.join(MARKER))?)
    }

    fn write_file(path: &Path, id: Option<&str>) -> anyhow::Result<()> {
        let mut file = File::create(path)?;
        write!(file, "# The data of `darkroom serve`.\nformat = {FORMAT}\n")?;
        if let Some(id) = id {
            writeln!(file, "id = \"{id}\"")?;
        }
        Ok(file.sync_all()?)
    }
}

/// Whether a folder has nothing but what a start that was cut short may have left, and what file systems make themselves.
fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if ![LOCK, MARKER, "lost+found"].map(OsStr::new).contains(&name.as_os_str()) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn refused(folder: &Path) -> String {
        let claimed =
            Folder::claim(folder).and_then(|folder| folder.index(&folder.blobs(0)?, &Rules::none()).map(drop));
        format!("{:#}", claimed.expect_err("refused"))
    }

    #[test]
    fn an_empty_folder_becomes_one_and_stays_one() {
        let place = TempDir::new().expect("a folder");
        fs::create_dir(place.path().join("lost+found")).expect("made");
        for _ in 0..2 {
            let folder = Folder::claim(place.path()).expect("claimed");
            folder.index(&folder.blobs(0).expect("blobs"), &Rules::none()).expect("an index");
        }
        fs::write(place.path().join(MARKER), "format = 3").expect("written");
        assert!(refused(place.path()).contains("format = 3: must be from 1 to 2"));
        fs::write(place.path().join(MARKER), "format").expect("written");
        assert!(refused(place.path()).contains(MARKER));
    }

    #[test]
    fn nobody_else_on_this_machine_reads_it() {
        let place = TempDir::new().expect("a folder");
        let mode = |path: &Path| fs::metadata(path).expect("a folder").permissions().mode() & 0o777;
        let [new, shared] = ["new/data", "shared"].map(|name| place.path().join(name));
        fs::create_dir(&shared).expect("made");
        fs::set_permissions(&shared, Permissions::from_mode(0o755)).expect("open");
        for (path, expected) in [(&new, 0o700), (&shared, 0o750)] {
            Folder::claim(path).expect("claimed");
            assert_eq!(mode(path), expected, "{}", path.display());
        }
        fs::set_permissions(&new, Permissions::from_mode(0o755)).expect("as an earlier release made it");
        Folder::claim(&new).expect("claimed again");
        assert_eq!(mode(&new), 0o750);
    }

    #[test]
    fn what_a_start_that_was_cut_short_leaves_is_no_hindrance() {
        let place = TempDir::new().expect("a folder");
        fs::write(place.path().join(LOCK), "").expect("written");
        fs::write(place.path().join(MARKER), "").expect("written");
        Folder::claim(place.path()).expect("claimed");
        // With a marker, and without an index.
        let folder = Folder::claim(place.path()).expect("claimed again");
        fs::write(place.path().join(INDEX), "").expect("written");
        folder.index(&folder.blobs(0).expect("blobs"), &Rules::none()).expect("an index");
    }

    #[test]
    fn somebody_elses_folder_is_left_as_it_is() {
        let place = TempDir::new().expect("a folder");
        fs::create_dir(place.path().join("objects")).expect("made");
        assert!(refused(place.path()).contains("no data folder"));
        assert_eq!(fs::read_dir(place.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn an_index_that_does_not_belong_to_the_files_is_refused() {
        let [place, other] = [(); 2].map(|()| TempDir::new().expect("a folder"));
        for place in [&place, &other] {
            let folder = Folder::claim(place.path()).expect("claimed");
            folder.index(&folder.blobs(0).expect("blobs"), &Rules::none()).expect("an index");
        }
        let index = place.path().join(INDEX);
        fs::copy(other.path().join(INDEX), &index).expect("copied");
        assert!(refused(place.path()).contains("another folder"));
        for text in [
            "",
            "no database at all, but long enough to look like one to somebody who does not look".repeat(9).as_str(),
        ] {
            fs::write(&index, text).expect("written");
            fs::create_dir_all(place.path().join("objects/ab")).expect("made");
            fs::write(place.path().join("objects/ab/file"), "x").expect("written");
            assert!(refused(place.path()).contains(INDEX), "{text}");
        }
        fs::remove_file(&index).expect("removed");
        assert!(refused(place.path()).contains("missing or empty"));
        assert!(!index.exists());
        let stranger = Connection::open(&index).expect("a database");
        stranger
            .execute_batch("CREATE TABLE objects (a); CREATE TABLE folder (id); INSERT INTO folder VALUES (1)")
            .expect("tables");
        assert!(refused(place.path()).contains("another folder"));
    }

    /// As the server made it before it had a marker.
    const EARLIER: &str = "
        CREATE TABLE objects (
            bucket TEXT NOT NULL, key TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
            modified INTEGER NOT NULL, attributes TEXT NOT NULL, PRIMARY KEY (bucket, key)) WITHOUT ROWID;
        CREATE TABLE uploads (id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, attributes TEXT NOT NULL);
        CREATE TABLE parts (
            upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, etag TEXT NOT NULL,
            PRIMARY KEY (upload, number)) WITHOUT ROWID;
        CREATE TABLE pending (
            number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, etag TEXT NOT NULL,
            receives INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0, given_up TEXT);
        CREATE TABLE notices (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL DEFAULT 0);
        INSERT INTO objects VALUES ('raw-images', 'site/a.jpg', 'f1', 1, 'e', 7, '{}');
        INSERT INTO objects VALUES ('processed-images', 'variants/site/a.jpg/width=9.webp', 'f2', 1, 'e', 7,
            '{\"metadata\":{\"source-etag\":\"e\",\"rendition-etag\":\"00112233445566778899aabbccddeeff\"}}');";

    #[test]
    fn an_earlier_builds_index_is_taken_over_once_an_operator_says_so() {
        let place = TempDir::new().expect("a folder");
        Connection::open(place.path().join(INDEX)).expect("an index").execute_batch(EARLIER).expect("tables");
        assert!(refused(place.path()).contains("format = 1"));
        fs::write(place.path().join(MARKER), "format = 1\n").expect("written");
        let rules = Rules::new(1, &crate::Config::default().settings().expect("settings"));
        for _ in 0..2 {
            let folder = Folder::claim(place.path()).expect("claimed");
            let connection = folder.index(&folder.blobs(0).expect("blobs"), &rules).expect("an index");
            let sql = "SELECT key || ' ' || coalesce(used, 'never') FROM objects ORDER BY key";
            let uses: Result<Vec<String>, _> =
                connection.prepare(sql).expect(sql).query_map([], |row| row.get(0)).expect("rows").collect();
            assert_eq!(uses.expect("rows"), ["site/a.jpg never", "variants/site/a.jpg/width=9.webp 7000"]);
            let marker = fs::read_to_string(place.path().join(MARKER)).expect("a marker");
            assert!(marker.ends_with("format = 2\n"), "an earlier release is told: {marker}");
        }
    }
}
