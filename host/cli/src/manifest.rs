//! Remembers the outputs of earlier runs, so that they are not made again: one file in the output folder, with a line
//! per photo and plan. Lines are added as photos are done, so an interrupted run keeps its progress.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::files;
use crate::record::Made;

const FILE: &str = ".darkroom.jsonl";

/// The version of a source when it was read: a rewritten file has another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileVersion {
    size: u64,
    /// Nanoseconds since 1970.
    modified: u64,
}

impl FileVersion {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let since = metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(Self { size: metadata.len(), modified: u64::try_from(since.as_nanos()).ok()? })
    }
}

#[derive(Serialize, Deserialize)]
struct Entry {
    source: FileVersion,
    plan: String,
    output_version: u32,
    #[serde(flatten)]
    made: Made,
}

/// The manifest of one output folder, for one plan.
pub(crate) struct Manifest {
    folder: PathBuf,
    plan: String,
    output_version: u32,
    /// By source key and plan.
    entries: BTreeMap<(String, String), Entry>,
    /// This run's, once there is something to be remembered.
    log: Option<File>,
}

impl Manifest {
    /// Opens the manifest. Unreadable lines are ignored, and their outputs are made again.
    pub(crate) fn open(folder: &Path, plan: String, output_version: u32) -> Self {
        let text = fs::read_to_string(folder.join(FILE)).unwrap_or_default();
        let entries = text.lines().filter_map(|line| serde_json::from_str::<Entry>(line).ok());
        let entries = entries.map(|entry| (key(&entry), entry)).collect();
        Self { folder: folder.into(), plan, output_version, entries, log: None }
    }

    /// The outputs of that source by the same plan, if all of them still exist.
    pub(crate) fn up_to_date(&self, source_key: &str, source: FileVersion) -> Option<Made> {
        let entry = self.entries.get(&(source_key.into(), self.plan.clone()))?;
        let same = entry.source == source && entry.output_version == self.output_version;
        let there = |(key, size): (&String, &u64)| {
            fs::metadata(self.folder.join(key)).is_ok_and(|file| file.is_file() && file.len() == *size)
        };
        (same && entry.made.files.iter().all(there)).then(|| Made { skipped: true, ..entry.made.clone() })
    }

    /// Writes a photo's entry immediately.
    pub(crate) fn add(&mut self, source: FileVersion, made: Made) -> anyhow::Result<()> {
        let entry = Entry { source, plan: self.plan.clone(), output_version: self.output_version, made };
        // The line feed comes first, so that it also ends a partial line from an interrupted run.
        let line = format!("\n{}", serde_json::to_string(&entry)?);
        let log = match &mut self.log {
            Some(log) => log,
            None => {
                // A file of its own in the old one's place: that may be a link to anything.
                let begun = files::replace(&self.folder.join(FILE), self.text()?.as_bytes())?;
                self.log.insert(begun)
            }
        };
        log.write_all(line.as_bytes())?;
        self.entries.insert(key(&entry), entry);
        Ok(())
    }

    fn text(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        for entry in self.entries.values() {
            text.push_str(&serde_json::to_string(entry)?);
            text.push('\n');
        }
        Ok(text)
    }

    /// Writes the file anew, without lines that later ones have replaced.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        if self.log.is_none() {
            return Ok(());
        }
        files::write(&self.folder.join(FILE), self.text()?.as_bytes())
    }
}

fn key(entry: &Entry) -> (String, String) {
    (entry.made.photo.original_key.clone(), entry.plan.clone())
}
