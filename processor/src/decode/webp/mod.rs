//! WebP: the container here, the images by libwebp.

mod container;

use std::borrow::Cow;
use std::ops::Range;

use darkroom_libwebp::{self as libwebp, DecodeError, PixelsMut};
use darkroom_recipe::{Format, Orientation, Size};

use self::container::{Container, Frame};
use super::canvas::{Blend, Canvas, Dispose, Part};
use super::rows::{ReadRows, Rows};
use super::{Decode, Decoded, Header, Model, Opened, TOO_SHORT, shown_for};
use crate::budget::Budget;
use crate::{Error, exif};

/// An image of fewer pixels is decoded as a whole: there is little memory to save.
const SMALL: u64 = 1 << 20;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let container = Container::read(&source)?;
    let header = header(&source, &container)?;
    let size = header.size;
    if let Some(image) = container.still {
        return Ok((header, Box::new(Still { source, image, size, given: false })));
    }
    let Container { frames, loops, .. } = container;
    Ok((header, Box::new(Animation { source, frames, loops, size, canvas: None, next: 0 })))
}

fn header(source: &[u8], container: &Container) -> Result<Header, Error> {
    let (size, alpha) = match (&container.still, container.canvas) {
        (Some(image), canvas) => {
            let found = libwebp::features(&source[image.clone()]).map_err(decoding)?;
            let size = Size::new(found.width, found.height);
            // A canvas of another size is refused when there are pixels to show, after the limits have seen it.
            (canvas.map_or(size, |(canvas, _)| canvas), found.alpha)
        }
        (None, Some((size, alpha))) => (size, alpha || container.frames.iter().enumerate().any(shows_through(size))),
        (None, None) => return Err(Error::Malformed("an animation without VP8X, which tells its size".into())),
    };
    let exif = container.exif.clone().map(|at| source[at].to_vec());
    Ok(Header {
        format: Format::WebP,
        size,
        orientation: exif.as_deref().map_or(Orientation::default(), exif::orientation),
        frames: u32::try_from(container.frames.len()).unwrap_or(u32::MAX).max(1),
        alpha,
        bits_per_channel: 8,
        icc: container.icc.clone().map(|at| source[at].to_vec()),
        exif,
        metadata: container.xmp,
    })
}

/// Whether a frame leaves pixels of the canvas empty, whatever is in it: the first one before, another one afterwards.
fn shows_through(canvas: Size) -> impl Fn((usize, &Frame)) -> bool {
    move |(at, frame)| frame.size != canvas && (at == 0 || frame.dispose)
}

/// One image, until it is given.
struct Still<'a> {
    source: Cow<'a, [u8]>,
    image: Range<usize>,
    size: Size,
    given: bool,
}

impl<'a> Decode<'a> for Still<'a> {
    fn rows(&mut self, _: u32, budget: &Budget) -> Result<Option<Rows<'a>>, Error> {
        let found = features(&self.source[self.image.clone()], self.size)?;
        if found.lossless || found.alpha || self.size.pixels() < SMALL || self.given {
            return Ok(None);
        }
        self.given = true;
        let working = budget.reserve(libwebp::Rows::memory(found.width))?;
        let rows = libwebp::Rows::new(std::mem::take(&mut self.source), self.image.clone()).map_err(decoding)?;
        Ok(Some(Rows::new(rows, self.size, Model::Rgb, 1, working)))
    }

    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        if std::mem::replace(&mut self.given, true) {
            return Ok(None);
        }
        let image = &self.source[self.image.clone()];
        let model = if features(image, self.size)?.alpha { Model::Rgba } else { Model::Rgb };
        decode(image, self.size, model, budget).map(Some)
    }
}

impl ReadRows for libwebp::Rows<'_> {
    fn read(&mut self, row: &mut [u8]) -> Result<(), Error> {
        self.read(row).map_err(decoding)
    }
}

/// Frames, each of which may be a part of what is shown.
struct Animation<'a> {
    source: Cow<'a, [u8]>,
    frames: Vec<Frame>,
    loops: u16,
    size: Size,
    /// None before the first frame.
    canvas: Option<Canvas>,
    /// Which frame comes next.
    next: usize,
}

impl<'a> Decode<'a> for Animation<'a> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let Some(frame) = self.frames.get(self.next) else { return Ok(None) };
        let Frame { left, top, size, .. } = *frame;
        let fits = left.checked_add(size.width).is_some_and(|right| right <= self.size.width)
            && top.checked_add(size.height).is_some_and(|bottom| bottom <= self.size.height);
        if !fits {
            return Err(Error::Malformed(format!("frame {} does not lie on its canvas", self.next + 1)));
        }
        let image = &self.source[frame.image.clone()];
        features(image, size)?;
        let decoded = decode(image, size, Model::Rgba, budget)?;
        let canvas = match &mut self.canvas {
            Some(canvas) => canvas,
            None => self.canvas.insert(Canvas::new(self.size, budget)?),
        };
        let blend = if frame.blend { Blend::Over } else { Blend::Replace };
        let dispose = if frame.dispose { Dispose::Clear } else { Dispose::Keep };
        let colors = decoded.data.as_chunks().0.iter().copied();
        canvas.draw(Part { left, top, size }, colors, blend, dispose, budget)?;
        drop(decoded);
        self.next += 1;
        canvas.frame(budget).map(Some)
    }

    fn plays(&self) -> Option<u32> {
        Some(self.loops.into())
    }

    fn delay(&self) -> u32 {
        let last = self.next.checked_sub(1).and_then(|at| self.frames.get(at));
        last.map_or(0, |frame| shown_for(frame.delay))
    }

    fn restart(&mut self) -> Result<(), Error> {
        (self.canvas, self.next) = (None, 0);
        Ok(())
    }
}

