//! The contents of Lambda's zip.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::process::Command;

use darkroom_tests::{lambda_package, repository};

/// Amazon Linux 2023's.
const GLIBC: (u32, u32) = (2, 34);

#[test]
fn the_program_runs_on_amazon_linux_2023() {
    let program = fs::read(lambda_package().join("bootstrap")).expect("the program");
    let wanted: BTreeSet<(u32, u32)> =
        String::from_utf8_lossy(&program).split("GLIBC_").skip(1).filter_map(version).collect();
    let highest = wanted.last().expect("it is linked with glibc");
    assert!(*highest <= GLIBC, "it wants glibc {highest:?}: Amazon Linux 2023 has {GLIBC:?}");
}

/// `2.34` at the start of a text.
fn version(text: &str) -> Option<(u32, u32)> {
    let (major, rest) = text.split_once('.')?;
    let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[test]
fn the_program_has_no_compiler_inside() {
    let tree = tree("darkroom-lambda");
    assert!(tree.contains("wasmtime v"), "{tree}");
    assert!(!tree.contains("cranelift-codegen v"), "{tree}");
}

/// Codecs run in the sandbox and nowhere else.
#[test]
fn no_native_program_links_a_codec() {
    for program in ["darkroom-lambda", "darkroom-cli", "darkroom-serve"] {
        let tree = tree(program);
        for codec in [
            "darkroom-processor v",
            "darkroom-jpeg v",
            "darkroom-heif v",
            "libwebp-sys v",
            "darkroom-libjxl v",
            "jxl v",
            "rav1e v",
        ] {
            assert!(!tree.contains(codec), "{program} links {codec}");
        }
    }
}

/// The libraries that a program is linked with.
fn tree(package: &str) -> String {
    let output = Command::new(env::var_os("CARGO").expect("run by cargo"))
        .args(["tree", "--locked", "-p", package, "--edges", "normal", "--prefix", "none"])
        .current_dir(repository())
        .output()
        .expect("cargo tree");
    String::from_utf8(output.stdout).expect("UTF-8")
}
