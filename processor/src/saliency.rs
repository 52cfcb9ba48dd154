//! Finds the focal point for `gravity=auto`: the part with the most detail and the most striking colours.

use darkroom_recipe::{Rect, Size};

use crate::Error;
use crate::budget::Budget;
use crate::ops::resize;
use crate::pixels::Pixels;
use crate::sample::Sample;

/// The longer side of the image that is analysed: coarser than texture, finer than a face.
const SIDE: f64 = 96.0;

/// The centre of the most eye-catching window in `part`, as fractions of `part`; `window` is the window's size, also in
/// fractions.
pub(crate) fn focus<S: Sample>(
    pixels: &Pixels<S>,
    part: Rect,
    (window_width, window_height): (f64, f64),
    budget: &Budget,
) -> Result<(f64, f64), Error> {
    let factor = (SIDE / part.width.max(part.height)).min(1.0);
    let side = |length: f64| ((length * factor).round() as u32).max(1);
    let small = resize(pixels, part, Size::new(side(part.width), side(part.height)), budget)?;
    let Size { width, height } = small.size;
    let sums = Sums::of(&small);
    let window = |share: f64, length: u32| ((share * f64::from(length)).round() as u32).clamp(1, length);
    let (across, down) = (window(window_width, width), window(window_height, height));
    // Ties go to the most central window, which a flat image therefore gets.
    let off_center = |x: u32, y: u32| (width - across).abs_diff(2 * x) + (height - down).abs_diff(2 * y);
    let best = (0..=height - down)
        .flat_map(|y| (0..=width - across).map(move |x| (x, y)))
        .max_by_key(|&(x, y)| (sums.inside(x, y, across, down), u32::MAX - off_center(x, y)));
    let (x, y) = best.unwrap_or_default();
    let middle =
        |start: u32, window: u32, length: u32| (f64::from(start) + f64::from(window) / 2.0) / f64::from(length);
    Ok((middle(x, across, width), middle(y, down, height)))
}

/// Sums of interest over every rectangle that starts at the top left corner (Crow 1984).
struct Sums {
    width: usize,
    sums: Vec<u64>,
}

impl Sums {
    fn of<S: Sample>(pixels: &Pixels<S>) -> Self {
        let Size { width, height } = pixels.size;
        let stride = width as usize + 1;
        let mut sums = vec![0; stride * (height as usize + 1)];
        for y in 0..height {
            let mut row = 0;
            for x in 0..width {
                row += u64::from(interest(pixels, x, y));
                let at = (y as usize + 1) * stride + x as usize + 1;
                sums[at] = sums[at - stride] + row;
            }
        }
        Self { width: stride, sums }
    }

    fn inside(&self, x: u32, y: u32, width: u32, height: u32) -> u64 {
        let at = |x: u32, y: u32| self.sums[y as usize * self.width + x as usize];
        at(x + width, y + height) + at(x, y) - at(x + width, y) - at(x, y + height)
    }
}

/// Rates a pixel by its contrast with its neighbours, its colourfulness, and whether it could be skin; 0 if it is
/// transparent.
fn interest<S: Sample>(pixels: &Pixels<S>, x: u32, y: u32) -> u32 {
    let here = pixels.seen(x, y);
    let right = pixels.seen((x + 1).min(pixels.size.width - 1), y);
    let below = pixels.seen(x, (y + 1).min(pixels.size.height - 1));
    let edge = luma(here).abs_diff(luma(right)) + luma(here).abs_diff(luma(below));
    let [r, g, b, opacity] = here;
    let saturation = u32::from(r.max(g).max(b) - r.min(g).min(b));
    let skin = r > 95 && g > 40 && b > 20 && r > g && g > b && r - g > 15 && r - b > 20;
    (edge * 4 + saturation / 4 + if skin { 48 } else { 0 }) * u32::from(opacity) / 255
}

/// Rec. 601, from 0 to 255.
fn luma([red, green, blue, _]: [u8; 4]) -> u32 {
    (u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29) >> 8
}
