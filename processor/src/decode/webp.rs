//! WebP.

use std::borrow::Cow;
use std::io::Cursor;

use darkroom_recipe::Format;
use image::codecs::webp::WebPDecoder;

use super::{Opened, raster};
use crate::Error;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let frames = frames(&source);
    let decoder = WebPDecoder::new(Cursor::new(source)).map_err(raster::error)?;
    raster::open(decoder, Format::WebP, frames)
}

/// The number of its ANMF chunks (RFC 9649 §2.7.1).
fn frames(source: &[u8]) -> u32 {
    let mut frames = 0;
    let mut rest = source.get(12..).unwrap_or_default();
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [kind @ .., l0, l1, l2, l3] = *head;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        frames += u32::from(&kind == b"ANMF");
        let padded = length.saturating_add(length & 1);
        rest = body.get(padded..).unwrap_or_default();
    }
    frames.max(1)
}
