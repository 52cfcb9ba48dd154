//! TIFF. Its further pages are no animation: the first one is the image, unless another one is asked for.

use std::borrow::Cow;
use std::io::Cursor;

use darkroom_recipe::Format;
use image::ImageFormat;
use image::codecs::tiff::TiffDecoder;
use image::error::{DecodingError, ImageError, UnsupportedError, UnsupportedErrorKind};
use tiff::TiffError;
use tiff::decoder::Decoder as Tags;
use tiff::tags::Tag;

use super::pages::{beginning_with, offsets};
use super::{Decode, Decoded, Opened, raster};
use crate::Error;
use crate::budget::Budget;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let offsets = offsets(&source);
    if offsets.len() < 2 {
        return first(source);
    }
    let header = first(Cow::Borrowed(&source))?.0;
    Ok((header, Box::new(Pages { source, offsets, read: false })))
}

/// A file of several pages.
struct Pages<'a> {
    source: Cow<'a, [u8]>,
    offsets: Vec<u64>,
    /// Whether the first one was.
    read: bool,
}

impl<'a> Decode<'a> for Pages<'a> {
    fn next_frame(&mut self, reduction: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        if std::mem::replace(&mut self.read, true) {
            return Ok(None);
        }
        first(Cow::Borrowed(&self.source))?.1.next_frame(reduction, budget)
    }

    fn pages(&self) -> u32 {
        u32::try_from(self.offsets.len()).unwrap_or(u32::MAX)
    }

    /// Of a copy of the file: its length is within the limits.
    fn page(&self, number: u32) -> Result<Option<Opened<'a>>, Error> {
        let offset = (number as usize).checked_sub(1).and_then(|at| self.offsets.get(at));
        offset.map(|offset| first(Cow::Owned(beginning_with(&self.source, *offset)))).transpose()
    }
}

/// The first page, whatever comes after it.
fn first(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
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
