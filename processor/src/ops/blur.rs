//! Gaussian blur.

use darkroom_recipe::{Rect, Size};

use super::resize::resize;
use super::{Context, Op};
use crate::Error;
use crate::budget::Budget;
use crate::pixels::Pixels;
use crate::sample::Sample;

pub(super) struct Blur;

impl<S: Sample> Op<S> for Blur {
    fn applies(&self, _: &Pixels<S>, context: &Context<'_>) -> bool {
        context.recipe.blur > 0.0
    }

    fn working(&self, pixels: &Pixels<S>, context: &Context<'_>) -> u64 {
        working(pixels, context.recipe.blur)
    }

    fn run(&self, pixels: &Pixels<S>, context: &Context<'_>) -> Result<Pixels<S>, Error> {
        blur(pixels, context.recipe.blur, context.budget)
    }
}

/// Beyond this, blurring a smaller image and enlarging it gives the same picture for a fraction of the work, because a
/// wide Gaussian leaves no detail that the smaller image could not hold.
const WIDEST: f64 = 4.0;

/// Bytes of working memory of [`blur`]: one number per channel of the image that is blurred.
pub(super) fn working<S: Sample>(pixels: &Pixels<S>, sigma: f32) -> u64 {
    blurred_size(pixels.size, sigma).pixels() * pixels.channels() as u64 * 4
}

/// The size at which an image is blurred.
fn blurred_size(size: Size, sigma: f32) -> Size {
    let factor = (WIDEST / f64::from(sigma)).min(1.0);
    let side = |side: u32| ((f64::from(side) * factor).round() as u32).max(1);
    Size::new(side(size.width), side(size.height))
}

/// Applies a Gaussian with a standard deviation of `sigma` pixels to `pixels`.
pub(super) fn blur<S: Sample>(pixels: &Pixels<S>, sigma: f32, budget: &Budget) -> Result<Pixels<S>, Error> {
    if f64::from(sigma) <= WIDEST {
        return convolve(pixels, f64::from(sigma), budget);
    }
    let size = blurred_size(pixels.size, sigma);
    let small = resize(pixels, Rect::whole(pixels.size), size, budget)?;
    let blurred = convolve(&small, WIDEST, budget)?;
    resize(&blurred, Rect::whole(size), pixels.size, budget)
}

/// Both passes of a separable convolution. Borders repeat their last pixel; colours are weighted by alpha.
fn convolve<S: Sample>(pixels: &Pixels<S>, sigma: f64, budget: &Budget) -> Result<Pixels<S>, Error> {
    let kernel = kernel(sigma);
    let (width, height) = (pixels.size.width as usize, pixels.size.height as usize);
    let channels = pixels.channels();
    let mut rows = vec![0f32; pixels.data.len()];
    for (line, result) in pixels.data.chunks_exact(pixels.stride()).zip(rows.chunks_exact_mut(pixels.stride())) {
        let weighted = weighted(line, channels);
        pass(result, &kernel, width, channels, |x| &weighted[x * channels..(x + 1) * channels]);
    }
    let mut blurred = pixels.blank(pixels.size, pixels.alpha, budget)?;
    let mut line = vec![0f32; pixels.stride()];
    for (y, row) in blurred.data.chunks_exact_mut(pixels.stride()).enumerate() {
        line.fill(0.0);
        for (tap, weight) in kernel.iter().enumerate() {
            let from = clamp(y + tap, kernel.len() / 2, height) * line.len();
            line.iter_mut().zip(&rows[from..]).for_each(|(sum, value)| *sum += weight * value);
        }
        unweighted(&line, channels, row);
    }
    Ok(blurred)
}

fn pass<'a>(result: &mut [f32], kernel: &[f32], length: usize, channels: usize, at: impl Fn(usize) -> &'a [f32]) {
    for (x, pixel) in result.chunks_exact_mut(channels).enumerate() {
        for (tap, weight) in kernel.iter().enumerate() {
            let from = at(clamp(x + tap, kernel.len() / 2, length));
            pixel.iter_mut().zip(from).for_each(|(sum, value)| *sum += weight * value);
        }
    }
}

/// The index of a tap, clamped to the borders.
fn clamp(index: usize, radius: usize, length: usize) -> usize {
    index.saturating_sub(radius).min(length - 1)
}

/// A Gaussian up to three standard deviations, normalized to a sum of 1.
fn kernel(sigma: f64) -> Vec<f32> {
    let radius = (3.0 * sigma).ceil() as i32;
    let weights: Vec<f64> =
        (-radius..=radius).map(|x| (-f64::from(x * x) / (2.0 * sigma * sigma).max(f64::MIN_POSITIVE)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| (weight / sum) as f32).collect()
}

/// Colours premultiplied by alpha.
fn weighted<S: Sample>(line: &[S], channels: usize) -> Vec<f32> {
    let most: f32 = S::MAX.into();
    let weigh = |pixel: &[S]| {
        let alpha: f32 = pixel.get(3).copied().unwrap_or(S::MAX).into();
        let color = |color: S| -> f32 { Into::<f32>::into(color) * alpha / most };
        [color(pixel[0]), color(pixel[1]), color(pixel[2]), alpha]
    };
    line.chunks_exact(channels).flat_map(|pixel| weigh(pixel).into_iter().take(channels)).collect()
}

/// The inverse of [`weighted`], rounded.
fn unweighted<S: Sample>(line: &[f32], channels: usize, row: &mut [S]) {
    let most: f32 = S::MAX.into();
    for (from, to) in line.chunks_exact(channels).zip(row.chunks_exact_mut(channels)) {
        let alpha = from.get(3).copied().unwrap_or(most);
        let scale = if alpha > 0.0 { most / alpha } else { 0.0 };
        for (channel, (from, to)) in from.iter().zip(to).enumerate() {
            *to = S::nearest(if channel == 3 { alpha } else { from * scale });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot() -> (Pixels, Budget) {
        let budget = Budget::new(1 << 24);
        let mut pixels = Pixels::<u8>::new(Size::new(41, 41), false, &budget).expect("small");
        let middle = 20 * pixels.stride() + 20 * 3;
        pixels.data[middle..middle + 3].fill(255);
        (pixels, budget)
    }

    #[test]
    fn a_dot_becomes_a_gaussian() {
        let (pixels, budget) = dot();
        let blurred = blur(&pixels, 2.0, &budget).expect("blur");
        for (x, y) in [(20, 20), (22, 20), (20, 17), (23, 23)] {
            let distance = f64::from((x - 20) * (x - 20) + (y - 20) * (y - 20));
            let expected = 255.0 * (-distance / 8.0).exp() / (8.0 * std::f64::consts::PI);
            let got = f64::from(blurred.at(x as u32, y as u32)[0]);
            assert!((got - expected).abs() <= 0.6, "({x}, {y}): {got}, expected {expected}");
        }
    }

    #[test]
    fn one_color_stays_that_color() {
        let budget = Budget::new(1 << 24);
        let mut pixels = Pixels::<u8>::new(Size::new(30, 20), true, &budget).expect("small");
        pixels.data.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&[200, 100, 50, 128]));
        for sigma in [0.3, 2.0, 30.0, 250.0] {
            let blurred = blur(&pixels, sigma, &budget).expect("blur");
            assert!(blurred.data.iter().zip(&pixels.data).all(|(a, b)| a.abs_diff(*b) <= 2), "sigma {sigma}");
        }
    }
}
