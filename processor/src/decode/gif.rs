//! GIF: a still by the `image` crate, the frames of an animation by `gif`, which is below it.

use std::borrow::Cow;
use std::io::{Cursor, ErrorKind};

use darkroom_recipe::{Format, Size};
use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, DisposalMethod, MemoryLimit, Repeat};
use image::codecs::gif::GifDecoder;

use super::canvas::{Blend, Canvas, Dispose, Part};
use super::{Decode, Decoded, Opened, Shared, raster, shown_for, too_short};
use crate::Error;
use crate::budget::Budget;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let source = repaired(source);
    let frames = frames(&source);
    if frames == 1 {
        let decoder = GifDecoder::new(Cursor::new(source)).map_err(raster::error)?;
        return raster::open(decoder, Format::Gif, frames);
    }
    let mut decoder = GifDecoder::new(Cursor::new(&source[..])).map_err(raster::error)?;
    let header = raster::read_header(&mut decoder, Format::Gif, frames)?;
    Ok((header, Box::new(Animation::open(Shared::new(source))?)))
}

type Reader<'a> = Decoder<Cursor<Shared<'a>>>;

/// A file of several frames.
struct Animation<'a> {
    source: Shared<'a>,
    reader: Reader<'a>,
    /// None before the first frame.
    canvas: Option<Canvas>,
    delay: u32,
}

impl<'a> Animation<'a> {
    fn open(source: Shared<'a>) -> Result<Self, Error> {
        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::RGBA);
        // Frames are read into buffers that are charged to the budget.
        options.set_memory_limit(MemoryLimit::Unlimited);
        let reader = options.read_info(Cursor::new(source.clone())).map_err(error)?;
        Ok(Self { source, reader, canvas: None, delay: 0 })
    }

    fn size(&self) -> Size {
        Size::new(self.reader.width().into(), self.reader.height().into())
    }
}

impl<'a> Decode<'a> for Animation<'a> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let size = self.size();
        let Some(frame) = self.reader.next_frame_info().map_err(error)? else { return Ok(None) };
        let part = Part {
            left: frame.left.into(),
            top: frame.top.into(),
            size: Size::new(frame.width.into(), frame.height.into()),
        };
        let dispose = match frame.dispose {
            DisposalMethod::Any | DisposalMethod::Keep => Dispose::Keep,
            DisposalMethod::Background => Dispose::Clear,
            DisposalMethod::Previous => Dispose::Restore,
        };
        self.delay = shown_for(u32::from(frame.delay) * 10);
        let (mut colors, _reservation) = budget.buffer(part.size.pixels() * 4)?;
        self.reader.read_into_buffer(&mut colors).map_err(error)?;
        let canvas = Canvas::of(&mut self.canvas, size, budget)?;
        canvas.draw(part, colors.as_chunks().0.iter().copied(), Blend::Over, dispose, budget)?;
        canvas.frame(budget).map(Some)
    }

    /// The file tells how often it is played again, or, by default, that it is not.
    fn plays(&self) -> Option<u32> {
        Some(match self.reader.repeat() {
            Repeat::Infinite => 0,
            Repeat::Finite(again) => u32::from(again) + 1,
        })
    }

    fn delay(&self) -> u32 {
        self.delay
    }

    fn restart(&mut self) -> Result<(), Error> {
        *self = Self::open(self.source.clone())?;
        Ok(())
    }
}

fn error(error: DecodingError) -> Error {
    match error {
        DecodingError::UnexpectedEof => too_short(),
        DecodingError::Io(io) if io.kind() == ErrorKind::UnexpectedEof => too_short(),
        other => Error::Malformed(format!("broken data ({other})")),
    }
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
