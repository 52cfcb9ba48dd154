//! Placeholders for an image, and the reported EXIF fields.

use std::collections::BTreeMap;

use darkroom_recipe::{Limits, Recipe};
use darkroom_tests::{decode_bytes, fixture, fixtures, processor};
use thumbhash::{rgba_to_thumb_hash, thumb_hash_to_approximate_aspect_ratio};

/// For every fixture's displayed pixels, by the reference implementation outside the sandbox.
#[test]
fn a_thumb_hash_is_that_of_the_image_as_shown() {
    let processor = processor();
    let recipe: Recipe = "width=100,height=100,format=png,anim=false".parse().expect("a recipe");
    let names = processor.fixtures();
    let sources: Vec<Vec<u8>> = names.iter().map(|name| fixture(&format!("good/{name}"))).collect();
    let small = |source: &Vec<u8>| {
        let transformed = processor.transform(source, std::slice::from_ref(&recipe), &Limits::default());
        transformed.expect("a source").results.remove(0).expect("a rendition").bytes
    };
    let small: Vec<Vec<u8>> = sources.iter().map(small).collect();
    let pictures = decode_bytes(&small.iter().map(Vec::as_slice).collect::<Vec<_>>());
    for ((name, source), picture) in names.iter().zip(&sources).zip(pictures) {
        let description = processor.describe(source, &Limits::default()).expect(name);
        let expected = rgba_to_thumb_hash(picture.width as usize, picture.height as usize, &picture.rgba);
        assert_eq!(description.thumb_hash, expected, "{name}");
        assert!(expected.len() <= 25, "{name}: {}", expected.len());
        let shown = f64::from(picture.width) / f64::from(picture.height);
        let told = f64::from(thumb_hash_to_approximate_aspect_ratio(&expected).expect("a ratio"));
        assert!((shown / told).log2().abs() < 0.5, "{name}: {shown} and {told}");
    }
}

#[test]
fn exif_tells_of_camera_and_rights_and_never_of_a_place() {
    let processor = processor();
    let describe = |name: &str| processor.describe(&fixture(name), &Limits::default()).expect(name);
    let exif = describe("good/jpeg-exif.jpg").exif;
    let told: Vec<(&str, &str)> = exif.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(told, [("Artist", "Ana Artist"), ("Copyright", "2026 Ana Artist"), ("Make", "Camera")]);
    assert_eq!(describe("good/jpeg-420.jpg").exif, BTreeMap::new());
}

#[test]
fn what_can_not_be_rendered_can_not_be_described() {
    let processor = processor();
    for name in fixtures("bad") {
        let source = fixture(&format!("bad/{name}"));
        let recipe: Recipe = "width=100,height=100,anim=false".parse().expect("a recipe");
        let rendered = processor.transform(&source, &[recipe], &Limits::default());
        let rendered = rendered.and_then(|mut transformed| transformed.results.remove(0));
        let described = processor.describe(&source, &Limits::default());
        assert_eq!(described.map(|_| ()), rendered.map(|_| ()), "{name}");
    }
}
