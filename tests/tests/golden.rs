//! The same bytes everywhere: the golden matrix in wasmtime (twice), in Node's V8 and in workerd.
//!
//! tests/golden/outputs.txt holds one SHA-256 a case, under the output version that they belong to. After a change
//! that is meant, raise `OUTPUT_VERSION` in processor/recipe and run `UPDATE_GOLDEN=1 make test`.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use darkroom_host::Processor;
use darkroom_recipe::Limits;
use darkroom_tests::{Case, cases, component, node, processor, repository, sha256};

fn golden_file() -> PathBuf {
    repository().join("tests/golden/outputs.txt")
}

/// A line a case: its name, and the SHA-256 of its bytes or the word for its error.
fn render(processor: &Processor, cases: &[Case]) -> String {
    let mut lines = String::new();
    for case in cases {
        let source = fs::read(&case.source).expect("a fixture");
        let transformed = processor.transform(&source, std::slice::from_ref(&case.recipe), &Limits::default());
        let rendition = transformed.and_then(|mut transformed| transformed.results.remove(0));
        let rendition = rendition.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let _ = writeln!(lines, "{} {}", case.name, sha256(&rendition.bytes));
    }
    lines
}

fn diff(expected: &str, actual: &str) -> String {
    let differing = actual.lines().filter(|line| !expected.lines().any(|known| known == *line));
    differing.collect::<Vec<_>>().join("\n")
}

#[test]
fn wasmtime_gives_the_golden_bytes_twice() {
    let (processor, cases) = (processor(), cases());
    let first = render(&processor, &cases);
    assert_eq!(render(&processor, &cases), first, "the second run differs");
    let version = processor.output_version();
    let actual = format!("output version {version}\n{first}");
    let expected = fs::read_to_string(golden_file()).unwrap_or_default();
    let known = |line: &str| first.lines().any(|new| new == line);
    let kept = expected.lines().skip(1).all(|line| known(line) || !is_case(&first, line));
    let same_version = expected.starts_with(&format!("output version {version}\n"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        assert!(
            kept || !same_version,
            "bytes changed: raise OUTPUT_VERSION before updating\n{}",
            diff(&expected, &actual)
        );
        fs::write(golden_file(), &actual).expect("writing the golden file");
    } else {
        assert!(expected == actual, "not the golden bytes:\n{}", diff(&expected, &actual));
    }
}

/// Whether a golden line's case is still in the matrix.
fn is_case(lines: &str, golden: &str) -> bool {
    let name = golden.rsplit_once(' ').map_or(golden, |(name, _)| name);
    lines.lines().any(|line| line.rsplit_once(' ').is_some_and(|(other, _)| other == name))
}

#[test]
fn other_engines_give_the_same_bytes() {
    let list = std::env::temp_dir().join(format!("darkroom-cases-{}.json", std::process::id()));
    let json: Vec<_> = cases().iter().map(Case::to_json).collect();
    fs::write(&list, serde_json::to_vec(&json).expect("JSON")).expect("writing the cases");
    let expected = render(&processor(), &cases());
    for script in ["v8.mjs", "workerd.mjs"] {
        let actual = node(script, &[&component("processor.wasm"), &list]);
        assert!(actual == expected, "{script} differs:\n{}", diff(&expected, &actual));
    }
    fs::remove_file(list).expect("removing the cases");
}

#[test]
fn the_command_gives_the_same_bytes_on_the_stock_wasmtime() {
    let case = cases().into_iter().find(|case| case.name.ends_with(".jpg:width=320")).expect("a photo");
    let expected = render(&processor(), std::slice::from_ref(&case));
    // No directory is granted.
    let output = Command::new(darkroom_tests::venv("wasmtime"))
        .arg("run")
        .arg(component("darkroom.wasm"))
        .args(["--width", "320"])
        .stdin(fs::File::open(&case.source).expect("the photo"))
        .output()
        .expect("wasmtime runs: `make test` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(format!("{} {}\n", case.name, sha256(&output.stdout)), expected);
}

#[test]
fn the_command_says_what_is_wrong() {
    let output = Command::new(darkroom_tests::venv("wasmtime"))
        .arg("run")
        .arg(component("darkroom.wasm"))
        .args(["--width", "0"])
        .output()
        .expect("wasmtime runs: `make test` installs it");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("--width=0: must be an integer from 1 to 65535"), "{stderr}");
}
