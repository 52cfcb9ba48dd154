//! PNG, by the `png` crate.

use png::{BitDepth, ColorType, Compression, Encoder as PngEncoder, chunk};

use super::Settings;
use crate::Error;
use crate::error::internal;
use crate::pixels::Pixels;

/// Bytes a pixel.
pub(super) const WORKING: u64 = 8;

pub(super) fn encode(pixels: &Pixels, settings: &Settings) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes, pixels.size.width, pixels.size.height);
    encoder.set_color(if pixels.alpha { ColorType::Rgba } else { ColorType::Rgb });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(match settings.effort {
        0..=2 => Compression::Fast,
        3..=7 => Compression::Balanced,
        _ => Compression::High,
    });
    let mut writer = encoder.write_header().map_err(internal)?;
    if let Some(exif) = &settings.exif {
        writer.write_chunk(chunk::eXIf, exif).map_err(internal)?;
    }
    writer.write_image_data(&pixels.data).map_err(internal)?;
    writer.finish().map_err(internal)?;
    Ok(bytes)
}
