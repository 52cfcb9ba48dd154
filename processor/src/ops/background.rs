//! What lies under an image, and around it.

use darkroom_recipe::{Color, LimitExceeded, Size};

use super::{Context, Op};
use crate::Error;
use crate::budget::Budget;
use crate::pixels::Pixels;

/// Pads, and puts a colour under what is transparent where the recipe or the format asks for it.
pub(super) struct Background;

impl Op for Background {
    fn applies(&self, pixels: &Pixels, context: &Context<'_>) -> bool {
        let padded = context.layout.canvas != context.layout.scaled;
        padded || shows_through(pixels, context)
    }

    fn run(&self, pixels: &Pixels, context: &Context<'_>) -> Result<Pixels, Error> {
        let Context { recipe, layout, budget } = *context;
        let mut color = recipe.background.unwrap_or(Color::WHITE);
        if !recipe.encoding.format.has_alpha() {
            color.alpha = 255;
        }
        let under = shows_through(pixels, context);
        Ok(place(pixels, layout.canvas, layout.offset, color, under, budget)?)
    }
}

/// Whether the colour is to be seen through the pixels.
fn shows_through(pixels: &Pixels, Context { recipe, .. }: &Context<'_>) -> bool {
    pixels.alpha && (recipe.background.is_some() || !recipe.encoding.format.has_alpha())
}

/// `pixels` on a canvas of `size` and one colour, `offset` from its top left corner. What they let through shows the
/// colour where `under` says so, and stays transparent otherwise.
fn place(
    pixels: &Pixels,
    size: Size,
    offset: (u32, u32),
    color: Color,
    under: bool,
    budget: &Budget,
) -> Result<Pixels, LimitExceeded> {
    let alpha = color.alpha < 255 || (pixels.alpha && !under);
    let mut canvas = Pixels::new(size, alpha, budget)?;
    let Color { red, green, blue, alpha } = color;
    let fill = [red, green, blue, alpha];
    let channels = canvas.channels();
    canvas.data.chunks_exact_mut(channels).for_each(|pixel| pixel.copy_from_slice(&fill[..channels]));
    let (left, top) = (offset.0 as usize * channels, offset.1 as usize);
    let stride = canvas.stride();
    for (row, line) in pixels.data.chunks_exact(pixels.stride()).enumerate() {
        let start = (top + row) * stride + left;
        let target = canvas.data[start..].chunks_exact_mut(channels);
        for (from, to) in line.chunks_exact(pixels.channels()).zip(target) {
            let opacity = from.get(3).copied().unwrap_or(255);
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
fn over(source: [u8; 4], backdrop: [u8; 4]) -> [u8; 4] {
    let (above, below) = (u32::from(source[3]), u32::from(backdrop[3]) * (255 - u32::from(source[3])));
    let opacity = above * 255 + below;
    if opacity == 0 {
        return [0; 4];
    }
    let mix = |channel: usize| {
        let sum = u32::from(source[channel]) * above * 255 + u32::from(backdrop[channel]) * below;
        ((sum + opacity / 2) / opacity) as u8
    };
    [mix(0), mix(1), mix(2), ((opacity + 127) / 255) as u8]
}

#[cfg(test)]
mod tests {
    use super::over;

    #[test]
    fn transparent_over_opaque_is_opaque() {
        assert_eq!(over([10, 20, 30, 0], [255, 255, 255, 255]), [255, 255, 255, 255]);
        assert_eq!(over([10, 20, 30, 255], [255, 255, 255, 255]), [10, 20, 30, 255]);
        assert_eq!(over([0, 0, 0, 128], [255, 255, 255, 255]), [127, 127, 127, 255]);
        assert_eq!(over([9, 9, 9, 0], [1, 2, 3, 0]), [0; 4]);
        assert_eq!(over([100, 100, 100, 128], [100, 100, 100, 0]), [100, 100, 100, 128]);
    }
}
