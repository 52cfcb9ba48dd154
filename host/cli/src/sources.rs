//! Finds the photos that the paths on the command line refer to.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use darkroom_host::Error;
use darkroom_recipe::{Format, LimitKind, Limits};
use walkdir::{DirEntry, WalkDir};

use crate::usage::Usage;

/// A photo on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The photo's location.
    pub(crate) path: PathBuf,
    /// The photo's name: its path below the named folder, with `/` between the parts.
    pub(crate) key: String,
}

/// All photos, in the order of `paths`, and by name within folders. A file named explicitly is always included. In
/// folders, files are included if they have an image's extension, or have no extension but start like an image; hidden
/// files and those in `except` are skipped. With one path, keys are relative to it; with several, they start with the
/// folder's own name.
pub(crate) fn find(paths: &[PathBuf], except: Option<&Path>) -> anyhow::Result<Vec<Source>> {
    let except = except.and_then(|path| path.canonicalize().ok());
    let mut sources = Vec::new();
    for path in paths {
        let kind = fs::metadata(path).map_err(|error| Usage(format!("{}: {error}", path.display())))?;
        let before = sources.len();
        if !kind.is_dir() {
            sources.push(Source { path: path.clone(), key: key(Path::new(path.file_name().unwrap_or_default())) });
            continue;
        }
        let prefix = if paths.len() > 1 { folder_name(path) } else { PathBuf::new() };
        walk(path, &prefix, except.as_deref(), &mut sources);
        if sources.len() == before {
            return Err(no_images(path));
        }
    }
    // A photo that is named twice, or along with its folder, is included once.
    let mut seen = HashSet::new();
    sources.retain(|source| seen.insert((source.key.clone(), source.path.canonicalize().ok())));
    Ok(sources)
}

fn walk(folder: &Path, prefix: &Path, except: Option<&Path>, sources: &mut Vec<Source>) {
    let visible = |entry: &DirEntry| {
        let hidden = entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
        let excepted = entry.file_type().is_dir()
            && except.is_some_and(|except| entry.path().canonicalize().is_ok_and(|path| path == except));
        !hidden && !excepted
    };
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter().filter_entry(visible) {
        let entry = match entry {
            Ok(entry) => entry,
            // A folder without permission, or a dangling or circular link: continue with the rest.
            Err(error) => {
                tracing::warn!("left out: {error}");
                continue;
            }
        };
        if entry.file_type().is_file() && looks_like_an_image(entry.path()) {
            let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            sources.push(Source { path: entry.path().to_path_buf(), key: key(&prefix.join(below)) });
        }
    }
}

/// `.` and `..` also have a name once they are resolved.
fn folder_name(path: &Path) -> PathBuf {
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    resolved.file_name().map(PathBuf::from).unwrap_or_default()
}

fn key(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn no_images(path: &Path) -> anyhow::Error {
    let known = extensions().collect::<Vec<_>>().join(", ");
    Usage(format!("{}: no images in this folder; looked for files that end in {known}", path.display())).into()
}

fn extensions() -> impl Iterator<Item = &'static str> {
    Format::decodable().flat_map(|format| format.info().extensions).copied()
}

fn looks_like_an_image(path: &Path) -> bool {
    match path.extension() {
        Some(extension) => extensions().any(|known| extension.eq_ignore_ascii_case(known)),
        None => begins_as_an_image(path).unwrap_or(false),
    }
}

fn begins_as_an_image(path: &Path) -> std::io::Result<bool> {
    /// Comments may precede an SVG's root element.
    const START: u64 = 4096;
    let mut start = Vec::new();
    File::open(path)?.take(START).read_to_end(&mut start)?;
    Ok(Format::of(&start).is_some())
}

/// The bytes of a photo. A file that exceeds the limits is not read.
pub(crate) fn read(path: &Path, limits: &Limits) -> anyhow::Result<Vec<u8>> {
    let cannot = || "cannot be read";
    let metadata = fs::metadata(path).with_context(cannot)?;
    anyhow::ensure!(metadata.is_file(), "not a file");
    limits.check(LimitKind::SourceBytes, metadata.len()).map_err(Error::from)?;
    fs::read(path).with_context(cannot)
}