/// What an image's headers tell, which has to be as large as the container says.
fn features(image: &[u8], size: Size) -> Result<libwebp::Features, Error> {
    let found = libwebp::features(image).map_err(decoding)?;
    if Size::new(found.width, found.height) == size {
        return Ok(found);
    }
    let (libwebp::Features { width, height, .. }, Size { width: w, height: h }) = (found, size);
    Err(Error::Malformed(format!("an image of {width} × {height}, where its container says {w} × {h}")))
}

fn decode(image: &[u8], size: Size, model: Model, budget: &Budget) -> Result<Decoded, Error> {
    let (mut data, reservation) = budget.buffer(size.pixels().saturating_mul(model.channels() as u64))?;
    let pixels = if model == Model::Rgba { PixelsMut::Rgba(&mut data) } else { PixelsMut::Rgb(&mut data) };
    let rest = budget.rest();
    libwebp::decode(image, pixels, rest.bytes()).map_err(|error| match error {
        DecodeError::OutOfMemory => budget.exhausted().into(),
        other => decoding(other),
    })?;
    Ok(Decoded { size, model, data, reservation, reduction: 1 })
}

fn decoding(error: DecodeError) -> Error {
    match error {
        DecodeError::Truncated => Error::Malformed(TOO_SHORT.into()),
        DecodeError::Malformed => Error::Malformed("broken data".into()),
        DecodeError::Unsupported => Error::UnsupportedFeature("an image that is not to be shown by itself".into()),
        DecodeError::OutOfMemory | DecodeError::Length { .. } => Error::Internal(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use darkroom_libwebp::{Image, Pixels, Settings};
    use darkroom_recipe::Limits;

    use super::*;
    use crate::decode;

    const RED: [u8; 4] = [255, 0, 0, 255];
    const BLUE: [u8; 4] = [0, 0, 255, 255];
    const HALF: [u8; 4] = [0, 0, 255, 128];
    const CLEAR: [u8; 4] = [0; 4];

    fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let padding = vec![0; content.len() & 1];
        [&name[..], &(content.len() as u32).to_le_bytes(), content, &padding].concat()
    }

    /// A frame of one colour, two pixels wide and one high.
    fn frame(left: u8, color: [u8; 4], delay: u8, flags: u8) -> Vec<u8> {
        let settings = Settings { lossless: true, exact: true, ..Settings::default() };
        let pixels = [color; 2].concat();
        let image = Image { width: 2, height: 1, pixels: Pixels::Rgba(&pixels) };
        let file = darkroom_libwebp::encode(image, &settings).expect("a WebP");
        let head = [left / 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, delay, 0, 0, flags];
        chunk(b"ANMF", &[&head[..], &file[12..]].concat())
    }

    /// An animation on four pixels, which is played twice.
    fn animation(frames: &[Vec<u8>]) -> Vec<u8> {
        let head = [chunk(b"VP8X", &[2, 0, 0, 0, 3, 0, 0, 0, 0, 0]), chunk(b"ANIM", &[9, 9, 9, 9, 2, 0])].concat();
        [b"RIFF\0\0\0\0WEBP".to_vec(), head, frames.concat()].concat()
    }

    #[test]
    fn frames_come_whole_and_with_their_time() {
        const CLEARED: u8 = 1;
        const REPLACES: u8 = 2;
        let frames =
            [frame(0, RED, 40, 0), frame(2, BLUE, 5, CLEARED), frame(0, HALF, 70, 0), frame(0, HALF, 70, REPLACES)];
        let source = animation(&frames);
        let (header, mut decoder) = decode::open(source.into(), &Limits::default()).expect("headers");
        assert_eq!((header.frames, header.alpha, decoder.plays()), (4, true, Some(2)));
        let budget = Budget::new(10_000_000);
        for _ in 0..2 {
            let mixed = [127, 0, 128, 255];
            let expected = [
                (40, [RED, RED, CLEAR, CLEAR]),
                (100, [RED, RED, BLUE, BLUE]),
                (70, [mixed, mixed, CLEAR, CLEAR]),
                (70, [HALF, HALF, CLEAR, CLEAR]),
            ];
            for (delay, pixels) in expected {
                let shown = decoder.next_frame(1, &budget).expect("a frame").expect("not the last");
                assert_eq!((decoder.delay(), shown.data), (delay, pixels.concat()));
            }
            assert!(decoder.next_frame(1, &budget).is_ok_and(|frame| frame.is_none()));
            decoder.restart().expect("from the first frame on");
        }
    }

    #[test]
    fn memory_is_charged_before_it_is_taken() {
        let settings = Settings { lossless: true, ..Settings::default() };
        let pixels: Vec<u8> = (0..200 * 100 * 3u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let image = Image { width: 200, height: 100, pixels: Pixels::Rgb(&pixels) };
        let source = darkroom_libwebp::encode(image, &settings).expect("a WebP");
        let decoded = |memory: u64| {
            let mut decoder = decode::open((&source[..]).into(), &Limits::default()).expect("headers").1;
            decoder.next_frame(1, &Budget::new(memory))
        };
        // The pixels, and libwebp's four bytes for each.
        for memory in [0, 60_000, 139_000] {
            assert!(matches!(decoded(memory), Err(Error::Limit(_))), "{memory} bytes");
        }
        assert!(decoded(400_000).is_ok_and(|frame| frame.is_some_and(|frame| frame.data == pixels)));
    }
}
