//! GIF, with the `gif` crate: up to 256 colours per frame, chosen and dithered by quantette.

use std::collections::BTreeMap;

use darkroom_recipe::{Rect, Size};
use gif::{DisposalMethod, Encoder, Frame as GifFrame, Repeat};
use quantette::deps::palette::Srgb;
use quantette::deps::palette::cast::{from_component_slice, into_component_slice};
use quantette::{ImageRef, PaletteSize, Pipeline};

use super::{Encode, Frame, Settings};
use crate::Error;
use crate::error::internal;
use crate::pixels::Pixels;

/// Bytes per pixel: three canvases, one frame in another colour space, and the file, whose frames take at most two
/// bytes per pixel.
pub(super) fn working(settings: &Settings) -> u64 {
    36 + 2 * u64::from(settings.animation.map_or(1, |animation| animation.frames))
}

/// A canvas's pixel; all zeros if it is transparent.
type Color = [u8; 4];

/// Writes only the part of each frame that differs from the previous one. Since a frame's disposal depends on the next
/// frame, one frame is held back.
pub(super) struct Gif {
    settings: Settings,
    /// `None` before the first frame.
    file: Option<Encoder<Vec<u8>>>,
    /// The canvas before `held` is drawn.
    shown: Vec<Color>,
    held: Option<Held>,
    /// The total duration of the frames written, in milliseconds and in the file's hundredths of a second.
    elapsed: (u64, u64),
}

/// A frame that has not been written yet, and its duration in milliseconds.
struct Held {
    canvas: Vec<Color>,
    delay: u64,
}

impl Gif {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, file: None, shown: Vec::new(), held: None, elapsed: (0, 0) }
    }

    /// Writes the held frame, if any. `next` is the frame after it.
    fn write(&mut self, next: Option<&[Color]>) -> Result<(), Error> {
        let Some(Held { canvas, delay }) = self.held.take() else { return Ok(()) };
        let Size { width, height } = self.settings.size;
        if self.shown.is_empty() {
            self.shown = vec![Color::default(); canvas.len()];
        }
        // Only disposal makes a pixel transparent again.
        let clears = next.is_some_and(|next| canvas.iter().zip(next).any(|(now, then)| now[3] > then[3]));
        let part = if clears { Rect::whole(self.settings.size) } else { changed(&self.shown, &canvas, width) };
        let mut frame = self.draw(&canvas, part, clears)?;
        frame.delay = self.hundredths(delay);
        self.file(width, height)?.write_frame(&frame).map_err(internal)?;
        self.shown = if clears { Vec::new() } else { canvas };
        Ok(())
    }

    /// The frame that changes `part` of the current canvas to look like `canvas`, and is then cleared or kept.
    fn draw(&self, canvas: &[Color], part: Rect, clears: bool) -> Result<GifFrame<'static>, Error> {
        let width = self.settings.size.width as usize;
        let (left, top, columns, rows) = (part.x as usize, part.y as usize, part.width as usize, part.height as usize);
        let at = |y: usize| (top + y) * width + left..(top + y) * width + left + columns;
        let inside: Vec<Color> = (0..rows).flat_map(|y| &canvas[at(y)]).copied().collect();
        let before = (0..rows).flat_map(|y| &self.shown[at(y)]);
        let kept: Vec<bool> = inside.iter().zip(before).map(|(now, before)| now == before || now[3] == 0).collect();
        let transparent = clears || kept.contains(&true);
        let most = self.colors() - u16::from(transparent);
        let (mut palette, mut indices) = match exact(&inside, &kept, most) {
            Some(exact) => exact,
            None => quantized(&inside, columns, rows, most)?,
        };
        let index = (palette.len() / 3) as u8; // at most 255 if there is a transparent colour
        if transparent {
            palette.extend([0; 3]);
            indices.iter_mut().zip(&kept).filter(|(_, kept)| **kept).for_each(|(to, _)| *to = index);
        }
        Ok(GifFrame {
            left: left as u16,
            top: top as u16,
            width: columns as u16,
            height: rows as u16,
            dispose: if clears { DisposalMethod::Background } else { DisposalMethod::Keep },
            transparent: transparent.then_some(index),
            palette: Some(palette),
            buffer: indices.into(),
            ..GifFrame::default()
        })
    }

    /// The number of colours that a frame may have, 2 to 256.
    fn colors(&self) -> u16 {
        (u16::from(self.settings.quality) * 256 / 100).clamp(2, 256)
    }

    /// A delay in the file's unit, without accumulating rounding errors. Browsers treat less than 2 as 10.
    fn hundredths(&mut self, delay: u64) -> u16 {
        if self.settings.animation.is_none() {
            return 0;
        }
        let (milliseconds, written) = &mut self.elapsed;
        *milliseconds += delay;
        let end = (*milliseconds + 5) / 10;
        let delay = end.saturating_sub(*written).clamp(2, u16::MAX.into()) as u16;
        *written += u64::from(delay);
        delay
    }

    fn file(&mut self, width: u32, height: u32) -> Result<&mut Encoder<Vec<u8>>, Error> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                // The layout has made sure that both fit.
                let mut file = Encoder::new(Vec::new(), width as u16, height as u16, &[]).map_err(internal)?;
                if let Some(animation) = self.settings.animation {
                    // The number of repetitions; an animation that plays once needs no extension.
                    file.set_repeat(match animation.plays {
                        0 => Repeat::Infinite,
                        plays => u16::try_from(plays - 1).map_or(Repeat::Infinite, Repeat::Finite),
                    })
                    .map_err(internal)?;
                }
                file
            }
        };
        Ok(self.file.insert(file))
    }
}

