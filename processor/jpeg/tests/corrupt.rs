//! Any input yields an image or an error.

mod common;

use std::path::PathBuf;

use common::{Random, fixtures};
use darkroom_jpeg::{Decoder, Error, Reduction, Sampling};

const REDUCTIONS: [Reduction; 4] = [Reduction::None, Reduction::Half, Reduction::Quarter, Reduction::Eighth];

/// The most memory in bytes for each image of a test with many.
const LIMIT: u64 = 1 << 22;

/// The pixels, and whether some are damaged.
fn decode(source: &[u8], reduction: Reduction) -> Result<(Vec<u8>, bool), Error> {
    let decoder = Decoder::new(source)?;
    let _ = decoder.icc_profile();
    let (width, height) = decoder.size();
    if decoder.rows_memory(reduction) + 4 * (width * height) as u64 > LIMIT {
        return Ok((Vec::new(), true));
    }
    let mut rows = decoder.rows(reduction)?;
    let (width, height) = rows.size();
    let stride = width * rows.channels();
    let mut pixels = vec![0; stride * height];
    (0..height).try_for_each(|y| rows.read(&mut pixels[y * stride..(y + 1) * stride]))?;
    Ok((pixels, rows.damage().is_some()))
}

fn planes(source: &[u8], reduction: Reduction) -> Result<(), Error> {
    let decoder = Decoder::new(source)?;
    let (width, height) = decoder.size();
    if decoder.planes_memory(reduction, Sampling::Stored) + (width * height) as u64 > LIMIT {
        return Ok(());
    }
    let mut planes = decoder.planes(reduction, Sampling::Stored)?;
    while planes.next_band()? {}
    Ok(())
}

#[test]
fn corrupted_files_end_in_an_image_or_an_error() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut images, mut damaged, mut errors) = (0, 0, 0);
    for (_, source) in fixtures() {
        for round in 0..120 {
            let bytes = random.corrupt(&source);
            let reduction = REDUCTIONS[round % 4];
            match decode(&bytes, reduction).and_then(|(_, damage)| planes(&bytes, reduction).map(|()| damage)) {
                Ok(false) => images += 1,
                Ok(true) => damaged += 1,
                Err(_) => errors += 1,
            }
        }
    }
    assert!(images > 500 && damaged > 500 && errors > 500, "{images} images, {damaged} damaged, {errors} errors");
}

#[test]
fn a_file_cut_anywhere_is_damaged_until_all_of_it_is_there() {
    for (path, source) in fixtures() {
        let Ok((whole, false)) = decode(&source, Reduction::None) else { continue };
        let mut begun = false;
        for length in (0..source.len()).step_by(7) {
            match decode(&source[..length], Reduction::None) {
                // The removed part only followed the image.
                Ok((pixels, damaged)) => {
                    begun = true;
                    assert!(damaged || pixels == whole, "{}, first {length} bytes", path.display());
                }
                Err(Error::Unsupported(text)) => panic!("{}, first {length} bytes: {text}", path.display()),
                Err(_) => assert!(!begun, "{}, first {length} bytes, of which fewer are an image", path.display()),
            }
        }
    }
}

#[test]
fn what_is_there_is_shown_and_the_rest_is_grey() {
    // Single-scan files, in rows of units, with and without restart markers.
    let names = ["good/jpeg-420.jpg", "good/jpeg-444.jpg", "fixtures/440-restart.jpg", "fixtures/411.jpg"];
    for name in names {
        let (_, source) = fixtures().into_iter().find(|(path, _)| path.ends_with(name)).expect(name);
        let (width, height) = Decoder::new(&source[..]).expect(name).size();
        let (whole, _) = decode(&source, Reduction::None).expect(name);
        let rows = |pixels: &[u8]| pixels.chunks_exact(3 * width).map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (whole, mut before) = (rows(&whole), 0);
        for length in (0..source.len()).step_by(11) {
            let Ok((pixels, true)) = decode(&source[..length], Reduction::None) else { continue };
            let found = rows(&pixels);
            let same = found.iter().zip(&whole).take_while(|(found, whole)| found == whole).count();
            let grey = found.iter().rev().take_while(|row| row.iter().all(|sample| *sample == 128)).count();
            // At most one row of units is partly decoded, plus the rows above and below it, where chroma is
            // interpolated.
            assert!(same + grey + 18 >= height && same >= before, "{name}, {length}: {same} and {grey} of {height}");
            before = same;
        }
        assert!(before + 18 >= height && before > 0, "{name}: {before} rows");
    }
}

