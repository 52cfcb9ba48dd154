//! JPEG, by mozjpeg-rs: 4:2:0, from effort 3 on progressive.

use mozjpeg_rs::{Encoder as MozJpeg, Preset, TrellisConfig};

use super::Settings;
use crate::Error;
use crate::error::internal;
use crate::pixels::Image;

/// Bytes a pixel.
pub(super) const WORKING: u64 = 20;

/// A segment has 65,535 bytes, of which its length and the name of EXIF take 8 (ITU-T T.81 B.1.1.4, EXIF 2.32 §4.5.5).
pub(super) const LONGEST_EXIF: usize = 65_527;

/// From this effort on the encoder looks for the coefficients that cost least for what they give: a tenth of the bytes, for
/// 1.2 times the time of a photo's three thumbnails.
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
