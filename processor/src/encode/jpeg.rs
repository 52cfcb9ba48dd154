//! JPEG, with mozjpeg-rs: 4:2:0, progressive from effort 3 on.

use mozjpeg_rs::{Encoder as MozJpeg, Preset, TrellisConfig};

use super::Settings;
use crate::Error;
use crate::error::internal;
use crate::pixels::Image;

/// Bytes per pixel.
pub(super) const WORKING: u64 = 20;

/// A segment has 65,535 bytes, of which its length and EXIF's name take 8 (ITU-T T.81 B.1.1.4, EXIF 2.32 §4.5.5).
pub(super) const LONGEST_EXIF: usize = 65_527;

/// From this effort on, the encoder uses trellis quantization: it saves a tenth of the bytes, and takes 1.2 times as
/// long for a photo's three thumbnails.
const TRELLIS: u8 = 6;

pub(super) fn encode(image: Image<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    let pixels = image.narrow()?;
    let preset = match settings.effort {
        0..=2 => Preset::BaselineFastest,
        3..=7 => Preset::ProgressiveBalanced,
        _ => Preset::ProgressiveSmallest,
    };
    let mut encoder = MozJpeg::new(preset).quality(settings.quality);
    if settings.effort < TRELLIS {
        encoder = encoder.trellis(TrellisConfig::disabled());
    }
    if let Some(exif) = &settings.exif {
        encoder = encoder.exif_data(exif.to_vec());
    }
    if let Some(icc) = settings.space.icc() {
        encoder = encoder.icc_profile(icc.to_vec());
    }
    encoder.encode_rgb(&pixels.data, pixels.size.width, pixels.size.height).map_err(internal)
}
