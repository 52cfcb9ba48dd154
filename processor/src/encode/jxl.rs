//! JPEG XL, by libjxl: pixels, and JPEG files as they are.

use darkroom_libjxl::{Error as JxlError, Image, Kept, Pixels as Layout, Settings as JxlSettings, transcode_jpeg};

use super::Settings;
use crate::Error;
use crate::budget::Budget;
use crate::error::internal;
use crate::pixels::Pixels;

/// A frame with more pixels along a side is worked on in parts as large as that, where nothing forbids it.
const PART: u32 = 2048;

/// Bytes that libjxl takes for any image: tables, and what it keeps for reuse.
const TABLES: u64 = 16 << 20;

/// Bytes a pixel of what is worked on at one time.
const LOSSY: u64 = 50;
const LOSSY_ALPHA: u64 = 80;
const LOSSLESS: u64 = 100;

/// Bytes a pixel that stay of the parts that are done: their tokens, and the file.
const DONE: u64 = 8;

/// Bytes a pixel for a JPEG that is taken over: coefficients, their tokens, and both files.
const TRANSCODED: u64 = 30;

/// Bytes.
pub(super) fn working(settings: &Settings) -> u64 {
    let (size, all) = (settings.size, settings.size.pixels());
    let parts = u64::from(PART.min(size.width)) * u64::from(PART.min(size.height));
    let taken = match (settings.lossless, settings.alpha) {
        (true, _) => all.saturating_mul(LOSSLESS),
        (false, true) => all.saturating_mul(LOSSY_ALPHA),
        (false, false) => (parts * LOSSY).saturating_add(all.saturating_mul(DONE)),
    };
    taken.saturating_add(TABLES)
}

pub(super) fn encode(pixels: &Pixels, settings: &Settings) -> Result<Vec<u8>, Error> {
    let image = Image {
        width: pixels.size.width,
        height: pixels.size.height,
        pixels: if pixels.alpha { Layout::Rgba(&pixels.data) } else { Layout::Rgb(&pixels.data) },
    };
    let effort = effort(settings);
    let distance = distance(settings.quality, effort);
    let exif = settings.exif.as_deref();
    let options = JxlSettings { distance, effort, lossless: settings.lossless, exif };
    darkroom_libjxl::encode(image, &options).map_err(internal)
}

/// libjxl's effort. Lossy, 1 is no faster than 3, 4 no smaller, and from 6 on a file takes twice the time and no fewer
/// bytes.
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

/// Butteraugli's distance for a quality of 1 to 100, so that a quality looks as WebP's does.
fn distance(quality: u8, effort: u8) -> f32 {
    let row = TABLE.partition_point(|(from, ..)| *from < quality).max(1);
    let ((low, low3, low5), (high, high3, high5)) = (TABLE[row - 1], TABLE[row]);
    let (worst, best) = if effort <= 3 { (low3, high3) } else { (low5, high5) };
    let share = f32::from(quality - low) / f32::from(high - low);
    worst + (best - worst) * share
}

/// Qualities, and the distances at efforts 3 and 5 at which the median of photos has WebP's SSIMULACRA2; docs/recipes.md
/// says how far single ones are from it. Between the rows they are interpolated.
const TABLE: [(u8, f32, f32); 4] = [(1, 15.0, 15.0), (50, 4.0, 4.0), (80, 2.4, 2.3), (100, 0.1, 0.1)];

/// A JPEG's own coefficients as a JPEG XL file; none where JPEG XL, or this build, can't hold them.
pub(super) fn transcode(jpeg: &[u8], pixels: u64, kept: Kept<'_>, budget: &Budget) -> Result<Option<Vec<u8>>, Error> {
    let _working = budget.reserve(pixels.saturating_mul(TRANSCODED).saturating_add(TABLES))?;
    match transcode_jpeg(jpeg, kept) {
        Ok(file) => Ok(Some(file)),
        // What is broken may still be decoded in part, or be refused in the decoder's words.
        Err(JxlError::Unsupported | JxlError::Jpeg) => Ok(None),
        Err(error) => Err(internal(error)),
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
            assert!(distances.iter().all(|distance| (0.01..=25.0).contains(distance)), "{distances:?}");
        }
    }
}
