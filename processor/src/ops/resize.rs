//! Lanczos3, with fast_image_resize.

use bytemuck::{cast_slice, cast_slice_mut};
use darkroom_recipe::{Rect, Size};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{ResizeOptions, Resizer};

use crate::Error;
use crate::budget::Budget;
use crate::error::internal;
use crate::pixels::Pixels;
use crate::sample::Sample;

/// The radius of Lanczos3 in pixels of the result, when shrinking.
pub(crate) const SUPPORT: f64 = 3.0;

/// Scales `crop` of `source` to `size`. Colours are weighted by alpha, so that invisible ones don't bleed.
pub(crate) fn resize<S: Sample>(
    source: &Pixels<S>,
    crop: Rect,
    size: Size,
    budget: &Budget,
) -> Result<Pixels<S>, Error> {
    let kind = S::KINDS[usize::from(source.alpha)];
    let crop = within(crop, source.size);
    let mut target = source.blank(size, source.alpha, budget)?;
    let _working = budget.reserve(working_memory(source, crop, size))?;
    let from =
        ImageRef::new(source.size.width, source.size.height, cast_slice(&source.data), kind).map_err(internal)?;
    let data = cast_slice_mut(&mut target.data);
    let mut to = Image::from_slice_u8(size.width, size.height, data, kind).map_err(internal)?;
    let options = ResizeOptions::new().crop(crop.x, crop.y, crop.width, crop.height);
    Resizer::new().resize(&from, &mut to, &options).map_err(internal)?;
    Ok(target)
}

/// Bytes of the intermediate image between the two passes, the weights of both, and a premultiplied copy of the source.
///
/// 8-bit images are scaled vertically first: the intermediate image is as wide as the area read from the source, and as
/// high as the result. 16-bit images are scaled horizontally first.
fn working_memory<S: Sample>(source: &Pixels<S>, crop: Rect, size: Size) -> u64 {
    let read = |length: f64, to: u32, all: u32| {
        let samples = (length + 2.0 * radius(length, to)).ceil() as u64 + 1;
        samples.min(all.into())
    };
    let between = match size_of::<S>() {
        1 => read(crop.width, size.width, source.size.width).saturating_mul(size.height.into()),
        _ => read(crop.height, size.height, source.size.height).saturating_mul(size.width.into()),
    };
    let multiplied = if source.alpha { source.size.pixels() } else { 0 };
    let pixels = between.saturating_add(multiplied).saturating_mul((source.channels() * size_of::<S>()) as u64);
    let weights = |length, to| weights(length, to, size_of::<S>() as u64);
    pixels.saturating_add(weights(crop.width, size.width)).saturating_add(weights(crop.height, size.height))
}

/// The largest distance of a weighted source pixel from the centre.
fn radius(length: f64, to: u32) -> f64 {
    SUPPORT * (length / f64::from(to)).max(1.0)
}

/// Bytes of one axis's weights: 64 bits per weight, then twice a sample's size, and lists of them.
fn weights(length: f64, to: u32, sample: u64) -> u64 {
    let window = 2 * radius(length, to).ceil() as u64 + 1;
    u64::from(to).saturating_mul(window.saturating_mul(8 + 2 * sample).saturating_add(64))
}

/// Rounding must not extend beyond the source.
fn within(crop: Rect, size: Size) -> Rect {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let x = crop.x.clamp(0.0, (width - 1.0).max(0.0));
    let y = crop.y.clamp(0.0, (height - 1.0).max(0.0));
    Rect { x, y, width: crop.width.clamp(1.0, width - x), height: crop.height.clamp(1.0, height - y) }
}
