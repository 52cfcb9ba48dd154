//! What a build says that it can do is what it does, whichever codecs it has.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use darkroom_processor::{Error, Format, Limits, Recipe, decodes, encodes, transform};

/// A file of each format.
fn sources() -> BTreeMap<Format, Vec<u8>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let entries = ["good", "svg"].map(|folder| fs::read_dir(fixtures.join(folder)).expect("a folder of fixtures"));
    let files =
        entries.into_iter().flatten().map(|entry| fs::read(entry.expect("an entry").path()).expect("a fixture"));
    files.filter_map(|file| Some((Format::of(&file)?, file))).collect()
}

#[test]
fn formats_are_decoded_and_encoded_as_they_are_told() {
    let sources = sources();
    assert_eq!(sources.len(), Format::decodable().count());
    for (format, source) in &sources {
        let recipes: Vec<Recipe> = vec!["width=8,format=png,anim=false".parse().expect("a recipe")];
        let made = transform(source.as_slice(), &recipes, &Limits::default()).map(|made| made.results[0].clone());
        if decodes(*format) {
            assert!(matches!(made, Ok(Ok(_))), "{format:?}: {made:?}");
        } else {
            assert!(matches!(made, Err(Error::UnrecognizedFormat(_))), "{format:?}: {made:?}");
        }
    }
    let recipes: Vec<Recipe> = Format::encodable()
        .map(|format| format!("width=8,format={}", format.name()).parse().expect("a recipe"))
        .collect();
    let made = transform(sources[&Format::Png].as_slice(), &recipes, &Limits::default()).expect("a source").results;
    for (format, result) in Format::encodable().zip(made) {
        if encodes(format) {
            assert_eq!(result.map(|made| made.format), Ok(format));
        } else {
            assert!(matches!(result, Err(Error::UnsupportedFeature(_))), "{format:?}: {result:?}");
        }
    }
    assert!(Format::ALL.iter().all(|format| !encodes(*format) || format.encoder().is_some()));
}
