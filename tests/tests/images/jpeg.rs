//! The JPEG decoder's samples equal libjpeg-turbo's, to the bit: for every kind of JPEG, whole and scaled in the DCT.

use std::fs;
use std::path::{Path, PathBuf};

use darkroom_jpeg::{Decoder, Reduction};
use darkroom_tests::{python, repository};

/// Good JPEGs: fixtures, and whole photos.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["processor/jpeg/tests/fixtures", "tests/fixtures/good", "examples/photos"] {
        let entries = fs::read_dir(repository().join(folder)).expect("a folder");
        files.extend(entries.map(|entry| entry.expect("an entry").path()));
    }
    files.retain(|path| path.extension().is_some_and(|ending| ending == "jpg"));
    files.sort();
    assert!(files.len() > 45, "only {} files", files.len());
    files
}

/// Width, height, bytes a pixel, and the pixels.
fn decode(file: &Path, reduction: Reduction) -> (usize, usize, usize, Vec<u8>) {
    let source = fs::read(file).expect("a file");
    let decoder = Decoder::new(&source).expect("headers");
    let mut rows = decoder.rows(reduction).expect("an image");
    let ((width, height), channels) = (rows.size(), rows.channels());
    let mut pixels = vec![0; width * height * channels];
    for row in pixels.chunks_exact_mut(width * channels) {
        rows.read(row).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    (width, height, channels, pixels)
}

#[test]
fn samples_are_those_of_libjpeg_turbo() {
    let files = files();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments: Vec<&Path> = [folder.path()].into_iter().chain(files.iter().map(PathBuf::as_path)).collect();
    let facts: Vec<[usize; 5]> = serde_json::from_str(&python("reference/jpeg.py", &arguments)).expect("JSON");
    assert!(facts.len() >= 4 * files.len() - 4, "{} of {} files", facts.len(), files.len());
    for [number, times, width, height, channels] in facts {
        let reductions = [Reduction::None, Reduction::Half, Reduction::Quarter, Reduction::Eighth];
        let found = decode(&files[number], reductions[times.ilog2() as usize]);
        let name = files[number].display();
        assert_eq!((found.0, found.1, found.2), (width, height, channels), "{name}, reduced {times} times");
        let expected = fs::read(folder.path().join(format!("{number}-{times}.raw"))).expect("samples");
        let apart = found.3.iter().zip(&expected).filter(|(a, b)| a != b).count();
        assert_eq!(apart, 0, "{name}, reduced {times} times: so many samples of {} differ", expected.len());
    }
}
