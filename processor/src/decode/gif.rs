//! GIF: the `image` crate reads the headers, and `gif`, which it is built on, the frames. Missing pixels keep the
//! previous frame's, or stay transparent in the first frame.

use std::borrow::Cow;
use std::io::{Cursor, ErrorKind};

use darkroom_recipe::{Format, Size};
use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, DisposalMethod, MemoryLimit, Repeat};
use image::codecs::gif::GifDecoder;

use super::canvas::{Blend, Canvas, Dispose, Part};
use super::{ColorModel, Decode, Decoded, Opened, Shared, raster, shown_for, too_short};
use crate::Error;
use crate::budget::Budget;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let source = repaired(source);
    let (frames, ends) = frames(&source);
    let mut decoder = GifDecoder::new(Cursor::new(&source[..])).map_err(raster::error)?;
    let header = raster::read_header(&mut decoder, Format::Gif, frames)?;
    drop(decoder);
    // Without a trailer, the original number of frames is unknown.
    let damage = if ends { None } else { Some(too_short()) };
    let source = Shared::new(source);
    if frames == 1 {
        return Ok((header, Box::new(Still { reader: Some(reader(source)?), damage })));
    }
    Ok((header, Box::new(Animation::open(source, damage)?)))
}

type Reader<'a> = Decoder<Cursor<Shared<'a>>>;

fn reader(source: Shared<'_>) -> Result<Reader<'_>, Error> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    // Frame buffers are charged to the budget instead.
    options.set_memory_limit(MemoryLimit::Unlimited);
    options.read_info(Cursor::new(source)).map_err(error)
}

fn screen(reader: &Reader<'_>) -> Size {
    Size::new(reader.width().into(), reader.height().into())
}

/// The position and disposal of the next frame; `None` after the last one.
fn next_part(reader: &mut Reader<'_>) -> Result<Option<(Part, Dispose, u32)>, Error> {
    let Some(frame) = reader.next_frame_info().map_err(error)? else { return Ok(None) };
    let size = Size::new(frame.width.into(), frame.height.into());
    let part = Part { left: frame.left.into(), top: frame.top.into(), size };
    let dispose = match frame.dispose {
        DisposalMethod::Any | DisposalMethod::Keep => Dispose::Keep,
        DisposalMethod::Background => Dispose::Clear,
        DisposalMethod::Previous => Dispose::Restore,
    };
    Ok(Some((part, dispose, shown_for(u32::from(frame.delay) * 10))))
}

/// Reads the available pixels of a frame of `size` into `colors`, which are transparent; if some are missing, it also
/// returns the error. Missing rows of later interlace passes repeat the rows above.
///
/// # Errors
/// If not a single row is available.
fn read(reader: &mut Reader<'_>, size: Size, colors: &mut [u8]) -> Result<Option<Error>, Error> {
    let interlaced = reader.current_frame_info().is_some_and(|frame| frame.interlaced);
    let (height, stride) = (size.height as usize, size.width as usize * 4);
    let passes: &[(usize, usize)] = if interlaced { &[(0, 8), (4, 8), (2, 4), (1, 2)] } else { &[(0, 1)] };
    let mut there = vec![false; if interlaced { height } else { 0 }];
    let mut begun = false;
    for y in passes.iter().flat_map(|(first, step)| (*first..height).step_by(*step)) {
        let broken = match reader.fill_buffer(&mut colors[y * stride..][..stride]) {
            Ok(true) => {
                begun = true;
                if let Some(there) = there.get_mut(y) {
                    *there = true;
                }
                continue;
            }
            Ok(false) => Error::Malformed("broken data (image truncated)".into()),
            Err(broken) => error(broken),
        };
        if !begun {
            return Err(broken);
        }
        for y in (1..there.len()).filter(|y| !there[*y]) {
            colors.copy_within((y - 1) * stride..y * stride, y * stride);
        }
        return Ok(Some(broken));
    }
    if begun { Ok(None) } else { Err(Error::Malformed("a frame without pixels".into())) }
}

/// A file of one frame that has not been read yet.
struct Still<'a> {
    reader: Option<Reader<'a>>,
    damage: Option<Error>,
}

impl<'a> Decode<'a> for Still<'a> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let Some(mut reader) = self.reader.take() else { return Ok(None) };
        let size = screen(&reader);
        let (mut data, reservation) = budget.buffer(size.pixels().saturating_mul(4))?;
        let (part, ..) = next_part(&mut reader)?.ok_or_else(too_short)?;
        let stride = size.width as usize * 4;
        let damage = if part.left == 0 && part.size.width == size.width && part.top + part.size.height <= size.height {
            let start = part.top as usize * stride;
            read(&mut reader, part.size, &mut data[start..start + part.size.height as usize * stride])?
        } else {
            let (mut colors, _reservation) = budget.buffer(part.size.pixels().saturating_mul(4))?;
            let damage = read(&mut reader, part.size, &mut colors)?;
            let columns = part.size.width.min(size.width.saturating_sub(part.left)) as usize * 4;
            let rows = data.chunks_exact_mut(stride).skip(part.top as usize);
            for (to, from) in rows.zip(colors.chunks_exact(part.size.width as usize * 4)).filter(|_| columns > 0) {
                to[part.left as usize * 4..][..columns].copy_from_slice(&from[..columns]);
            }
            damage
        };
        self.damage = damage.or(self.damage.take());
        Ok(Some(Decoded { size, model: ColorModel::Rgba, data, reservation, reduction: 1 }))
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
    }
}

