//! The image core as arm64 code. `make test-arm64` runs this: emulated, it takes minutes.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use darkroom_tests::{cases, repository, sha256};

#[test]
#[ignore = "make test-arm64 builds what it needs"]
fn arm64_gives_the_golden_bytes() {
    let root = repository();
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("list");
    let cases = cases();
    let lines: Vec<String> = cases.iter().map(|case| format!("{}\t{}", case.source.display(), case.recipe)).collect();
    fs::write(&list, lines.join("\n")).expect("the list");
    let status = Command::new("qemu-aarch64")
        .args(["-L", "/usr/aarch64-linux-gnu"])
        .arg(root.join("target/aarch64-unknown-linux-gnu/release/examples/render"))
        .arg(root.join("target/lambda-arm64/processor.cwasm"))
        .args([list.as_path(), folder.path()])
        .status()
        .expect("qemu-aarch64 runs");
    assert!(status.success(), "{status}");
    let mut actual = String::new();
    for (number, case) in cases.iter().enumerate() {
        let bytes = fs::read(folder.path().join(number.to_string())).expect("an output");
        let _ = writeln!(actual, "{} {}", case.name, sha256(&bytes));
    }
    let golden = fs::read_to_string(root.join("tests/golden/outputs.txt")).expect("the golden file");
    let expected = golden.split_once('\n').map_or("", |(_, lines)| lines);
    assert!(actual == expected, "not the golden bytes:\n{actual}");
}
