//! Compiles `c/decimate.c`, which includes one of libwebp's own files, with the sources that libwebp-sys brings.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

fn main() {
    println!("cargo:rerun-if-changed=c/decimate.c");
    let mut build = cc::Build::new();
    build.file("c/decimate.c").include(sources()).define("NDEBUG", "1").opt_level(3);
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch != "wasm32") {
        build.define("WEBP_USE_THREAD", "1");
    }
    build.compile("darkroom_decimate");
}

/// The folder of libwebp's sources. libwebp-sys does not tell where it has them; cargo does.
fn sources() -> PathBuf {
    let target = env::var("TARGET").expect("cargo sets it");
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo sets it"));
    let output = cargo.args(["metadata", "--locked", "--format-version", "1", "--filter-platform", &target]).output();
    let output = output.expect("cargo metadata");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == "libwebp-sys").expect("a dependency");
    let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a path"));
    manifest.with_file_name("vendor")
}
