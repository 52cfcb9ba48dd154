//! PNG, with the `png` crate: as a palette, grayscale or fewer bits if that is lossless.

mod compact;

use png::{BitDepth, ColorType, Compression, Encoder as PngEncoder, Filter, Info, chunk};

use self::compact::Compact;
use super::Settings;
use crate::Error;
use crate::embedded::Embedded;
use crate::error::internal;
use crate::pixels::Image;

/// Bytes per pixel: the file, and its form of 16-bit samples.
pub(super) const fn working(settings: &Settings) -> u64 {
    if settings.wide { 24 } else { 8 }
}

pub(super) fn encode(image: Image<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    let color_type = if settings.alpha { ColorType::Rgba } else { ColorType::Rgb };
    match image {
        Image::Narrow(pixels) => match Compact::of(pixels) {
            Some(compact) => write(&compact, settings),
            None => write(
                &Compact { color_type, depth: BitDepth::Eight, palette: None, data: (&pixels.data).into() },
                settings,
            ),
        },
        Image::Wide(pixels) => {
            let data = pixels.data.iter().flat_map(|sample| sample.to_be_bytes()).collect();
            write(&Compact { color_type, depth: BitDepth::Sixteen, palette: None, data }, settings)
        }
    }
}

fn write(compact: &Compact<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    let mut info = Info::with_size(settings.size.width, settings.size.height);
    info.color_type = compact.color_type;
    info.bit_depth = compact.depth;
    if let Some((colors, opacities)) = &compact.palette {
        info.palette = Some(colors.into());
        info.trns = (!opacities.is_empty()).then(|| opacities.into());
    }
    info.icc_profile = settings.space.icc().map(Into::into);
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::with_info(&mut bytes, info).map_err(internal)?;
    encoder.set_compression(match settings.effort {
        0..=2 => Compression::Fast,
        3..=7 => Compression::Balanced,
        _ => Compression::High,
    });
    if compact.palette.is_some() || (compact.depth as u8) < 8 {
        // Palette indices and packed pixels don't correlate with their neighbours (PNG 3 §12.7).
        encoder.set_filter(Filter::NoFilter);
    }
    let mut writer = encoder.write_header().map_err(internal)?;
    let Embedded { exif, xmp, .. } = &settings.embedded;
    if let Some(exif) = exif {
        writer.write_chunk(chunk::eXIf, exif).map_err(internal)?;
    }
    if let Some(xmp) = xmp {
        // Its keyword; not compressed, in no language, and without another keyword (PNG 3 §11.3.3.4).
        writer.write_chunk(chunk::iTXt, &[b"XML:com.adobe.xmp\0\0\0\0\0", &xmp[..]].concat()).map_err(internal)?;
    }
    writer.write_image_data(&compact.data).map_err(internal)?;
    writer.finish().map_err(internal)?;
    Ok(bytes)
}