impl Encode for Gif {
    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        let canvas = canvas(frame.image.narrow()?);
        let delay = u64::from(frame.delay);
        match &mut self.held {
            Some(held) if held.canvas == canvas => held.delay += delay,
            _ => {
                self.write(Some(&canvas))?;
                self.held = Some(Held { canvas, delay });
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, Error> {
        self.write(None)?;
        let file = self.file.ok_or_else(|| internal("a GIF without frames"))?;
        file.into_inner().map_err(internal)
    }
}

/// The pixels, each opaque or transparent; transparent ones have no colour.
fn canvas(pixels: &Pixels) -> Vec<Color> {
    let color = |pixel: &[u8]| match pixel {
        [red, green, blue] => [*red, *green, *blue, 255],
        [red, green, blue, 128..=255] => [*red, *green, *blue, 255],
        _ => Color::default(),
    };
    pixels.data.chunks_exact(pixels.channels()).map(color).collect()
}

/// The smallest part that contains all differences; one pixel if there are none.
fn changed(before: &[Color], now: &[Color], width: u32) -> Rect {
    let width = width as usize;
    let differs = |at: &usize| before[*at] != now[*at];
    let differing = || (0..now.len()).filter(differs);
    let (first, last) = (differing().next().unwrap_or(0), differing().next_back().unwrap_or(0));
    let (left, right) =
        differing().fold((width - 1, 0), |(left, right), at| (left.min(at % width), right.max(at % width)));
    let (left, right) = if left > right { (0, 0) } else { (left, right) };
    let (top, bottom) = (first / width, last / width);
    Rect { x: left as f64, y: top as f64, width: (right - left + 1) as f64, height: (bottom - top + 1) as f64 }
}

/// A palette with every drawn colour, and each pixel's index in it, if there are at most `most` colours.
fn exact(pixels: &[Color], kept: &[bool], most: u16) -> Option<(Vec<u8>, Vec<u8>)> {
    let drawn = || pixels.iter().zip(kept).filter(|(_, kept)| !**kept).map(|(color, _)| *color);
    let mut places: BTreeMap<Color, u8> = BTreeMap::new();
    for color in drawn() {
        places.insert(color, 0);
        if places.len() > usize::from(most) {
            return None;
        }
    }
    (0..=255).zip(places.values_mut()).for_each(|(number, place)| *place = number);
    let palette = places.keys().flat_map(|color| &color[..3]).copied().collect();
    let indices = pixels.iter().map(|color| places.get(color).copied().unwrap_or(0)).collect();
    Some((palette, indices))
}

/// The same with at most `most` similar colours, by Wu's method in Oklab, and Floyd-Steinberg dithering. Kept pixels
/// are included, so that errors from not drawing them don't spread to their neighbours.
fn quantized(pixels: &[Color], columns: usize, rows: usize, most: u16) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let bytes: Vec<u8> = pixels.iter().flat_map(|color| &color[..3]).copied().collect();
    let colors: &[Srgb<u8>] = from_component_slice(&bytes);
    let image = ImageRef::new(columns as u32, rows as u32, colors).map_err(|refused| internal(refused.error))?;
    let size = PaletteSize::try_from(most).map_err(internal)?;
    let (palette, indices) =
        Pipeline::new().palette_size(size).input_image(image).output_srgb8_indexed_image().into_parts();
    Ok((into_component_slice(&palette).to_vec(), indices))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_has_a_smallest_part() {
        let (a, b) = ([0, 0, 0, 255], [9, 0, 0, 255]);
        let before = [a; 12]; // 4 × 3
        let mut now = before;
        assert_eq!(changed(&before, &now, 4), Rect { x: 0.0, y: 0.0, width: 1.0, height: 1.0 });
        now[6] = b;
        assert_eq!(changed(&before, &now, 4), Rect { x: 2.0, y: 1.0, width: 1.0, height: 1.0 });
        now[9] = b;
        assert_eq!(changed(&before, &now, 4), Rect { x: 1.0, y: 1.0, width: 2.0, height: 2.0 });
    }

    #[test]
    fn few_colors_are_exact_and_many_are_not() {
        let pixels: Vec<Color> = (0..=255).map(|at| [at, 7, 7, 255]).collect();
        let kept = vec![false; 256];
        let (palette, indices) = exact(&pixels, &kept, 256).expect("256 colours");
        assert_eq!((palette.len(), &indices[..3], indices[255]), (768, &[0, 1, 2][..], 255));
        assert_eq!(exact(&pixels, &kept, 255), None);
        let (palette, indices) = quantized(&pixels, 16, 16, 255).expect("255 colours");
        assert!(palette.len() <= 765 && indices.len() == 256);
    }

    #[test]
    fn rounding_of_delays_does_not_add_up() {
        let settings = Settings {
            alpha: false,
            wide: false,
            space: crate::color::Space::default(),
            size: Size::new(1, 1),
            quality: 100,
            effort: 0,
            lossless: false,
            embedded: crate::embedded::Embedded::default(),
            animation: Some(super::super::Animation { frames: 9, plays: 0 }),
        };
        let mut gif = Gif::new(settings);
        let delays: Vec<u16> = [33, 33, 34, 100, 5].map(|delay| gif.hundredths(delay)).to_vec();
        assert_eq!(delays, [3, 4, 3, 10, 2]);
    }
}
