//! Lanczos3, by fast_image_resize.

use darkroom_recipe::{Rect, Size};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeOptions, Resizer};

use crate::Error;
use crate::budget::Budget;
use crate::error::internal;
use crate::pixels::Pixels;

/// Pixels of the result to each side of one that Lanczos3 weighs, where the result is the smaller one.
pub(crate) const SUPPORT: f64 = 3.0;

/// `crop` of `source`, scaled to `size`. Colours are weighted by their alpha, so that what is invisible bleeds nowhere.
pub(crate) fn resize(source: &Pixels, crop: Rect, size: Size, budget: &Budget) -> Result<Pixels, Error> {
    let kind = if source.alpha { PixelType::U8x4 } else { PixelType::U8x3 };
    let crop = within(crop, source.size);
    let mut target = Pixels::new(size, source.alpha, budget)?;
    let _working = budget.reserve(working_memory(source, crop, size))?;
    let from = ImageRef::new(source.size.width, source.size.height, &source.data, kind).map_err(internal)?;
    let mut to = Image::from_slice_u8(size.width, size.height, &mut target.data, kind).map_err(internal)?;
    let options = ResizeOptions::new().crop(crop.x, crop.y, crop.width, crop.height);
    Resizer::new().resize(&from, &mut to, &options).map_err(internal)?;
    Ok(target)
}

/// The image between the two passes, the weights of both, and a copy of the source with multiplied alpha.
///
/// Images of 8 bits are scaled along their columns first: the image between is as wide as what is read of the source, and
/// as high as the result.
fn working_memory(source: &Pixels, crop: Rect, size: Size) -> u64 {
    let columns = (crop.width + 2.0 * radius(crop.width, size.width)).ceil() as u64 + 1;
    let between = columns.min(source.size.width.into()).saturating_mul(size.height.into());
    let multiplied = if source.alpha { source.size.pixels() } else { 0 };
    let pixels = between.saturating_add(multiplied).saturating_mul(source.channels() as u64);
    let weights = weights(crop.width, size.width).saturating_add(weights(crop.height, size.height));
    pixels.saturating_add(weights)
}

/// How far a weighted pixel of the source can be from the middle.
fn radius(length: f64, to: u32) -> f64 {
    SUPPORT * (length / f64::from(to)).max(1.0)
}

/// Bytes for what one axis weighs: 64 bits a weight, then 16, and lists of them.
fn weights(length: f64, to: u32) -> u64 {
    let window = 2 * radius(length, to).ceil() as u64 + 1;
    u64::from(to).saturating_mul(window.saturating_mul(10).saturating_add(64))
}

/// Rounding must not lead beyond the source.
fn within(crop: Rect, size: Size) -> Rect {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let x = crop.x.clamp(0.0, (width - 1.0).max(0.0));
    let y = crop.y.clamp(0.0, (height - 1.0).max(0.0));
    Rect { x, y, width: crop.width.clamp(1.0, width - x), height: crop.height.clamp(1.0, height - y) }
}
