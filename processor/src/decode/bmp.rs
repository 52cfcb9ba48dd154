//! BMP.

use std::borrow::Cow;
use std::io::Cursor;

use darkroom_recipe::Format;
use image::codecs::bmp::BmpDecoder;

use super::{Opened, raster};
use crate::Error;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let decoder = BmpDecoder::new(Cursor::new(source)).map_err(raster::error)?;
    raster::open(decoder, Format::Bmp, 1)
}
