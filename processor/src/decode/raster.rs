//! What the formats share that the `image` crate decodes.

use std::io::ErrorKind;

use darkroom_recipe::{Format, Orientation, Size};
use image::error::{ImageError, LimitErrorKind};
use image::{ColorType, ExtendedColorType, ImageDecoder};

use super::{Decode, Decoded, Header, Model, Opened, too_short};
use crate::Error;
use crate::budget::Budget;

/// One of the `image` crate's decoders, until its frame is read.
struct Raster<D>(Option<D>);

impl<'a, D: ImageDecoder> Decode<'a> for Raster<D> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        self.0.take().map(|decoder| read_pixels(decoder, budget)).transpose()
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
        metadata: [decoder.xmp_metadata(), decoder.iptc_metadata()]
            .into_iter()
            .any(|found| matches!(found, Ok(Some(_)))),
    })
}

/// Whether there is alpha, and the bits of a channel.
fn describe(original: ExtendedColorType, decoded: ColorType) -> (bool, u8) {
    let bits = original.bits_per_pixel() / u16::from(original.channel_count().max(1));
    (decoded.has_alpha(), u8::try_from(bits).unwrap_or(8))
}

fn read_pixels(mut decoder: impl ImageDecoder, budget: &Budget) -> Result<Decoded, Error> {
    let (width, height) = decoder.dimensions();
    let (mut data, mut reservation) = budget.buffer(decoder.total_bytes())?;
    // The decoders' own working memory: rows and tables, and for some formats another copy of the image.
    let working = decoder.total_bytes().saturating_add(1 << 20);
    let _working = budget.reserve(working)?;
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(working);
    decoder.set_limits(limits).map_err(error)?;
    let color = decoder.color_type();
    decoder.read_image(&mut data).map_err(|failure| match failure {
        ImageError::Limits(limit) if limit.kind() == LimitErrorKind::InsufficientMemory => budget.exhausted().into(),
        other => error(other),
    })?;
    let model = match color {
        ColorType::L8 | ColorType::L16 => Model::Gray,
        ColorType::La8 | ColorType::La16 => Model::GrayAlpha,
        ColorType::Rgb8 | ColorType::Rgb16 => Model::Rgb,
        ColorType::Rgba8 | ColorType::Rgba16 => Model::Rgba,
        other => return Err(Error::UnsupportedFeature(format!("pixels of type {other:?}"))),
    };
    if color.bytes_per_pixel() / color.channel_count() == 2 {
        round_16_bit(&mut data);
    }
    data.shrink_to_fit();
    reservation.shrink(data.len() as u64);
    Ok(Decoded { size: Size::new(width, height), model, data, reservation, reduction: 1 })
}

/// 65,535 becomes 255, with everything between rounded to the nearest.
pub(super) const fn rounded(wide: u16) -> u8 {
    ((wide as u32 + 128) / 257) as u8
}

fn round_16_bit(data: &mut Vec<u8>) {
    let length = data.len() / 2;
    for at in 0..length {
        data[at] = rounded(u16::from_ne_bytes([data[2 * at], data[2 * at + 1]]));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_samples_are_rounded_to_the_nearest() {
        for (wide, narrow) in [(0u16, 0u8), (128, 0), (129, 1), (257, 1), (32_767, 127), (32_768, 128), (65_535, 255)] {
            let mut data = wide.to_ne_bytes().to_vec();
            round_16_bit(&mut data);
            assert_eq!(data, [narrow], "{wide}");
        }
    }
}
