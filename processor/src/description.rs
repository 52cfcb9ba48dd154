//! Describes an image: a placeholder for it, and its EXIF facts.

use darkroom_recipe::{Color, Description, Recipe, Resize};
use thumbhash::rgba_to_thumb_hash;

use crate::exif;
use crate::pixels::Pixels;

/// The most pixels per side that ThumbHash accepts.
const SIDE: u32 = 100;

/// The recipe for the pixels to describe; for an animation, its first frame.
pub(crate) fn recipe() -> Recipe {
    let resize = Resize { width: Some(SIDE), height: Some(SIDE), ..Resize::default() };
    Recipe { resize, animation: false, ..Recipe::default() }
}

/// `pixels` is the image rendered with [`recipe`].
pub(crate) fn of(pixels: &Pixels, tiff: Option<&[u8]>) -> Description {
    let rgba: Vec<u8> = colors(pixels).flatten().collect();
    Description {
        thumb_hash: rgba_to_thumb_hash(pixels.size.width as usize, pixels.size.height as usize, &rgba),
        dominant_color: dominant(pixels),
        exif: tiff.map(exif::facts).unwrap_or_default(),
    }
}

fn colors(pixels: &Pixels) -> impl Iterator<Item = [u8; 4]> {
    let color = |pixel: &[u8]| [pixel[0], pixel[1], pixel[2], pixel.get(3).copied().unwrap_or(255)];
    pixels.data.chunks_exact(pixels.channels()).map(color)
}

/// The mean of the fullest of 4,096 bins, with four bits per channel, like sharp's histogram. Pixels are weighted by
/// opacity.
fn dominant(pixels: &Pixels) -> Color {
    let mut bins = vec![[0_u32; 4]; 1 << 12];
    for [red, green, blue, alpha] in colors(pixels) {
        let at = usize::from(red >> 4) << 8 | usize::from(green >> 4) << 4 | usize::from(blue >> 4);
        let weight = u32::from(alpha);
        let weighted = [red, green, blue].map(|channel| u32::from(channel) * weight);
        for (sum, value) in bins[at].iter_mut().zip([weighted[0], weighted[1], weighted[2], weight]) {
            *sum += value;
        }
    }
    let [red, green, blue, weight] = bins.into_iter().max_by_key(|bin| bin[3]).unwrap_or_default();
    let mean = |sum: u32| sum.checked_div(weight).and_then(|mean| u8::try_from(mean).ok()).unwrap_or(0);
    Color { red: mean(red), green: mean(green), blue: mean(blue), alpha: if weight == 0 { 0 } else { 255 } }
}

#[cfg(test)]
mod tests {
    use darkroom_recipe::Size;

    use super::*;
    use crate::budget::Budget;

    #[test]
    fn the_most_frequent_color_is_dominant_and_transparent_pixels_have_none() {
        let of = |colors: &[[u8; 4]]| {
            let size = Size { width: colors.len() as u32, height: 1 };
            let mut pixels = Pixels::<u8>::new(size, true, &Budget::new(1000)).expect("memory");
            pixels.data.copy_from_slice(colors.as_flattened());
            dominant(&pixels)
        };
        let (red, blue, clear) = ([250, 1, 2, 255], [0, 0, 200, 255], [9, 9, 9, 0]);
        let color = |red, green, blue, alpha| Color { red, green, blue, alpha };
        assert_eq!(of(&[red, blue, red]), color(250, 1, 2, 255));
        assert_eq!(of(&[[240, 0, 0, 255], [250, 8, 0, 255], blue]), color(245, 4, 0, 255));
        assert_eq!(of(&[clear, clear, blue]), color(0, 0, 200, 255));
        assert_eq!(of(&[clear]), color(0, 0, 0, 0));
    }
}
