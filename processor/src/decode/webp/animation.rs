//! WebP animations: frames are parts of a canvas, and are returned whole.

use std::borrow::Cow;

use darkroom_recipe::Size;

use super::container::{Container, Frame};
use super::{decode, features};
use crate::Error;
use crate::budget::Budget;
use crate::decode::canvas::{Blend, Canvas, Dispose, Part};
use crate::decode::{ColorModel, Decode, Decoded, shown_for, too_short};

/// Frames, each of which may cover only a part of the canvas.
pub(super) struct Animation<'a> {
    source: Cow<'a, [u8]>,
    frames: Vec<Frame>,
    loops: u16,
    size: Size,
    /// `None` before the first frame.
    canvas: Option<Canvas>,
    /// The index of the next frame.
    next: usize,
    /// The last frame is truncated, or further frames are missing.
    cut: bool,
    damage: Option<Error>,
}

impl<'a> Animation<'a> {
    /// Creates an animation with a canvas of this size.
    pub(super) fn new(source: Cow<'a, [u8]>, container: Container, size: Size) -> Self {
        let Container { frames, loops, cut, .. } = container;
        // The original number of frames is unknown.
        let damage = if cut { Some(too_short()) } else { None };
        Self { source, frames, loops, size, canvas: None, next: 0, cut, damage }
    }

    /// The pixels of frame number `at`, and the number of available rows.
    fn pixels(&self, at: usize, budget: &Budget) -> Result<(Decoded, u32), Error> {
        let Frame { size, ref image, .. } = self.frames[at];
        let image = &self.source[image.clone()];
        features(image, size)?;
        decode(image, size, ColorModel::Rgba, self.cut && at + 1 == self.frames.len(), budget)
    }
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
        let (decoded, rows) = match self.pixels(self.next, budget) {
            // Show the available rows, and end the animation.
            Err(error @ Error::Malformed(_)) if self.canvas.is_some() => {
                self.damage.get_or_insert(error);
                self.next = self.frames.len();
                return Ok(None);
            }
            pixels => pixels?,
        };
        let size = Size { height: rows, ..size };
        let canvas = Canvas::of(&mut self.canvas, self.size, budget)?;
        let blend = if frame.blend { Blend::Over } else { Blend::Replace };
        let dispose = if frame.dispose { Dispose::Clear } else { Dispose::Keep };
        let colors = decoded.data.as_chunks().0.iter().copied().take(size.pixels() as usize);
        canvas.draw(Part { left, top, size }, colors, blend, dispose, budget)?;
        drop(decoded);
        self.next += 1;
        canvas.frame(budget).map(Some)
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
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

#[cfg(test)]
mod tests {
    use darkroom_libwebp::{Image, Pixels, Settings};
    use darkroom_recipe::Limits;

    use super::*;
    use crate::decode::open;

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

    /// A four-pixel animation that is played twice.
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
        let (header, mut decoder) = open(source.into(), &Limits::default()).expect("headers");
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
}
