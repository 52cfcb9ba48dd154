//! Transcodes JPEG files with changed bytes to JPEG XL, and encodes arbitrary pixels: the result is an error or a
//! readable file. The fuzz target `jxl-encode` does the same; `PROPTEST_CASES` sets the number of cases.

#[path = "../fuzz/harness.rs"]
#[allow(dead_code, reason = "each target is one of the functions")]
mod harness;

use std::fs;
use std::path::Path;

use proptest::prelude::*;

/// A fixture other than CMYK, which JPEG XL does not support.
fn jpeg() -> impl Strategy<Value = Vec<u8>> {
    let names = ["420", "422", "444", "exif", "grey", "progressive-420", "restart", "rgb"];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/good");
    let file = move |name| fs::read(folder.join(format!("jpeg-{name}.jpg"))).expect("a fixture");
    prop::sample::select(names.map(file).to_vec())
}

proptest! {
    #[test]
    fn a_changed_jpeg_is_taken_over_or_refused(
        effort in any::<u8>(),
        mut source in jpeg(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        for (at, byte) in changes {
            let at = at.index(source.len());
            source[at] = byte;
        }
        let end = end.map_or(source.len(), |end| end.index(source.len()));
        harness::jxl_encode_target(&[&[0, 0, effort], &source[..end]].concat());
    }

    #[test]
    fn any_pixels_are_encoded(
        kind in any::<u8>(),
        width in any::<u8>(),
        effort in any::<u8>(),
        pixels in prop::collection::vec(any::<u8>(), 0..6000),
    ) {
        harness::jxl_encode_target(&[&[kind | 1, width, effort], &*pixels].concat());
    }
}
