//! For build scripts that compile a dependency's sources in another way: where they are.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// The folder of the package `name`, which the calling build script's package depends on, also for its tests only. A crate
/// does not tell where it is; cargo does, and fetches it where it is missing.
///
/// # Panics
/// When it is called outside of a build script, cargo fails, or there is no such package.
#[must_use]
pub fn folder(name: &str) -> PathBuf {
    let target = env::var("TARGET").expect("cargo sets it");
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo sets it"));
    let output = cargo.args(["metadata", "--locked", "--format-version", "1", "--filter-platform", &target]).output();
    let output = output.expect("cargo metadata");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == name);
    let manifest = package.unwrap_or_else(|| panic!("{name} is no dependency"))["manifest_path"].as_str();
    PathBuf::from(manifest.expect("a path")).parent().expect("a folder").to_owned()
}
