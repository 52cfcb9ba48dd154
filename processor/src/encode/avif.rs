//! AVIF, by ravif on rav1e.

use ravif::{Encoder as Ravif, Img};
use rgb::FromSlice;

use super::{Encoder, Settings};
use crate::Error;
use crate::error::internal;
use crate::pixels::Pixels;

pub(super) struct Avif;

impl Encoder for Avif {
    fn working(_: &Settings<'_>) -> u64 {
        40
    }

    fn encode(pixels: &Pixels, settings: &Settings<'_>) -> Result<Vec<u8>, Error> {
        let quality = f32::from(settings.quality);
        let mut encoder = Ravif::new()
            .with_quality(quality)
            .with_alpha_quality(quality)
            .with_speed((10 - settings.effort).max(1))
            .with_num_threads(Some(1));
        if let Some(exif) = settings.exif {
            encoder = encoder.with_exif(exif);
        }
        let (width, height) = (pixels.size.width as usize, pixels.size.height as usize);
        let encoded = match pixels.alpha {
            true => encoder.encode_rgba(Img::new(pixels.data.as_rgba(), width, height)),
            false => encoder.encode_rgb(Img::new(pixels.data.as_rgb(), width, height)),
        };
        Ok(encoded.map_err(internal)?.avif_file)
    }
}
