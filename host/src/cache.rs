//! Compiled code in the user's cache folder. Compiling takes seconds; loading from the cache takes milliseconds.

use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{env, fs};

use crc_fast::CrcAlgorithm;
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::LoadError;
use crate::engine::{deserialize, map};

/// The number of files to keep: one for each recent release and machine that shares the folder.
const KEPT: usize = 4;

const SUFFIX: &str = ".cwasm";

/// Detects damaged files. It takes a millisecond. A cryptographic digest would not protect more, since anyone with
/// write access to the folder could replace that too.
const CHECKSUM: CrcAlgorithm = CrcAlgorithm::Crc64Nvme;

/// Bytes per read when computing the checksum.
const CHUNK: usize = 256 << 10;

/// `$XDG_CACHE_HOME/darkroom/cwasm`, or `~/.cache/darkroom/cwasm`; `None` if neither variable is set.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    // The XDG specification requires that a relative path is ignored.
    let xdg = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = xdg.or_else(|| Some(env::home_dir()?.join(".cache")))?;
    Some(caches.join("darkroom").join("cwasm"))
}

/// Loads the compiled component from `folder`, or compiles it with `engine`. A damaged file is replaced; a folder that
/// can't be written only causes a warning.
pub(crate) fn load(engine: &Engine, wasm: &[u8], folder: Option<&Path>) -> Result<Component, LoadError> {
    let Some(folder) = folder else { return deserialize(engine, &compile(engine, wasm)?) };
    let key = key(engine, wasm);
    if let Some(component) = find(folder, &key).and_then(|path| map(engine, &path).ok()) {
        return Ok(component);
    }
    let code = compile(engine, wasm)?;
    if let Err(error) = write(folder, &key, &code) {
        tracing::warn!("compiled code can't be kept in {}: {error}; every start will compile again", folder.display());
    }
    deserialize(engine, &code)
}

fn compile(engine: &Engine, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
    engine.precompile_component(wasm).map_err(|error| LoadError::Component(format!("{error:#}")))
}

/// Covers the component and everything that wasmtime compares before it accepts precompiled code: its version, the
/// target, the CPU features and the settings.
fn key(engine: &Engine, wasm: &[u8]) -> String {
    let mut hasher = Sha256Hasher(Sha256::new_with_prefix(wasm));
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Receives the output of a [`Hash`] implementation. std's own hasher may change between Rust releases.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        u64::from_le_bytes(self.0.clone().finalize()[..8].try_into().unwrap_or_default())
    }
}

/// The file for that key, if it is intact. It is mapped rather than read, so only the pages that run take memory.
fn find(folder: &Path, key: &str) -> Option<PathBuf> {
    let paths = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    paths.into_iter().find(|path| {
        let parts = path.file_name().and_then(|name| name.to_str()?.strip_suffix(SUFFIX)?.split_once('-'));
        parts.is_some_and(|(named, sum)| named == key && checksum(path).is_some_and(|found| found == sum))
    })
}

fn checksum(path: &Path) -> Option<String> {
    let sum = crc_fast::checksum_file(CHECKSUM, path.to_str()?, Some(CHUNK)).ok()?;
    Some(format!("{sum:016x}"))
}

/// Writes to a temporary name and renames, so that another process sees the whole file or none. The name contains the
/// checksum.
fn write(folder: &Path, key: &str, code: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(code)?;
    let sum = crc_fast::checksum(CHECKSUM, code);
    file.persist(folder.join(format!("{key}-{sum:016x}{SUFFIX}")))?;
    prune(folder)
}

/// Removes all but the newest files.
fn prune(folder: &Path) -> io::Result<()> {
    let files = fs::read_dir(folder)?.filter_map(|entry| {
        let path = entry.ok()?.path();
        let modified = path.metadata().ok()?.modified().ok()?;
        path.extension().is_some_and(|extension| extension == "cwasm").then_some((modified, path))
    });
    let mut files: Vec<_> = files.collect();
    files.sort_by(|a, b| b.cmp(a));
    files.iter().skip(KEPT).try_for_each(|(_, path)| fs::remove_file(path))
}
