//! Shared code for the formats that the `image` crate decodes.

use std::io::ErrorKind;

use bytemuck::cast_slice_mut;
use darkroom_recipe::{Format, Orientation, Size};
use image::error::{ImageError, LimitErrorKind};
use image::{ColorType, ExtendedColorType, ImageDecoder};

use super::{ColorModel, Decode, Decoded, Header, Opened, too_short};
use crate::Error;
use crate::budget::Budget;
use crate::sample::Sample;

/// A decoder of the `image` crate whose frame has not been read yet.
struct Raster<D>(Option<D>);

impl<'a, D: ImageDecoder> Decode<'a> for Raster<D> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        self.0.take().map(|decoder| narrow(decoder, budget)).transpose()
    }

    fn wide(&mut self, budget: &Budget) -> Result<Option<Decoded<u16>>, Error> {
        self.0.take_if(|decoder| is_wide(decoder)).map(|decoder| wide(decoder, budget)).transpose()
    }
}

/// Reads the headers.
pub(super) fn open<'a>(mut decoder: impl ImageDecoder + 'a, format: Format, frames: u32) -> Result<Opened<'a>, Error> {
    let header = read_header(&mut decoder, format, frames)?;
    Ok((header, Box::new(Raster(Some(decoder)))))
}

pub(super) fn read_header(decoder: &mut impl ImageDecoder, format: Format, frames: u32) -> Result<Header, Error> {
    let (width, height) = decoder.dimensions();
    let exif = decoder.exif_metadata().map_err(error)?;
    let orientation = decoder.orientation().map_err(error)?;
    let (alpha, bits_per_channel) = describe(decoder.original_color_type(), decoder.color_type());
    Ok(Header {
        format,
        size: Size::new(width, height),
        orientation: Orientation::from_exif(orientation.to_exif().into()),
        frames,
        alpha,
        bits_per_channel,
        icc: decoder.icc_profile().map_err(error)?,
        exif,
        xmp: decoder.xmp_metadata().ok().flatten(),
        iptc: None,
        // ImageMagick's texts in a PNG.
        metadata: matches!(decoder.iptc_metadata(), Ok(Some(_))),
    })
}

/// Whether there is alpha, and the bits per channel.
fn describe(original: ExtendedColorType, decoded: ColorType) -> (bool, u8) {
    let bits = original.bits_per_pixel() / u16::from(original.channel_count().max(1));
    (decoded.has_alpha(), u8::try_from(bits).unwrap_or(8))
}

fn is_wide(decoder: &impl ImageDecoder) -> bool {
    let color = decoder.color_type();
    color.bytes_per_pixel() / color.channel_count() == 2
}

/// 8-bit samples; 16-bit ones are rounded.
fn narrow(decoder: impl ImageDecoder, budget: &Budget) -> Result<Decoded, Error> {
    let (is_wide, size) = (is_wide(&decoder), size(&decoder));
    let (mut data, mut reservation) = budget.buffer(decoder.total_bytes())?;
    let model = read(decoder, &mut data, budget)?;
    if is_wide {
        round_16_bit(&mut data);
    }
    data.shrink_to_fit();
    reservation.shrink(data.len() as u64);
    Ok(Decoded { size, model, data, reservation, reduction: 1 })
}

/// 16-bit samples, unchanged.
fn wide(decoder: impl ImageDecoder, budget: &Budget) -> Result<Decoded<u16>, Error> {
    let size = size(&decoder);
    let (mut data, reservation) = budget.samples(decoder.total_bytes() / 2)?;
    let model = read(decoder, cast_slice_mut(&mut data), budget)?;
    Ok(Decoded { size, model, data, reservation, reduction: 1 })
}

fn size(decoder: &impl ImageDecoder) -> Size {
    let (width, height) = decoder.dimensions();
    Size::new(width, height)
}

fn read(mut decoder: impl ImageDecoder, data: &mut [u8], budget: &Budget) -> Result<ColorModel, Error> {
    // The decoders' own working memory: rows and tables and, for some formats, another copy of the image.
    let working = decoder.total_bytes().saturating_add(1 << 20);
    let _working = budget.reserve(working)?;
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(working);
    decoder.set_limits(limits).map_err(error)?;
    let color = decoder.color_type();
    decoder.read_image(data).map_err(|failure| match failure {
        ImageError::Limits(limit) if limit.kind() == LimitErrorKind::InsufficientMemory => budget.exhausted().into(),
        other => error(other),
    })?;
    match color {
        ColorType::L8 | ColorType::L16 => Ok(ColorModel::Gray),
        ColorType::La8 | ColorType::La16 => Ok(ColorModel::GrayAlpha),
        ColorType::Rgb8 | ColorType::Rgb16 => Ok(ColorModel::Rgb),
        ColorType::Rgba8 | ColorType::Rgba16 => Ok(ColorModel::Rgba),
        other => Err(Error::UnsupportedFeature(format!("pixels of type {other:?}"))),
    }
}

fn round_16_bit(data: &mut Vec<u8>) {
    let length = data.len() / 2;
    for at in 0..length {
        data[at] = u16::from_ne_bytes([data[2 * at], data[2 * at + 1]]).byte();
    }
    data.truncate(length);
}

pub(super) fn error(error: ImageError) -> Error {
    match error {
        ImageError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof => too_short(),
        ImageError::Unsupported(error) => Error::UnsupportedFeature(error.to_string()),
        other => Error::Malformed(other.to_string()),
    }
}
