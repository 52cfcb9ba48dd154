//! Pixels that a file lacks, and what stands for them.

use super::Model;
use crate::sample::Sample;

/// Makes pixels of that model a middle grey, and opaque.
pub(super) fn grey<S: Sample>(model: Model, pixels: &mut [S]) {
    let grey: &[u8] = match model {
        Model::Gray => &[128],
        Model::GrayAlpha => &[128, 255],
        Model::Rgb => &[128; 3],
        Model::Rgba => &[128, 128, 128, 255],
        // Half of all light, by black ink alone.
        Model::Cmyk => &[0, 0, 0, 127],
    };
    pixels.chunks_exact_mut(grey.len()).for_each(|pixel| {
        pixel.iter_mut().zip(grey).for_each(|(sample, grey)| *sample = S::of(*grey));
    });
}
