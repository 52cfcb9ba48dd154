//! The golden matrix, twice: engines.rs runs it in every other engine.
//!
//! tests/golden/outputs.txt holds one SHA-256 per case, and their output version. After an intended change, raise
//! `OUTPUT_VERSION` in processor/recipe and run `UPDATE_GOLDEN=1 make test`.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use darkroom_recipe::{Limits, OUTPUT_VERSION};
use darkroom_tests::{Case, Engine, cases, processor, repository, sha256};

fn golden_file() -> PathBuf {
    repository().join("tests/golden/outputs.txt")
}

/// One line per case: its name, and the SHA-256 of its bytes or the word for its error.
pub(crate) fn render(processor: &Engine, cases: &[Case]) -> String {
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

pub(crate) fn diff(expected: &str, actual: &str) -> String {
    let differing = actual.lines().filter(|line| !expected.lines().any(|known| known == *line));
    differing.collect::<Vec<_>>().join("\n")
}

/// Excludes CMYK profiles, which are converted in floating point: the native build rounds differently.
pub(crate) fn exact() -> Vec<Case> {
    cases().into_iter().filter(|case| !case.name.contains("-cmyk-icc")).collect()
}

#[test]
fn the_golden_bytes_twice() {
    let processor = processor();
    let mut cases = if matches!(processor, Engine::Native) { exact() } else { cases() };
    cases.retain(|case| processor.has(&case.name[..case.name.find(':').unwrap_or(0)], &case.recipe.to_string()));
    let first = render(&processor, &cases);
    assert_eq!(render(&processor, &cases), first, "the second run differs");
    let version = OUTPUT_VERSION;
    let actual = format!("output version {version}\n{first}");
    let expected = fs::read_to_string(golden_file()).unwrap_or_default();
    if matches!(processor, Engine::Native) {
        let unknown = diff(&expected, &first);
        return assert!(unknown.is_empty(), "not the golden bytes:\n{unknown}");
    }
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
