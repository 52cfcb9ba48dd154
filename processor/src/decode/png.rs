//! PNG.

use std::borrow::Cow;
use std::io::Cursor;

use darkroom_recipe::Format;
use image::codecs::png::PngDecoder;

use super::{Opened, raster};
use crate::Error;

/// Metadata can inflate a thousandfold: so much beyond the file's own length has room, and a larger profile is ignored.
const METADATA: u64 = 16 << 20;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let frames = frames(&source);
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(source.len() as u64 + METADATA);
    let decoder = PngDecoder::with_limits(Cursor::new(source), limits).map_err(raster::error)?;
    raster::open(decoder, Format::Png, frames)
}

/// What its acTL chunk says, 1 without one before the image data (PNG 3 §11.3.6.1).
fn frames(source: &[u8]) -> u32 {
    let mut rest = source.get(8..).unwrap_or_default();
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [l0, l1, l2, l3, kind @ ..] = *head;
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        match &kind {
            b"acTL" => return body.first_chunk().map_or(1, |frames| u32::from_be_bytes(*frames)).max(1),
            b"IDAT" => return 1,
            _ => rest = length.checked_add(4).and_then(|skip| body.get(skip..)).unwrap_or_default(),
        }
    }
    1
}
