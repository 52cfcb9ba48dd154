//! Pixels that a file lacks, and what stands for them.

use super::Model;

/// Makes pixels of that model a middle grey, and opaque.
pub(super) fn grey(model: Model, pixels: &mut [u8]) {
    let grey: &[u8] = match model {
        Model::Gray => &[128],
        Model::GrayAlpha => &[128, 255],
        Model::Rgb => &[128; 3],
        Model::Rgba => &[128, 128, 128, 255],
        // Half of all light, by black ink alone.
        Model::Cmyk => &[0, 0, 0, 127],
    };
    pixels.chunks_exact_mut(grey.len()).for_each(|pixel| pixel.copy_from_slice(grey));
}
