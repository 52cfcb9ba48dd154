//! What goes into Lambda's zip.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::process::Command;

use darkroom_tests::{lambda_package, repository};

/// Amazon Linux 2023's.
const GLIBC: (u32, u32) = (2, 34);

/// AWS allows 50 MB; a small one starts sooner.
const MAX_ZIP: u64 = 10_000_000;

#[test]
fn the_program_runs_on_amazon_linux_2023() {
    let program = fs::read(lambda_package().join("bootstrap")).expect("the program");
    let wanted: BTreeSet<(u32, u32)> =
        String::from_utf8_lossy(&program).split("GLIBC_").skip(1).filter_map(version).collect();
    let highest = wanted.last().expect("it is linked with glibc");
    assert!(*highest <= GLIBC, "it wants glibc {highest:?}: Amazon Linux 2023 has {GLIBC:?}");
}

/// `2.34` at the beginning of a text.
fn version(text: &str) -> Option<(u32, u32)> {
    let (major, rest) = text.split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[test]
fn the_program_has_no_compiler_inside() {
    let output = Command::new(env::var_os("CARGO").expect("run by cargo"))
        .args(["tree", "--locked", "-p", "darkroom-lambda", "--edges", "normal", "--prefix", "none"])
        .current_dir(repository())
        .output()
        .expect("cargo tree");
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(tree.contains("wasmtime v"), "{tree}");
    assert!(!tree.contains("cranelift-codegen v"), "{tree}");
}

#[test]
fn the_zip_is_small() {
    let size = fs::metadata(lambda_package().join("lambda.zip")).expect("the zip").len();
    assert!(size < MAX_ZIP, "{size} bytes, must be at most {MAX_ZIP}");
}
