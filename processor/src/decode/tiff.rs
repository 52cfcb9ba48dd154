//! TIFF. Its further pages are no animation: the first one is the image.

use std::borrow::Cow;
use std::io::Cursor;

use darkroom_recipe::Format;
use image::ImageFormat;
use image::codecs::tiff::TiffDecoder;
use image::error::{DecodingError, ImageError, UnsupportedError, UnsupportedErrorKind};
use tiff::TiffError;
use tiff::decoder::Decoder as Tags;
use tiff::tags::Tag;

use super::{Opened, raster};
use crate::Error;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    check(&source).map_err(raster::error)?;
    let decoder = TiffDecoder::new(Cursor::new(source)).map_err(raster::error)?;
    raster::open(decoder, Format::Tiff, 1)
}

/// `image` panics where separate planes are cut into tiles.
fn check(source: &[u8]) -> Result<(), ImageError> {
    let mut tags = Tags::new(Cursor::new(source)).map_err(from_tiff)?;
    let mut tag = |tag| tags.find_tag(tag).map_err(from_tiff);
    let planar = tag(Tag::PlanarConfiguration)?.and_then(|value| value.into_u16().ok()) == Some(2);
    if planar && tag(Tag::TileWidth)?.is_some() {
        let what = UnsupportedErrorKind::GenericFeature("separate planes in tiles".into());
        return Err(ImageError::Unsupported(UnsupportedError::from_format_and_kind(ImageFormat::Tiff.into(), what)));
    }
    Ok(())
}

fn from_tiff(error: TiffError) -> ImageError {
    match error {
        TiffError::IoError(error) => ImageError::IoError(error),
        other => ImageError::Decoding(DecodingError::new(ImageFormat::Tiff.into(), other)),
    }
}
