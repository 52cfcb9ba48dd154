//! Whatever the bytes are, the end is an image or an error.

mod common;

use std::path::PathBuf;

use common::{Random, fixtures};
use darkroom_jpeg::{Decoder, Error, Reduction, Sampling};

const REDUCTIONS: [Reduction; 4] = [Reduction::None, Reduction::Half, Reduction::Quarter, Reduction::Eighth];

/// Bytes that a test of many images can spare.
const LIMIT: u64 = 1 << 22;

fn decode(source: &[u8], reduction: Reduction) -> Result<Vec<u8>, Error> {
    let decoder = Decoder::new(source)?;
    let _ = decoder.icc_profile();
    let (width, height) = decoder.size();
    if decoder.rows_memory(reduction) + 4 * (width * height) as u64 > LIMIT {
        return Ok(Vec::new());
    }
    let mut rows = decoder.rows(reduction)?;
    let (width, height) = rows.size();
    let stride = width * rows.channels();
    let mut pixels = vec![0; stride * height];
    (0..height).try_for_each(|y| rows.read(&mut pixels[y * stride..(y + 1) * stride]))?;
    Ok(pixels)
}

fn planes(source: &[u8], reduction: Reduction) -> Result<(), Error> {
    let decoder = Decoder::new(source)?;
    if decoder.planes_memory(reduction, Sampling::Stored) > LIMIT {
        return Ok(());
    }
    let mut planes = decoder.planes(reduction, Sampling::Stored)?;
    while planes.next_band()? {}
    Ok(())
}

#[test]
fn corrupted_files_end_in_an_image_or_an_error() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut images, mut errors) = (0, 0);
    for (_, source) in fixtures() {
        for round in 0..120 {
            let bytes = random.corrupt(&source);
            let reduction = REDUCTIONS[round % 4];
            match decode(&bytes, reduction).and_then(|_| planes(&bytes, reduction)) {
                Ok(()) => images += 1,
                Err(_) => errors += 1,
            }
        }
    }
    assert!(images > 500 && errors > 500, "{images} images, {errors} errors");
}

#[test]
fn a_file_cut_anywhere_is_an_error_until_all_of_it_is_there() {
    for (path, source) in fixtures() {
        let Ok(whole) = decode(&source, Reduction::None) else { continue };
        for length in (0..source.len()).step_by(7) {
            match decode(&source[..length], Reduction::None) {
                // The rest was no more than what follows the image.
                Ok(pixels) => assert_eq!(pixels, whole, "{}, first {length} bytes", path.display()),
                Err(Error::Unsupported(text)) => panic!("{}, first {length} bytes: {text}", path.display()),
                Err(_) => {}
            }
        }
    }
}

#[test]
fn memory_is_told_before_it_is_taken() {
    let progressive = |(path, _): &(PathBuf, Vec<u8>)| path.ends_with("good/jpeg-progressive-420.jpg");
    let mut source = fixtures().into_iter().find(progressive).expect("a fixture").1;
    let frame = source.windows(2).position(|marker| marker == [0xFF, 0xC2]).expect("a frame header");
    source[frame + 5..frame + 9].copy_from_slice(&[0xFD, 0xE8, 0xFD, 0xE8]);
    let decoder = Decoder::new(&source).expect("headers");
    assert_eq!(decoder.size(), (65_000, 65_000));
    // Every coefficient of 4:2:0, 16 bits each, and 8 bytes a block.
    let coefficients = 65_008 * 65_008 / 64 * 3 / 2 * 136;
    let bytes = decoder.planes_memory(Reduction::None, Sampling::Stored);
    assert!((coefficients..coefficients + (8 << 20)).contains(&bytes), "{bytes}, coefficients {coefficients}");
    // At one sample a block only the first coefficients are kept.
    let bytes = decoder.planes_memory(Reduction::Eighth, Sampling::Stored);
    assert!(bytes < coefficients / 136 * 2 + (1 << 20), "{bytes}");
}
