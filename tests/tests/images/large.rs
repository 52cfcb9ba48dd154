//! Output of phones and cameras, 12 megapixels each, in a Worker's memory: reduced while decoding, or refused by name.

use std::fs;

use darkroom_recipe::{Limits, Recipe};
use darkroom_tests::{processor, python};

/// A Worker's limit: 96 MiB minus 8 for the core itself.
const MEMORY: u64 = 88 << 20;

#[test]
fn twelve_megapixels_fit_into_a_worker_or_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let _ = python("fixtures/large.py", &[folder.path()]);
    let recipe: Recipe = "width=800,format=webp".parse().expect("a recipe");
    for (name, size) in
        [("phone.heic", Ok((800, 1067))), ("large.avif", Ok((800, 600))), ("large.jxl", Err("memory in bytes"))]
    {
        if !processor().has(name, "") {
            continue;
        }
        let source = fs::read(folder.path().join(name)).expect(name);
        let limits = Limits { memory: MEMORY - source.len() as u64, ..Limits::default() };
        let info = processor().probe(&source, &limits).expect(name);
        assert_eq!(info.width * info.height, 4032 * 3024, "{name}");
        let made =
            processor().transform(&source, std::slice::from_ref(&recipe), &limits).expect(name).results.remove(0);
        match (made, size) {
            (Ok(made), Ok(size)) => assert_eq!((made.width, made.height), size, "{name}"),
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{name}: {error}"),
            (made, _) => panic!("{name}: {:?}", made.map(|made| (made.width, made.height))),
        }
    }
}
