//! Damaged JPEGs, compared with libjpeg. processor/tests/damaged.rs covers all other damaged files.

use darkroom_recipe::{Limits, Recipe};
use darkroom_tests::{decode_bytes, fixture, processor};

/// The same pixels as Pillow with libjpeg-turbo, to the bit.
#[test]
fn a_damaged_jpeg_is_what_libjpeg_shows() {
    let engine = processor();
    let mut files = Vec::new();
    let cut = |name: &str, percent: usize| {
        let source = fixture(&format!("good/{name}"));
        source[..source.len() * percent / 100].to_vec()
    };
    for name in ["jpeg-420.jpg", "jpeg-422.jpg", "jpeg-444.jpg", "jpeg-grey.jpg", "jpeg-restart.jpg", "jpeg-rgb.jpg"] {
        files.extend([60, 75, 90].map(|percent| (format!("{name}, {percent} %"), cut(name, percent))));
    }
    for name in ["broken-codes.jpg", "corrupt.jpg", "last-bytes.jpg"] {
        files.push((name.into(), fixture(&format!("bad/{name}"))));
    }
    let png: Recipe = "format=png".parse().expect("a recipe");
    let show = |(name, file): &(String, Vec<u8>)| {
        let mut made = engine.transform(file, std::slice::from_ref(&png), &Limits::default()).expect(name);
        made.results.remove(0).expect(name).bytes
    };
    let shown: Vec<Vec<u8>> = files.iter().map(show).collect();
    let all: Vec<&[u8]> =
        files.iter().map(|(_, file)| file.as_slice()).chain(shown.iter().map(Vec::as_slice)).collect();
    let pictures = decode_bytes(&all);
    let (theirs, ours) = pictures.split_at(files.len());
    for ((name, _), (theirs, ours)) in files.iter().zip(theirs.iter().zip(ours)) {
        assert_eq!(ours.difference(theirs).max, 0, "{name}");
    }
}