/// A file of several frames.
struct Animation<'a> {
    source: Shared<'a>,
    reader: Reader<'a>,
    /// `None` before the first frame.
    canvas: Option<Canvas>,
    delay: u32,
    /// The error in the frames so far.
    damage: Option<Error>,
    /// The error in the number of frames.
    end: Option<Error>,
    ended: bool,
}

impl<'a> Animation<'a> {
    fn open(source: Shared<'a>, end: Option<Error>) -> Result<Self, Error> {
        let reader = reader(source.clone())?;
        Ok(Self { source, reader, canvas: None, delay: 0, damage: None, end, ended: false })
    }

    /// Draws the available part of the next frame.
    fn draw(&mut self, (part, dispose, delay): (Part, Dispose, u32), budget: &Budget) -> Result<(), Error> {
        let (mut colors, _reservation) = budget.buffer(part.size.pixels() * 4)?;
        if let Some(broken) = read(&mut self.reader, part.size, &mut colors)? {
            self.damage.get_or_insert(broken);
        }
        self.delay = delay;
        let size = screen(&self.reader);
        let canvas = Canvas::of(&mut self.canvas, size, budget)?;
        canvas.draw(part, colors.as_chunks().0.iter().copied(), Blend::Over, dispose, budget)
    }
}

impl<'a> Decode<'a> for Animation<'a> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        if self.ended {
            return Ok(None);
        }
        let drawn = match next_part(&mut self.reader) {
            Ok(None) => return Ok(None),
            Ok(Some(next)) => self.draw(next, budget),
            Err(error) => Err(error),
        };
        match (drawn, &self.canvas) {
            (Ok(()), Some(canvas)) => canvas.frame(budget).map(Some),
            (Err(error @ Error::Malformed(_)), Some(_)) => {
                self.ended = true;
                self.damage.get_or_insert(error);
                Ok(None)
            }
            (Err(error), _) => Err(error),
            (Ok(()), None) => Ok(None),
        }
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone().or_else(|| self.end.clone())
    }

    /// The loop count from the file; by default an animation is not repeated.
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
        *self = Self::open(self.source.clone(), self.end.take())?;
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

/// Repairs two errors that every browser tolerates: an extension unknown to GIF89a becomes a comment, and a screen of 0
/// × 0 gets the size of its first image.
fn repaired(mut source: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    const COMMENT: u8 = 0xFE;
    const KNOWN: [u8; 4] = [0x01, 0xF9, COMMENT, 0xFF];
    let unknown =
        |at: &usize| source[*at] == EXTENSION && source.get(at + 1).is_some_and(|label| !KNOWN.contains(label));
    for at in Blocks::of(&source).filter(unknown).collect::<Vec<_>>() {
        source.to_mut()[at + 1] = COMMENT;
    }
    let first = Blocks::of(&source).find(|at| source[*at] == IMAGE);
    if let (Some([0, 0, 0, 0]), Some(place)) = (source.get(6..10), first.and_then(|at| source.get(at + 1..at + 9))) {
        let number = |at: usize| u16::from_le_bytes([place[at], place[at + 1]]);
        let sides = [0, 2].map(|at| number(at).saturating_add(number(at + 4)).to_le_bytes());
        source.to_mut()[6..10].copy_from_slice(sides.as_flattened());
    }
    source
}

/// The number of image descriptors (GIF89a §20), and whether anything other than the end of the file follows them.
fn frames(source: &[u8]) -> (u32, bool) {
    let mut blocks = Blocks::of(source);
    let frames = blocks.by_ref().filter(|at| source[*at] == IMAGE).count();
    (u32::try_from(frames).unwrap_or(u32::MAX).max(1), blocks.next < source.len())
}

/// The first byte of a block.
const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2C;

/// Iterates over the positions of extensions and images.
struct Blocks<'a> {
    source: &'a [u8],
    next: usize,
}

impl<'a> Blocks<'a> {
    fn of(source: &'a [u8]) -> Self {
        let packed = source.get(10).copied().unwrap_or_default();
        Self { source, next: 13 + color_table(packed) }
    }
}

impl Iterator for Blocks<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let (source, at) = (self.source, self.next);
        self.next = match *source.get(at)? {
            EXTENSION => skip_sub_blocks(source, at + 2),
            IMAGE => {
                let packed = source.get(at + 9).copied().unwrap_or_default();
                skip_sub_blocks(source, at + 10 + color_table(packed) + 1)
            }
            _ => return None,
        };
        Some(at)
    }
}

/// The length in bytes of the colour table that the flags announce.
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
