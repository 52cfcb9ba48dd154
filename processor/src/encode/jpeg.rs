//! JPEG, by mozjpeg-rs: progressive, 4:2:0.

use mozjpeg_rs::{Encoder as MozJpeg, Preset};

use super::{Encoder, Settings};
use crate::Error;
use crate::error::internal;
use crate::pixels::Pixels;

pub(super) struct Jpeg;

impl Encoder for Jpeg {
    fn working(_: &Settings<'_>) -> u64 {
        20
    }

    fn encode(pixels: &Pixels, settings: &Settings<'_>) -> Result<Vec<u8>, Error> {
        let preset = match settings.effort {
            0..=2 => Preset::BaselineFastest,
            3..=7 => Preset::ProgressiveBalanced,
            _ => Preset::ProgressiveSmallest,
        };
        let mut encoder = MozJpeg::new(preset).quality(settings.quality);
        if let Some(exif) = settings.exif {
            encoder = encoder.exif_data(exif.to_vec());
        }
        encoder.encode_rgb(&pixels.data, pixels.size.width, pixels.size.height).map_err(internal)
    }
}
