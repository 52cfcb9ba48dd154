//! Finds what the binary embeds: the component, with its digest for `--version`, and the licences that `darkroom licenses`
//! prints. `make build` makes both in target/darkroom, and scripts/crates.sh puts them into the crate that is published.

use std::path::Path;
use std::{env, fs};

use sha2::{Digest, Sha256};

fn main() {
    let root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let published = Path::new(&root).join("embedded");
    println!("cargo::rerun-if-changed={}", published.display());
    let folder = if published.exists() { published } else { Path::new(&root).join("../../target/darkroom") };
    for (name, variable) in [("processor.wasm", "DARKROOM_COMPONENT"), ("THIRD-PARTY.txt", "DARKROOM_LICENCES")] {
        let file = folder.join(name);
        println!("cargo::rerun-if-changed={}", file.display());
        match fs::read(&file) {
            Ok(bytes) => {
                let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
                println!("cargo::rustc-env={variable}={}", file.display());
                println!("cargo::rustc-env={variable}_DIGEST={digest}");
            }
            Err(error) => {
                println!("cargo::error=target/darkroom/{name}: {error}; run `make build`, which makes it first")
            }
        }
    }
}
