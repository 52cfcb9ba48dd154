//! Draws the background under an image and around it.

use darkroom_recipe::{Color, LimitExceeded, Size};

use super::{Context, Op};
use crate::Error;
use crate::budget::Budget;
use crate::pixels::Pixels;
use crate::sample::Sample;

/// Pads, and puts a colour under transparent pixels if the recipe or the format requires it.
pub(super) struct Background;

impl<S: Sample> Op<S> for Background {
    fn applies(&self, pixels: &Pixels<S>, context: &Context<'_>) -> bool {
        let padded = context.layout.canvas != context.layout.scaled;
        padded || shows_through(pixels, context)
    }

    fn run(&self, pixels: &Pixels<S>, context: &Context<'_>) -> Result<Pixels<S>, Error> {
        let Context { recipe, layout, budget } = *context;
        let mut color = recipe.background.unwrap_or(Color::WHITE);
        if !recipe.encoding.format.has_alpha() {
            color.alpha = 255;
        }
        let color = pixels.space.color(color);
        let under = shows_through(pixels, context);
        Ok(place(pixels, layout.canvas, layout.offset, color, under, budget)?)
    }
}

/// Whether the colour is visible through the pixels.
fn shows_through<S: Sample>(pixels: &Pixels<S>, Context { recipe, .. }: &Context<'_>) -> bool {
    pixels.alpha && (recipe.background.is_some() || !recipe.encoding.format.has_alpha())
}

/// Places `pixels` on a single-colour canvas of `size`, `offset` from its top left corner. If `under` is set,
/// transparent pixels show the colour; otherwise they stay transparent.
fn place<S: Sample>(
    pixels: &Pixels<S>,
    size: Size,
    offset: (u32, u32),
    fill: [S; 4],
    under: bool,
    budget: &Budget,
) -> Result<Pixels<S>, LimitExceeded> {
    let alpha = fill[3] < S::MAX || (pixels.alpha && !under);
    let mut canvas = pixels.blank(size, alpha, budget)?;
    let channels = canvas.channels();
    canvas.data.chunks_exact_mut(channels).for_each(|pixel| pixel.copy_from_slice(&fill[..channels]));
    let (left, top) = (offset.0 as usize * channels, offset.1 as usize);
    let stride = canvas.stride();
    for (row, line) in pixels.data.chunks_exact(pixels.stride()).enumerate() {
        let start = (top + row) * stride + left;
        let target = canvas.data[start..].chunks_exact_mut(channels);
        for (from, to) in line.chunks_exact(pixels.channels()).zip(target) {
            let opacity = from.get(3).copied().unwrap_or(S::MAX);
            let pixel = if under {
                over([from[0], from[1], from[2], opacity], fill)
            } else {
                [from[0], from[1], from[2], opacity]
            };
            to.copy_from_slice(&pixel[..channels]);
        }
    }
    Ok(canvas)
}

/// Source over backdrop, both with straight alpha (CSS Compositing 1 §5.1).
fn over<S: Sample>(source: [S; 4], backdrop: [S; 4]) -> [S; 4] {
    if source[3] == S::MAX {
        return source;
    }
    let [most, opaque, behind]: [u64; 3] = [S::MAX, source[3], backdrop[3]].map(Into::into);
    let (above, below) = (opaque * most, behind * (most - opaque));
    let opacity = above + below;
    if opacity == 0 {
        return [S::default(); 4];
    }
    let mix = |channel: usize| {
        let [color, behind]: [u64; 2] = [source[channel], backdrop[channel]].map(Into::into);
        S::of_number((color * above + behind * below + opacity / 2) / opacity)
    };
    [mix(0), mix(1), mix(2), S::of_number((opacity + most / 2) / most)]
}

#[cfg(test)]
mod tests {
    use super::over;

    #[test]
    fn transparent_over_opaque_is_opaque() {
        assert_eq!(over([10u8, 20, 30, 0], [255, 255, 255, 255]), [255, 255, 255, 255]);
        assert_eq!(over([10u8, 20, 30, 255], [255, 255, 255, 255]), [10, 20, 30, 255]);
        assert_eq!(over([0u8, 0, 0, 128], [255, 255, 255, 255]), [127, 127, 127, 255]);
        assert_eq!(over([9u8, 9, 9, 0], [1, 2, 3, 0]), [0; 4]);
        assert_eq!(over([100u8, 100, 100, 128], [100, 100, 100, 0]), [100, 100, 100, 128]);
        assert_eq!(over([0, 0, 0, 0x8000], [u16::MAX; 4]), [0x7FFF, 0x7FFF, 0x7FFF, u16::MAX]);
    }
}
