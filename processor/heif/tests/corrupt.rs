//! Files that are truncated or damaged anywhere yield an image or an error, within the predicted memory.

use std::fs;
use std::path::Path;

use darkroom_heif::Decoder;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).expect("a fixture")
}

/// Whether it can be decoded.
fn decodes(source: &[u8]) -> bool {
    let Ok(decoder) = Decoder::new(source) else { return false };
    let _ = (decoder.exif(), decoder.xmp(), decoder.gain_map(), decoder.icc_profile());
    decoder.memory(1).is_ok_and(|memory| memory < 64 << 20)
        && decoder.decode(1).is_ok_and(|image| image.damage.is_none())
}

fn names() -> Vec<&'static str> {
    let mut names = vec!["420.avif", "alpha.avif", "grid-alpha.avif", "idat.avif", "pieces.avif"];
    if cfg!(feature = "heic") {
        names.extend(["420.heic", "cropped-turned.heic", "grid.heic", "metadata.heic"]);
    }
    names
}

#[test]
fn a_file_cut_off_is_an_error() {
    for name in names() {
        let source = fixture(name);
        assert!(decodes(&source), "{name}");
        // The last bytes of a file may belong to no required item.
        for length in (0..source.len() / 2).step_by(31) {
            assert!(!decodes(&source[..length]), "{name} of {length} bytes");
        }
    }
}

#[test]
fn damage_is_survived() {
    for name in names() {
        let source = fixture(name);
        for place in (0..source.len()).step_by(37) {
            let mut damaged = source.clone();
            damaged[place] ^= 1 << (place % 8);
            damaged[place / 2] = damaged[place / 2].wrapping_add(place as u8 | 1);
            decodes(&damaged);
        }
    }
}
