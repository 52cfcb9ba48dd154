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
    let source = ended(source);
    let frames = frames(&source);
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(source.len() as u64 + METADATA);
    let decoder = PngDecoder::with_limits(Cursor::new(source), limits).map_err(raster::error)?;
    raster::open(decoder, Format::Png, frames)
}

/// With the end that some writers leave out: of a file whose last chunk is complete.
fn ended(mut source: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    const END: [u8; 12] = *b"\0\0\0\0IEND\xAE\x42\x60\x82";
    let (last, rest) = chunks(&source).fold((None, None), |_, (kind, _, rest)| (Some(kind), rest));
    if last.is_some_and(|kind| kind != *b"IEND" && kind != *b"IHDR") && rest.is_some_and(<[u8]>::is_empty) {
        source.to_mut().extend(END);
    }
    source
}

/// What its acTL chunk says, 1 without one before the image data (PNG 3 §11.3.6.1).
fn frames(source: &[u8]) -> u32 {
    let mut before = chunks(source).take_while(|(kind, ..)| kind != b"IDAT");
    let control = before.find(|(kind, ..)| kind == b"acTL");
    control.and_then(|(_, content, _)| content.first_chunk()).map_or(1, |frames| u32::from_be_bytes(*frames)).max(1)
}

/// A chunk's name, what follows that, and what follows the chunk if it is complete.
type Chunk<'a> = ([u8; 4], &'a [u8], Option<&'a [u8]>);

fn chunks(source: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = source.get(8..);
    std::iter::from_fn(move || {
        let (head, body) = rest?.split_first_chunk::<8>()?;
        let [l0, l1, l2, l3, kind @ ..] = *head;
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        rest = length.checked_add(4).and_then(|length| body.get(length..));
        Some((kind, body, rest))
    })
}
