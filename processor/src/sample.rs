//! A pixel's channel has 8 bits, or 16 if a recipe keeps them.

use std::sync::Arc;

use bytemuck::Pod;
use fast_image_resize::PixelType;
use moxcms::{CmsError, ColorProfile, Layout, TransformExecutor, TransformOptions};

use crate::pixels::{Image, Pixels};

/// Converts rows of pixels.
pub(crate) type Transform<S> = Arc<dyn TransformExecutor<S> + Send + Sync>;

/// The value of a channel, from 0 to [`Sample::MAX`].
pub(crate) trait Sample:
    Pod + Default + Ord + Into<f32> + Into<u32> + Into<i32> + Into<u64> + Send + Sync + 'static
{
    /// Full light, and fully opaque.
    const MAX: Self;
    /// fast_image_resize's types for three and for four channels.
    const KINDS: [PixelType; 2];

    /// The nearest value to an 8-bit one.
    fn of(byte: u8) -> Self;

    /// The nearest value to a 16-bit one.
    fn of_wide(value: u16) -> Self;

    /// The nearest 8-bit value.
    fn byte(self) -> u8;

    /// The nearest value to a number; numbers out of range are clamped.
    fn nearest(number: f32) -> Self;

    /// Converts a number that is at most [`Self::MAX`].
    fn of_number(number: u64) -> Self;

    /// The transform from one profile's colours to another's.
    fn transform(from: &ColorProfile, of: Layout, to: &ColorProfile, as_: Layout) -> Result<Transform<Self>, CmsError>;

    /// Pixels of this depth as an [`Image`] of either depth.
    fn image(pixels: &Pixels<Self>) -> Image<'_>;
}

impl Sample for u8 {
    const MAX: Self = Self::MAX;
    const KINDS: [PixelType; 2] = [PixelType::U8x3, PixelType::U8x4];

    fn of(byte: u8) -> Self {
        byte
    }

    fn of_wide(value: u16) -> Self {
        ((u32::from(value) + 128) / 257) as Self
    }

    fn byte(self) -> u8 {
        self
    }

    fn nearest(number: f32) -> Self {
        number.round() as Self
    }

    fn of_number(number: u64) -> Self {
        number as Self
    }

    fn transform(from: &ColorProfile, of: Layout, to: &ColorProfile, as_: Layout) -> Result<Transform<Self>, CmsError> {
        from.create_transform_8bit(of, to, as_, TransformOptions::default())
    }

    fn image(pixels: &Pixels<Self>) -> Image<'_> {
        Image::Narrow(pixels)
    }
}

impl Sample for u16 {
    const MAX: Self = Self::MAX;
    const KINDS: [PixelType; 2] = [PixelType::U16x3, PixelType::U16x4];

    fn of(byte: u8) -> Self {
        Self::from(byte) * 257
    }

    fn of_wide(value: u16) -> Self {
        value
    }

    fn byte(self) -> u8 {
        u8::of_wide(self)
    }

    fn nearest(number: f32) -> Self {
        number.round() as Self
    }

    fn of_number(number: u64) -> Self {
        number as Self
    }

    fn transform(from: &ColorProfile, of: Layout, to: &ColorProfile, as_: Layout) -> Result<Transform<Self>, CmsError> {
        from.create_transform_16bit(of, to, as_, TransformOptions::default())
    }

    fn image(pixels: &Pixels<Self>) -> Image<'_> {
        Image::Wide(pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_others_are_rounded_to_the_nearest() {
        assert!((0..=255).all(|byte| u16::of(byte).byte() == byte));
        for (wide, narrow) in [(0u16, 0u8), (128, 0), (129, 1), (257, 1), (32_767, 127), (32_768, 128), (65_535, 255)] {
            assert_eq!(wide.byte(), narrow, "{wide}");
        }
    }
}
