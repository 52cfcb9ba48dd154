//! Computes the part of the stored image that remains after trimming.

use darkroom_recipe::{InvalidRecipe, Orientation, Rect, Size, Trim};

use crate::Error;
use crate::pixels::Pixels;
use crate::sample::Sample;

/// The largest difference between channels of a border: JPEG's noise around flat colours stays below it.
const TOLERANCE: u8 = 10;

/// The remaining part of a stored image of `size`, displayed with `orientation`. Only [`Trim::Border`] needs `pixels`;
/// without them it cuts nothing.
pub(crate) fn kept<S: Sample>(
    trim: Trim,
    size: Size,
    orientation: Orientation,
    pixels: Option<&Pixels<S>>,
) -> Result<Rect, Error> {
    let edges = match trim {
        Trim::None => return Ok(Rect::whole(size)),
        Trim::Border => return Ok(pixels.map_or(Rect::whole(size), |pixels| inside_border(pixels, orientation))),
        Trim::Edges(edges) => edges,
    };
    let shown = orientation.apply(size);
    let width = u64::from(edges.left) + u64::from(edges.right);
    let height = u64::from(edges.top) + u64::from(edges.bottom);
    if width >= shown.width.into() || height >= shown.height.into() {
        return Err(Error::InvalidRecipe(InvalidRecipe {
            option: "trim".into(),
            value: trim.to_string(),
            allowed: format!("nothing would be left of {} × {}", shown.width, shown.height),
        }));
    }
    let part = Rect {
        x: edges.left.into(),
        y: edges.top.into(),
        width: (u64::from(shown.width) - width) as f64,
        height: (u64::from(shown.height) - height) as f64,
    };
    Ok(orientation.stored_rect(shown, part))
}

/// Premultiplies colours by alpha, so that all fully transparent pixels are equal.
fn seen([red, green, blue, alpha]: [u8; 4]) -> [u8; 4] {
    let color = |color: u8| ((u16::from(color) * u16::from(alpha) + 127) / 255) as u8;
    [color(red), color(green), color(blue), alpha]
}

/// Everything inside the edges that match the top left pixel as displayed; an image of one colour stays whole.
fn inside_border<S: Sample>(pixels: &Pixels<S>, orientation: Orientation) -> Rect {
    let Size { width, height } = pixels.size;
    let (x, y) = orientation.stored(orientation.apply(pixels.size), 0, 0);
    let border = seen(pixels.seen(x, y));
    let differs = |x, y| seen(pixels.seen(x, y)).iter().zip(border).any(|(a, b)| a.abs_diff(b) > TOLERANCE);
    let row = |y: &u32| (0..width).any(|x| differs(x, *y));
    let (Some(top), Some(bottom)) = ((0..height).find(row), (0..height).rev().find(row)) else {
        return Rect::whole(pixels.size);
    };
    let column = |x: &u32| (top..=bottom).any(|y| differs(*x, y));
    let left = (0..width).find(column).unwrap_or(0);
    let right = (0..width).rev().find(column).unwrap_or(width - 1);
    Rect { x: left.into(), y: top.into(), width: (right - left + 1).into(), height: (bottom - top + 1).into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    #[test]
    fn what_is_hidden_makes_no_edge() {
        let mut pixels = Pixels::<u8>::new(Size::new(9, 7), true, &Budget::new(1000)).expect("enough memory");
        for (n, pixel) in pixels.data.chunks_exact_mut(4).enumerate() {
            let inside = (2..6).contains(&(n % 9)) && (1..4).contains(&(n / 9));
            pixel.copy_from_slice(&[n as u8 * 4, 255 - n as u8, n as u8, if inside { 255 } else { 0 }]);
        }
        let kept = kept(Trim::Border, pixels.size, Orientation::default(), Some(&pixels)).expect("a part");
        assert_eq!(kept, Rect { x: 2.0, y: 1.0, width: 4.0, height: 3.0 });
    }
}
