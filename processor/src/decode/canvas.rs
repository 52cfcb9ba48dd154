//! Assembles whole frames of an animation, whose file stores only the part that each frame draws, and how to dispose of
//! it.

use darkroom_recipe::Size;

use super::{ColorModel, Decoded};
use crate::Error;
use crate::budget::{Budget, Reservation};

/// A pixel with straight alpha.
pub(super) type Color = [u8; 4];

/// The image as currently displayed.
pub(super) struct Canvas {
    size: Size,
    pixels: Vec<Color>,
    /// How to restore the canvas before the next frame, if that does not start from `pixels`.
    undo: Undo,
    _reservation: Reservation,
}

enum Undo {
    Nothing,
    Clear(Part),
    /// The saved pixels, and their memory reservation.
    Restore(Vec<Color>, #[expect(dead_code, reason = "it is dropped with them")] Reservation),
}

/// The columns and rows of a canvas that a frame draws on. The area outside the canvas is not displayed.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) size: Size,
}

/// How a frame's pixels are combined with the existing ones.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Blend {
    Replace,
    Over,
}

/// How to dispose of a frame after its display time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dispose {
    Keep,
    /// Makes it transparent: no browser uses the background colour that a file may name.
    Clear,
    /// Restores the previous pixels.
    Restore,
}

impl Canvas {
    /// A fully transparent canvas.
    fn new(size: Size, budget: &Budget) -> Result<Self, Error> {
        let reservation = budget.reserve(size.pixels().saturating_mul(4))?;
        let pixels = vec![Color::default(); size.pixels() as usize];
        Ok(Self { size, pixels, undo: Undo::Nothing, _reservation: reservation })
    }

    /// Returns the existing canvas, or creates one before the first frame.
    pub(super) fn of<'c>(place: &'c mut Option<Self>, size: Size, budget: &Budget) -> Result<&'c mut Self, Error> {
        Ok(match place {
            Some(canvas) => canvas,
            None => place.insert(Self::new(size, budget)?),
        })
    }

    /// Draws the rows of `part`, with one `color` per pixel.
    pub(super) fn draw(
        &mut self,
        part: Part,
        colors: impl Iterator<Item = Color>,
        blend: Blend,
        dispose: Dispose,
        budget: &Budget,
    ) -> Result<(), Error> {
        self.dispose();
        self.undo = match dispose {
            Dispose::Keep => Undo::Nothing,
            Dispose::Clear => Undo::Clear(part),
            Dispose::Restore => {
                let reservation = budget.reserve(self.size.pixels().saturating_mul(4))?;
                Undo::Restore(self.pixels.clone(), reservation)
            }
        };
        let columns = part.size.width as usize;
        for (at, color) in colors.enumerate() {
            let (x, y) = (part.left as usize + at % columns, part.top as usize + at / columns);
            if x < self.size.width as usize
                && let Some(pixel) = self.pixels.get_mut(y * self.size.width as usize + x)
            {
                *pixel = if blend == Blend::Over { over(color, *pixel) } else { color };
            }
        }
        Ok(())
    }

    /// Disposes of the last frame.
    fn dispose(&mut self) {
        match std::mem::replace(&mut self.undo, Undo::Nothing) {
            Undo::Nothing => {}
            Undo::Restore(before, _) => self.pixels = before,
            Undo::Clear(Part { left, top, size }) => {
                let columns =
                    left.min(self.size.width) as usize..left.saturating_add(size.width).min(self.size.width) as usize;
                let rows = self.pixels.chunks_exact_mut(self.size.width as usize);
                for row in rows.skip(top as usize).take(size.height as usize) {
                    row[columns.clone()].fill(Color::default());
                }
            }
        }
    }

    /// A copy of the current canvas.
    pub(super) fn frame(&self, budget: &Budget) -> Result<Decoded, Error> {
        let reservation = budget.reserve(self.size.pixels().saturating_mul(4))?;
        let data = self.pixels.as_flattened().to_vec();
        Ok(Decoded { size: self.size, model: ColorModel::Rgba, data, reservation, reduction: 1 })
    }
}

/// Source over backdrop, both with straight alpha (PNG 3 §13.16), rounded to the nearest integer.
fn over(source: Color, backdrop: Color) -> Color {
    let above = u32::from(source[3]) * 255;
    let below = u32::from(backdrop[3]) * (255 - u32::from(source[3]));
    let opacity = above + below;
    if above == 0 || opacity == 0 {
        return backdrop;
    }
    let mix = |channel: usize| {
        let sum = u32::from(source[channel]) * above + u32::from(backdrop[channel]) * below;
        ((sum + opacity / 2) / opacity) as u8
    };
    [mix(0), mix(1), mix(2), ((opacity + 127) / 255) as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Color = [255, 0, 0, 255];
    const BLUE: Color = [0, 0, 255, 255];
    const CLEAR: Color = [0; 4];

    /// One row of three pixels, after a frame on the first two.
    fn drawn(canvas: &mut Canvas, color: Color, dispose: Dispose, budget: &Budget) -> Vec<Color> {
        let part = Part { left: 0, top: 0, size: Size::new(2, 1) };
        canvas.draw(part, [color; 2].into_iter(), Blend::Over, dispose, budget).expect("memory");
        canvas.frame(budget).expect("memory").data.as_chunks::<4>().0.to_vec()
    }

    #[test]
    fn frames_go_away_as_they_ask_for() {
        let budget = Budget::new(1000);
        let mut canvas = Canvas::new(Size::new(3, 1), &budget).expect("memory");
        assert_eq!(drawn(&mut canvas, RED, Dispose::Keep, &budget), [RED, RED, CLEAR]);
        assert_eq!(drawn(&mut canvas, BLUE, Dispose::Restore, &budget), [BLUE, BLUE, CLEAR]);
        assert_eq!(drawn(&mut canvas, CLEAR, Dispose::Clear, &budget), [RED, RED, CLEAR], "restored");
        // An area that was cleared before a frame is restored as cleared.
        assert_eq!(drawn(&mut canvas, BLUE, Dispose::Restore, &budget), [BLUE, BLUE, CLEAR]);
        assert_eq!(drawn(&mut canvas, CLEAR, Dispose::Keep, &budget), [CLEAR; 3]);
        drop(canvas);
        assert!(budget.reserve(1000).is_ok(), "all is given back");
    }

    #[test]
    fn what_lies_outside_is_left_out() {
        let budget = Budget::new(1000);
        let mut canvas = Canvas::new(Size::new(3, 1), &budget).expect("memory");
        for (left, top) in [(2, 0), (u32::MAX, 0), (0, 1), (0, u32::MAX)] {
            let part = Part { left, top, size: Size::new(2, 1) };
            canvas.draw(part, [RED; 2].into_iter(), Blend::Replace, Dispose::Clear, &budget).expect("memory");
        }
        canvas.dispose();
        assert_eq!(canvas.pixels, [CLEAR; 3]);
    }

    #[test]
    fn half_over_half_is_three_quarters() {
        assert_eq!(over([255, 0, 0, 128], [0, 0, 255, 128]), [170, 0, 85, 192]);
        assert_eq!(over([9, 9, 9, 0], BLUE), BLUE);
        assert_eq!(over(RED, BLUE), RED);
    }
}
