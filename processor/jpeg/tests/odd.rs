//! Files that T.81 forbids but that decoders accept. tests/fixtures/make.py makes each file from one image.

#[allow(dead_code, reason = "nothing is corrupted here")]
mod common;

use common::repository;
use darkroom_jpeg::{Decoder, Error, Reduction};

const REDUCTIONS: [Reduction; 4] = [Reduction::None, Reduction::Half, Reduction::Quarter, Reduction::Eighth];

fn file(name: &str) -> Vec<u8> {
    let path = repository().join(format!("tests/fixtures/good/jpeg-{name}.jpg"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Pixels of three bytes each, and the number of pixels per row.
fn decode(source: &[u8], reduction: Reduction) -> Result<(Vec<u8>, usize), Error> {
    let mut rows = Decoder::new(source)?.rows(reduction)?;
    let (width, height) = rows.size();
    let mut pixels = vec![0; width * height * 3];
    pixels.chunks_exact_mut(width * 3).try_for_each(|row| rows.read(row))?;
    Ok((pixels, width))
}

#[test]
fn what_can_be_put_right_costs_no_pixel() {
    // No Huffman tables, the same ID for all components, two Adobe segments, and a misnumbered restart marker.
    for name in ["no-tables", "same-names", "two-adobe", "restart-wrong", "restart-wrong-progressive"] {
        for reduction in REDUCTIONS {
            assert_eq!(decode(&file(name), reduction), decode(&file("420"), reduction), "{name}, {reduction:?}");
        }
    }
}

#[test]
fn a_missing_restart_marker_costs_what_it_stood_before() {
    let (whole, width) = decode(&file("420"), Reduction::None).expect("an image");
    for name in ["restart-missing", "restart-missing-progressive"] {
        let (found, _) = decode(&file(name), Reduction::None).expect("an image");
        // Units of 16 × 16, four across, three between two markers. The last two of the second row and the first of the
        // third are lost, along with the pixels next to them, where chroma is interpolated.
        let lost = |at: usize| {
            let (x, y) = (at % width, at / width);
            ((15..=32).contains(&y) && x >= 31) || (y >= 31 && x <= 16)
        };
        let differ: Vec<_> = (0..whole.len() / 3).filter(|at| whole[3 * at..][..3] != found[3 * at..][..3]).collect();
        assert!(differ.iter().all(|at| lost(*at)) && differ.len() > 400, "{name}: {} pixels", differ.len());
    }
}

#[test]
fn a_progressive_image_has_its_own_tables() {
    let source = file("restart-progressive");
    let mut without = source[..2].to_vec();
    let mut at = 2;
    while source[at + 1] != 0xDA {
        let end = at + 2 + usize::from(u16::from_be_bytes([source[at + 2], source[at + 3]]));
        if source[at + 1] != 0xC4 {
            without.extend_from_slice(&source[at..end]);
        }
        at = end;
    }
    without.extend_from_slice(&source[at..]);
    assert_eq!(decode(&without, Reduction::None), Err(Error::Malformed("a Huffman table is missing")));
}
