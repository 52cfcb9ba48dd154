//! Compiled code in the user's cache folder. Compiling takes seconds, loading what is kept here milliseconds.

use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::LoadError;
use crate::engine::deserialize;

/// Files kept: one for each of the last releases and machines that shared the folder.
const KEPT: usize = 4;

/// Every file begins with the SHA-256 of what follows.
const DIGEST: usize = 32;

/// `$XDG_CACHE_HOME/darkroom/cwasm`, or `~/.cache/darkroom/cwasm`; none where neither is known.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    // The XDG specification says to ignore a relative path.
    let xdg = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = xdg.or_else(|| Some(env::home_dir()?.join(".cache")))?;
    Some(caches.join("darkroom").join("cwasm"))
}

/// The component, compiled by `engine` or taken from `folder`. A file that is damaged is made again; a folder that
/// can't be written is a warning.
pub(crate) fn load(engine: &Engine, wasm: &[u8], folder: Option<&Path>) -> Result<Component, LoadError> {
    let Some(folder) = folder else { return deserialize(engine, &compile(engine, wasm)?) };
    let path = folder.join(format!("{}.cwasm", key(engine, wasm)));
    if let Some(component) = read(&path).and_then(|code| deserialize(engine, &code).ok()) {
        return Ok(component);
    }
    let code = compile(engine, wasm)?;
    if let Err(error) = write(folder, &path, &code) {
        tracing::warn!("compiled code can't be kept in {}: {error}; every start will compile again", folder.display());
    }
    deserialize(engine, &code)
}

fn compile(engine: &Engine, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
    engine.precompile_component(wasm).map_err(|error| LoadError::Component(format!("{error:#}")))
}

/// Covers the component, and all that wasmtime compares before it takes precompiled code: its version, the target,
/// the CPU features and the settings.
fn key(engine: &Engine, wasm: &[u8]) -> String {
    let mut hasher = Sha256Hasher(Sha256::new_with_prefix(wasm));
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Takes what a [`Hash`] writes. std's own hasher may change from one release of Rust to the next.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        u64::from_le_bytes(self.0.clone().finalize()[..8].try_into().unwrap_or_default())
    }
}

/// None where there is no such file, or not as it was written.
fn read(path: &Path) -> Option<Vec<u8>> {
    let file = fs::read(path).ok()?;
    let (digest, code) = file.split_at_checked(DIGEST)?;
    (Sha256::digest(code)[..] == *digest).then(|| code.to_vec())
}

/// Written beside its place and renamed, so that another process sees all of it or nothing.
fn write(folder: &Path, path: &Path, code: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&Sha256::digest(code))?;
    file.write_all(code)?;
    file.persist(path)?;
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
