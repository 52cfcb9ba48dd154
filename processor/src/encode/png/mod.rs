//! PNG, by the `png` crate.

use png::{BitDepth, ColorType, Compression, Encoder as PngEncoder, Info, chunk};

use super::Settings;
use crate::Error;
use crate::error::internal;
use crate::pixels::Image;

/// Bytes a pixel: the file, and samples of 16 bits as it has them.
pub(super) const fn working(settings: &Settings) -> u64 {
    if settings.wide { 24 } else { 8 }
}

pub(super) fn encode(image: Image<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    match image {
        Image::Narrow(pixels) => write(BitDepth::Eight, &pixels.data, settings),
        Image::Wide(pixels) => {
            let data: Vec<u8> = pixels.data.iter().flat_map(|sample| sample.to_be_bytes()).collect();
            write(BitDepth::Sixteen, &data, settings)
        }
    }
}

fn write(depth: BitDepth, data: &[u8], settings: &Settings) -> Result<Vec<u8>, Error> {
    let mut info = Info::with_size(settings.size.width, settings.size.height);
    info.color_type = if settings.alpha { ColorType::Rgba } else { ColorType::Rgb };
    info.bit_depth = depth;
    info.icc_profile = settings.space.icc().map(Into::into);
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::with_info(&mut bytes, info).map_err(internal)?;
    encoder.set_compression(match settings.effort {
        0..=2 => Compression::Fast,
        3..=7 => Compression::Balanced,
        _ => Compression::High,
    });
    let mut writer = encoder.write_header().map_err(internal)?;
    if let Some(exif) = &settings.exif {
        writer.write_chunk(chunk::eXIf, exif).map_err(internal)?;
    }
    writer.write_image_data(data).map_err(internal)?;
    writer.finish().map_err(internal)?;
    Ok(bytes)
}
