//! Fixtures, valid and corrupt.

use std::fs;
use std::path::{Path, PathBuf};

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every JPEG test file, valid and corrupt, with its path.
pub(crate) fn fixtures() -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for folder in ["processor/jpeg/tests/fixtures", "tests/fixtures/good", "tests/fixtures/bad"] {
        for entry in fs::read_dir(repository().join(folder)).expect("a folder of fixtures") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|ending| ending == "jpg") {
                let bytes = fs::read(&path).expect("a fixture");
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    assert!(found.len() > 40, "only {} fixtures", found.len());
    found
}

/// Pseudo-random numbers, the same in each run (xorshift64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    /// `source` with some bytes changed, truncated, or with a part removed or repeated.
    pub(crate) fn corrupt(&mut self, source: &[u8]) -> Vec<u8> {
        let mut bytes = source.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len().max(1));
            let end = (at + self.below(40)).min(bytes.len());
            match self.below(8) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
                3 => bytes[at..end].fill(0xFF),
                _ if at < bytes.len() => bytes[at] = self.below(256) as u8,
                _ => {}
            }
        }
        bytes
    }
}
