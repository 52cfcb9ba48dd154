//! BMP: a header with the position of the pixels, then a bitmap.

use std::borrow::Cow;

use darkroom_recipe::Format;

use super::dib::Dib;
use super::{Header, OneImage, Opened, too_short};
use crate::Error;

const FILE_HEADER: usize = 14;

/// Reads the headers.
pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let dib = bitmap(&source)?;
    let icc = dib.profile.map(<[u8]>::to_vec);
    let header = Header { icc, ..Header::plain(Format::Bmp, dib.size, dib.alpha()) };
    Ok((header, Box::new(OneImage::new(source, |source, _, budget| bitmap(source)?.decode(budget)))))
}

fn bitmap(source: &[u8]) -> Result<Dib<'_>, Error> {
    let (header, bitmap) = source.split_at_checked(FILE_HEADER).ok_or_else(too_short)?;
    let [.., a, b, c, d] = header else { return Err(too_short()) };
    let at = (u32::from_le_bytes([*a, *b, *c, *d]) as usize).checked_sub(FILE_HEADER);
    Dib::open(bitmap, at)
}
