//! GIF.

use std::borrow::Cow;
use std::io::Cursor;

use darkroom_recipe::Format;
use image::codecs::gif::GifDecoder;

use super::{Opened, raster};
use crate::Error;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let source = repaired(source);
    let frames = frames(&source);
    let decoder = GifDecoder::new(Cursor::new(source)).map_err(raster::error)?;
    raster::open(decoder, Format::Gif, frames)
}

/// What every browser reads past, put right: an extension that GIF89a does not have becomes a comment, and a screen of
/// 0 × 0 as large as its first image.
fn repaired(mut source: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    const COMMENT: u8 = 0xFE;
    const KNOWN: [u8; 4] = [0x01, 0xF9, COMMENT, 0xFF];
    let unknown =
        |at: &usize| source[*at] == EXTENSION && source.get(at + 1).is_some_and(|label| !KNOWN.contains(label));
    for at in blocks(&source).filter(unknown).collect::<Vec<_>>() {
        source.to_mut()[at + 1] = COMMENT;
    }
    let first = blocks(&source).find(|at| source[*at] == IMAGE);
    if let (Some([0, 0, 0, 0]), Some(place)) = (source.get(6..10), first.and_then(|at| source.get(at + 1..at + 9))) {
        let number = |at: usize| u16::from_le_bytes([place[at], place[at + 1]]);
        let sides = [0, 2].map(|at| number(at).saturating_add(number(at + 4)).to_le_bytes());
        source.to_mut()[6..10].copy_from_slice(sides.as_flattened());
    }
    source
}

/// The number of its image descriptors (GIF89a §20).
fn frames(source: &[u8]) -> u32 {
    let frames = blocks(source).filter(|at| source[*at] == IMAGE).count();
    u32::try_from(frames).unwrap_or(u32::MAX).max(1)
}

/// What a block begins with.
const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2C;

/// Where each extension and image begins.
fn blocks(source: &[u8]) -> impl Iterator<Item = usize> {
    let packed = source.get(10).copied().unwrap_or_default();
    let mut next = 13 + color_table(packed);
    std::iter::from_fn(move || {
        let at = next;
        next = match *source.get(at)? {
            EXTENSION => skip_sub_blocks(source, at + 2),
            IMAGE => {
                let packed = source.get(at + 9).copied().unwrap_or_default();
                skip_sub_blocks(source, at + 10 + color_table(packed) + 1)
            }
            _ => return None,
        };
        Some(at)
    })
}

/// Bytes of the colour table that the flags announce.
fn color_table(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
}

fn skip_sub_blocks(source: &[u8], mut at: usize) -> usize {
    while let Some(length) = source.get(at) {
        at += 1 + usize::from(*length);
        if *length == 0 {
            break;
        }
    }
    at
}
