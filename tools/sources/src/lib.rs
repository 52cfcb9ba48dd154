//! Locates a dependency's sources, for build scripts that compile them differently.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// The folder of the package `name`, on which the calling build script's package depends, if only for its tests. A
/// crate can't report its folder; cargo can, and downloads it if it is missing.
///
/// # Panics
/// If it is called outside a build script, cargo fails, or there is no such package.
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
