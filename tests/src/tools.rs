use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// The repository's root.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the repository").to_path_buf()
}

/// A built component, by its name in target/darkroom.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn component(name: &str) -> PathBuf {
    let path = repository().join("target/darkroom").join(name);
    assert!(path.exists(), "{} is missing: run `make build`", path.display());
    path
}

/// The output of a Node script in `tests/js`.
///
/// # Panics
/// When it fails.
#[must_use]
pub fn node(script: &str, arguments: &[&Path]) -> String {
    let script = repository().join("tests/js").join(script);
    run(Command::new("node").arg(script).args(arguments))
}

/// The output of a Python script in `tests/`, in the environment that `make test` sets up.
///
/// # Panics
/// When it fails.
#[must_use]
pub fn python(script: &str, arguments: &[&Path]) -> String {
    let script = repository().join("tests").join(script);
    run(Command::new(venv("python")).arg(script).args(arguments))
}

/// A program that `make test` installs from PyPI.
#[must_use]
pub fn venv(program: &str) -> PathBuf {
    venv_of("tests", program)
}

/// A program in one of the environments that `scripts/packages.sh` creates.
#[must_use]
pub fn venv_of(name: &str, program: &str) -> PathBuf {
    cache().join(format!("{name}-venv/bin")).join(program)
}

/// The folder in which `make lambda` puts the contents of Lambda's zip; `DARKROOM_LAMBDA` names another one.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn lambda_package() -> PathBuf {
    let folder = std::env::var_os("DARKROOM_LAMBDA").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| repository().join("target/lambda"));
    assert!(folder.join("bootstrap").exists(), "{} is missing: run `make lambda`", folder.display());
    folder
}

/// The project's own cache folder.
fn cache() -> PathBuf {
    let from_environment = std::env::var_os("DARKROOM_CACHE").map(PathBuf::from);
    let user = || std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").expect("HOME")).join(".cache");
    from_environment.unwrap_or_else(|| user().unwrap_or_else(home).join("darkroom"))
}

/// A program's output.
///
/// # Panics
/// When it fails.
#[must_use]
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; run `make test`"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed ({}):\n{stderr}", output.status);
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Lower case hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
