//! Lanczos3, by fast_image_resize.

use darkroom_recipe::{Rect, Size};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeOptions, Resizer};

use crate::Error;
use crate::budget::Budget;
use crate::error::internal;
use crate::pixels::Pixels;

/// `crop` of `source`, scaled to `size`. Colours are weighted by their alpha, so that what is invisible bleeds nowhere.
pub(crate) fn resize(source: &Pixels, crop: Rect, size: Size, budget: &Budget) -> Result<Pixels, Error> {
    let kind = if source.alpha { PixelType::U8x4 } else { PixelType::U8x3 };
    let mut target = Pixels::new(size, source.alpha, budget)?;
    let _working = budget.reserve(working_memory(source, crop, size))?;
    let from = ImageRef::new(source.size.width, source.size.height, &source.data, kind).map_err(internal)?;
    let mut to = Image::from_slice_u8(size.width, size.height, &mut target.data, kind).map_err(internal)?;
    let crop = within(crop, source.size);
    let options = ResizeOptions::new().crop(crop.x, crop.y, crop.width, crop.height);
    Resizer::new().resize(&from, &mut to, &options).map_err(internal)?;
    Ok(target)
}

/// The image between the two passes (one side of each), and a copy with multiplied alpha.
fn working_memory(source: &Pixels, crop: Rect, size: Size) -> u64 {
    let between = (crop.height.ceil() as u64).saturating_mul(u64::from(size.width));
    let multiplied = if source.alpha { source.size.pixels() } else { 0 };
    (between + multiplied) * source.channels() as u64
}

/// Rounding must not lead beyond the source.
fn within(crop: Rect, size: Size) -> Rect {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let x = crop.x.clamp(0.0, (width - 1.0).max(0.0));
    let y = crop.y.clamp(0.0, (height - 1.0).max(0.0));
    Rect { x, y, width: crop.width.clamp(1.0, width - x), height: crop.height.clamp(1.0, height - y) }
}
