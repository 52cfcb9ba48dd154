//! Fills in pixels that are missing from a file.

use super::ColorModel;
use crate::sample::Sample;

/// Sets pixels of that model to an opaque middle grey.
pub(super) fn grey<S: Sample>(model: ColorModel, pixels: &mut [S]) {
    let grey: &[u8] = match model {
        ColorModel::Gray => &[128],
        ColorModel::GrayAlpha => &[128, 255],
        ColorModel::Rgb => &[128; 3],
        ColorModel::Rgba => &[128, 128, 128, 255],
        // Half of all light, through black ink alone.
        ColorModel::Cmyk => &[0, 0, 0, 127],
    };
    pixels.chunks_exact_mut(grey.len()).for_each(|pixel| {
        pixel.iter_mut().zip(grey).for_each(|(sample, grey)| *sample = S::of(*grey));
    });
}