#[test]
fn a_progressive_image_is_as_sharp_as_its_scans() {
    let name = "good/jpeg-progressive-420.jpg";
    let (_, source) = fixtures().into_iter().find(|(path, _)| path.ends_with(name)).expect(name);
    let (whole, _) = decode(&source, Reduction::None).expect(name);
    let scans: Vec<usize> = (0..source.len()).filter(|at| source[*at..].starts_with(&[0xFF, 0xDA])).collect();
    assert!(scans.len() > 6, "{}", scans.len());
    let distance = |length: usize| {
        let (pixels, damaged) = decode(&source[..length], Reduction::None).expect(name);
        assert!(damaged, "{length}");
        pixels.iter().zip(&whole).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / whole.len() as f64
    };
    // At the end and in the middle of each scan.
    let ends: Vec<f64> = scans[1..].iter().map(|at| distance(*at)).collect();
    assert!(ends.is_sorted_by(|a, b| a > b) && ends[0] < 30.0, "{ends:?}");
    let middle = distance((scans[1] + scans[2]) / 2);
    assert!(ends[1] < middle && middle < ends[0], "{middle}, {ends:?}");
    assert!(decode(&source[..scans[0] + 14], Reduction::None).is_err(), "nothing of the first scan");
}

#[test]
fn broken_codes_cost_what_follows_up_to_the_next_restart_marker() {
    let name = "fixtures/440-restart.jpg";
    let (_, source) = fixtures().into_iter().find(|(path, _)| path.ends_with(name)).expect(name);
    let (whole, _) = decode(&source, Reduction::None).expect(name);
    let is_restart = |at: &usize| matches!(source[*at..], [0xFF, 0xD0..=0xD7, ..]);
    let markers: Vec<usize> = (0..source.len()).filter(is_restart).collect();
    let mut broken = source.clone();
    // No table has a code that consists of ones only (T.81 Annex C).
    for pair in broken[markers[1] + 2..markers[1] + 12].chunks_exact_mut(2) {
        pair.copy_from_slice(&[0xFF, 0]);
    }
    let (pixels, damaged) = decode(&broken, Reduction::None).expect("an image");
    assert!(damaged);
    let differ: Vec<usize> = (0..whole.len()).filter(|at| pixels[*at] != whole[*at]).collect();
    let share = differ.len() as f64 / whole.len() as f64;
    assert!(share > 0.0 && share < 2.0 / markers.len() as f64, "{share} of the image, {} segments", markers.len());
}

#[test]
fn memory_is_told_before_it_is_taken() {
    let progressive = |(path, _): &(PathBuf, Vec<u8>)| path.ends_with("good/jpeg-progressive-420.jpg");
    let mut source = fixtures().into_iter().find(progressive).expect("a fixture").1;
    let frame = source.windows(2).position(|marker| marker == [0xFF, 0xC2]).expect("a frame header");
    source[frame + 5..frame + 9].copy_from_slice(&[0xFD, 0xE8, 0xFD, 0xE8]);
    let decoder = Decoder::new(&source).expect("headers");
    assert_eq!(decoder.size(), (65_000, 65_000));
    // Every coefficient of 4:2:0, 16 bits each, and 8 bytes per block.
    let coefficients = 65_008 * 65_008 / 64 * 3 / 2 * 136;
    let bytes = decoder.planes_memory(Reduction::None, Sampling::Stored);
    assert!((coefficients..coefficients + (8 << 20)).contains(&bytes), "{bytes}, coefficients {coefficients}");
    // At one sample per block, only the first coefficients are kept.
    let bytes = decoder.planes_memory(Reduction::Eighth, Sampling::Stored);
    assert!(bytes < coefficients / 136 * 2 + (1 << 20), "{bytes}");
}
