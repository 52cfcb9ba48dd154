//! Windows icons and cursors: decodes the largest image in a file. Each image is a PNG, or a bitmap with a mask.

use std::borrow::Cow;

use darkroom_recipe::Format;

use super::dib::Dib;
use super::{Header, OneImage, Opened, png, too_short};
use crate::Error;

const HEADER: usize = 6;
const ENTRY: usize = 16;

/// Reads the headers.
pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let image = largest(source)?;
    if image.starts_with(b"\x89PNG") {
        let (header, decoder) = png::open(image)?;
        return Ok((Header { format: Format::Ico, ..header }, decoder));
    }
    let dib = Dib::of_icon(&image)?;
    let header = Header::plain(Format::Ico, dib.size, true);
    Ok((header, Box::new(OneImage::new(image, |image, _, budget| Dib::of_icon(image)?.decode(budget)))))
}

/// The bytes of the image with the most pixels. Of several, the one with the most bytes wins, because it has the most
/// colours. It may be truncated.
fn largest(source: Cow<'_, [u8]>) -> Result<Cow<'_, [u8]>, Error> {
    let entries = source.get(HEADER..).unwrap_or_default().chunks_exact(ENTRY);
    let count = source.get(4..6).map_or(0, |count| usize::from(count[0]) | usize::from(count[1]) << 8);
    let found = entries.take(count).filter_map(|entry| {
        let &[width, height, _, _, _, _, _, _, l0, l1, l2, l3, o0, o1, o2, o3] = entry.first_chunk::<ENTRY>()?;
        // 0 means 256.
        let side = |side: u8| u32::from(side.wrapping_sub(1)) + 1;
        let [length, offset] = [[l0, l1, l2, l3], [o0, o1, o2, o3]].map(|bytes| u32::from_le_bytes(bytes) as usize);
        Some((side(width) * side(height), length, offset))
    });
    let (_, length, offset) = found.max().ok_or_else(|| Error::Malformed("an icon without images".into()))?;
    let end = offset.saturating_add(length).min(source.len());
    match source {
        Cow::Borrowed(source) => source.get(offset..end).map(Cow::Borrowed),
        Cow::Owned(mut source) => {
            source.truncate(end);
            source.drain(..offset.min(end));
            Some(Cow::Owned(source))
        }
    }
    .filter(|image| !image.is_empty())
    .ok_or_else(too_short)
}
