//! Finds the component to embed and computes its digest for `--version`; collects the licences that `darkroom licenses`
//! prints.

use std::path::Path;
use std::{env, fs};

use sha2::{Digest, Sha256};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let component = Path::new(&root).join("../../target/darkroom/processor.wasm");
    println!("cargo::rerun-if-changed={}", component.display());
    match fs::read(&component) {
        Ok(bytes) => {
            let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            println!("cargo::rustc-env=DARKROOM_COMPONENT={}", component.display());
            println!("cargo::rustc-env=DARKROOM_COMPONENT_DIGEST={digest}");
        }
        Err(error) => {
            println!("cargo::error=target/darkroom/processor.wasm: {error}; run `make build`, which makes it first");
        }
    }
    println!("cargo::rerun-if-changed={}", Path::new(&root).join("../../Cargo.lock").display());
    let licences = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("third-party.txt");
    if let Err(error) = fs::write(&licences, darkroom_third_party::text()) {
        println!("cargo::error={}: {error}", licences.display());
    }
}
