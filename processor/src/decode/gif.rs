//! GIF.

use std::borrow::Cow;
use std::io::Cursor;

use darkroom_recipe::Format;
use image::codecs::gif::GifDecoder;

use super::{Opened, raster};
use crate::Error;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let frames = frames(&source);
    let decoder = GifDecoder::new(Cursor::new(source)).map_err(raster::error)?;
    raster::open(decoder, Format::Gif, frames)
}

/// The number of its image descriptors (GIF89a §20).
fn frames(source: &[u8]) -> u32 {
    let mut frames = 0;
    let packed = source.get(10).copied().unwrap_or_default();
    let mut at = 13 + color_table(packed);
    while let Some(block) = source.get(at) {
        at = match block {
            0x21 => skip_sub_blocks(source, at + 2),
            0x2C => {
                frames += 1;
                let packed = source.get(at + 9).copied().unwrap_or_default();
                skip_sub_blocks(source, at + 10 + color_table(packed) + 1)
            }
            _ => break,
        };
    }
    frames.max(1)
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
