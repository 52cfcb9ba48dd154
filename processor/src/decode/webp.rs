//! WebP.

use std::borrow::Cow;
use std::io::Cursor;

use darkroom_recipe::{Format, Size};
use image::codecs::webp::WebPDecoder;
use image::metadata::LoopCount;
use image::{AnimationDecoder, Frames, ImageDecoder};

use super::{Decode, Decoded, Model, Opened, Shared, raster, shown_for};
use crate::Error;
use crate::budget::Budget;

pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let frames = frames(&source);
    if frames == 1 {
        let decoder = WebPDecoder::new(Cursor::new(source)).map_err(raster::error)?;
        return raster::open(decoder, Format::WebP, frames);
    }
    let mut decoder = WebPDecoder::new(Cursor::new(&source[..])).map_err(raster::error)?;
    let header = raster::read_header(&mut decoder, Format::WebP, frames)?;
    Ok((header, Box::new(Animation::open(Shared::new(source))?)))
}

/// A file of several frames.
struct Animation<'a> {
    source: Shared<'a>,
    size: Size,
    frames: Frames<'a>,
    plays: u32,
    delay: u32,
}

impl<'a> Animation<'a> {
    fn open(source: Shared<'a>) -> Result<Self, Error> {
        let decoder = WebPDecoder::new(Cursor::new(source.clone())).map_err(raster::error)?;
        let (width, height) = decoder.dimensions();
        let plays = match decoder.loop_count() {
            LoopCount::Infinite => 0,
            LoopCount::Finite(plays) => plays.get(),
        };
        Ok(Self { source, size: Size::new(width, height), frames: decoder.into_frames(), plays, delay: 0 })
    }
}

impl<'a> Decode<'a> for Animation<'a> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        /// Of the canvas, of what a frame is decoded into, and of its copies.
        const BYTES: u64 = 20;
        let mut reservation = budget.reserve((self.size.pixels() * BYTES).saturating_add(1 << 20))?;
        let Some(frame) = self.frames.next().transpose().map_err(raster::error)? else { return Ok(None) };
        let (numerator, denominator) = frame.delay().numer_denom_ms();
        self.delay = shown_for(numerator / denominator.max(1));
        let data = frame.into_buffer().into_raw();
        reservation.shrink(data.len() as u64);
        Ok(Some(Decoded { size: self.size, model: Model::Rgba, data, reservation, reduction: 1 }))
    }

    fn plays(&self) -> Option<u32> {
        Some(self.plays)
    }

    fn delay(&self) -> u32 {
        self.delay
    }

    fn restart(&mut self) -> Result<(), Error> {
        *self = Self::open(self.source.clone())?;
        Ok(())
    }
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
