//! JPEG XL, with libjxl: from pixels, or losslessly from JPEG files.

use darkroom_libjxl::{
    Colors, Error as JxlError, Image as Source, Kept, Pixels as Layout, Settings as JxlSettings, transcode_jpeg,
};

use super::Settings;
use crate::Error;
use crate::budget::Budget;
use crate::color::Linear;
use crate::embedded::Embedded;
use crate::error::internal;
use crate::pixels::Image;

/// The largest side of the parts in which a frame is encoded.
const PART: u32 = 2048;

// Measured in the component, whose memory never shrinks; docs/speed.md lists the peaks.

/// Bytes that libjxl uses for any image.
const TABLES: u64 = 6 << 20;

/// Bytes per pixel of a part, without and with alpha.
const OPAQUE: u64 = 54;
const TRANSPARENT: u64 = 66;

/// Bytes per pixel of the whole image: the file, while it grows.
const DONE: u64 = 2;

/// When a JPEG is transcoded: bytes per pixel for its coefficients, and bytes per byte of the file for their tokens and
/// the new file.
const COEFFICIENTS: u64 = 18;
const TOKENS: u64 = 24;

/// Bytes.
pub(super) fn working(settings: &Settings) -> u64 {
    let size = settings.size;
    let part = u64::from(PART.min(size.width)) * u64::from(PART.min(size.height));
    let taken = part * if settings.alpha { TRANSPARENT } else { OPAQUE };
    size.pixels().saturating_mul(DONE).saturating_add(taken + TABLES)
}

pub(super) fn encode(image: Image<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    let pixels = match image {
        Image::Narrow(pixels) if pixels.alpha => Layout::Rgba(&pixels.data),
        Image::Narrow(pixels) => Layout::Rgb(&pixels.data),
        Image::Wide(pixels) if pixels.alpha => Layout::Rgba16(&pixels.data),
        Image::Wide(pixels) => Layout::Rgb16(&pixels.data),
    };
    let linear = settings.space.linear();
    let colors = match (settings.space.icc(), &linear) {
        (None, _) => Colors::Srgb,
        (Some(icc), Some(Linear { curves, matrix })) => {
            Colors::Profile { icc, codes: settings.space.codes(), curves, matrix: *matrix }
        }
        (Some(_), None) => return Err(internal("a JPEG XL in colours that are none of its encoder's")),
    };
    let source = Source { width: image.size().width, height: image.size().height, pixels };
    let effort = effort(settings);
    let distance = distance(settings.quality, effort);
    let Embedded { exif, xmp, .. } = &settings.embedded;
    let exif = exif.as_deref();
    let options = JxlSettings { distance, effort, lossless: settings.lossless, colors, exif };
    let file = darkroom_libjxl::encode(source, &options).map_err(internal)?;
    Ok(match xmp {
        Some(xmp) => with_xmp(&file, xmp),
        None => file,
    })
}

/// The same file with XMP, in a container (ISO/IEC 18181-2 §9): where there is none yet, the file is a codestream alone.
fn with_xmp(file: &[u8], xmp: &[u8]) -> Vec<u8> {
    const SIGNATURE: &[u8] = b"\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl ";
    let head = |kind: &[u8; 4], content: &[u8]| [&(8 + content.len() as u32).to_be_bytes()[..], kind].concat();
    let packet = [&head(b"xml ", xmp)[..], xmp].concat();
    match file.strip_prefix(SIGNATURE) {
        // The level stands before all else; the last box may have no length.
        Some(rest) => {
            let level = if rest.get(4..8) == Some(b"jxll") { 9.min(rest.len()) } else { 0 };
            let (level, rest) = rest.split_at(level);
            [SIGNATURE, level, &packet, rest].concat()
        }
        None => [SIGNATURE, &packet, &head(b"jxlc", file), file].concat(),
    }
}

/// libjxl's effort. For lossy files, 1 is no faster than 3, 4 is no smaller, and from 6 on encoding takes twice as long
/// and saves no bytes.
const fn effort(settings: &Settings) -> u8 {
    match (settings.lossless, settings.effort) {
        (false, 0..=4) => 3,
        (false, _) => 5,
        (true, 0..=1) => 2,
        (true, 2..=4) => 3,
        (true, 5..=7) => 5,
        (true, _) => 7,
    }
}

/// The Butteraugli distance for a quality of 1 to 100, chosen to look like the same WebP quality.
fn distance(quality: u8, effort: u8) -> f32 {
    let row = DISTANCES.partition_point(|(from, _)| *from < quality).clamp(1, DISTANCES.len() - 1);
    let ((low, worse), (high, better)) = (DISTANCES[row - 1], DISTANCES[row]);
    let column = usize::from(effort > 3);
    let share = f32::from(quality.saturating_sub(low)) / f32::from(high - low);
    worse[column] + (better[column] - worse[column]) * share
}

/// Qualities, and the distances at efforts 3 and 5 at which photos match WebP's SSIMULACRA2 in the median;
/// docs/recipes.md gives the spread. Values between the rows are interpolated. From distance 10 on, libjxl would halve
/// the image, and could not encode it in parts.
const DISTANCES: [(u8, [f32; 2]); 7] = [
    (1, [9.9, 9.9]),
    (20, [9.0, 8.6]),
    (40, [5.95, 5.6]),
    (60, [4.25, 4.1]),
    (80, [2.55, 2.7]),
    (92, [1.15, 1.15]),
    (100, [0.3, 0.3]),
];

/// A JPEG XL file with a JPEG's own coefficients; `None` if JPEG XL, or this build, can't represent them.
pub(super) fn transcode(jpeg: &[u8], pixels: u64, kept: Kept<'_>, budget: &Budget) -> Result<Option<Vec<u8>>, Error> {
    let tokens = (jpeg.len() as u64).saturating_mul(TOKENS);
    let _working = budget.reserve(pixels.saturating_mul(COEFFICIENTS).saturating_add(tokens).saturating_add(TABLES))?;
    match transcode_jpeg(jpeg, kept) {
        Ok(file) => Ok(Some(file)),
        Err(error @ JxlError::OutOfMemory) => Err(internal(error)),
        // Sampling that JPEG XL lacks, CMYK, several restart intervals or corrupt data: leave the errors to the
        // decoder.
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quality_has_a_distance_below_the_one_before() {
        for effort in [3, 5] {
            let distances: Vec<f32> = (1..=100).map(|quality| distance(quality, effort)).collect();
            assert!(distances.windows(2).all(|pair| pair[0] > pair[1]), "{distances:?}");
            assert!(distances.iter().all(|distance| (0.01..10.0).contains(distance)), "{distances:?}");
        }
    }
}
