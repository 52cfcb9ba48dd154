//! The unsharp mask.

use super::blur::{blur, working};
use super::{Context, Op};
use crate::Error;
use crate::budget::Budget;
use crate::pixels::Pixels;
use crate::sample::Sample;

pub(super) struct Sharpen;

impl<S: Sample> Op<S> for Sharpen {
    fn applies(&self, _: &Pixels<S>, context: &Context<'_>) -> bool {
        context.recipe.sharpen > 0.0
    }

    fn working(&self, pixels: &Pixels<S>, context: &Context<'_>) -> u64 {
        working(pixels, context.recipe.sharpen)
    }

    fn run(&self, pixels: &Pixels<S>, context: &Context<'_>) -> Result<Pixels<S>, Error> {
        sharpen(pixels, context.recipe.sharpen, context.budget)
    }
}

/// Adds the detail that a blur with `sigma` removes. Alpha is unchanged.
fn sharpen<S: Sample>(pixels: &Pixels<S>, sigma: f32, budget: &Budget) -> Result<Pixels<S>, Error> {
    let mut sharp = blur(pixels, sigma, budget)?;
    let channels = pixels.channels();
    for (at, (blurred, original)) in sharp.data.iter_mut().zip(&pixels.data).enumerate() {
        let is_alpha = channels == 4 && at % 4 == 3;
        let (from, less): (i32, i32) = ((*original).into(), (*blurred).into());
        let doubled = (2 * from - less).clamp(0, S::MAX.into());
        *blurred = if is_alpha { *original } else { S::of_number(doubled as u64) };
    }
    Ok(sharp)
}

#[cfg(test)]
mod tests {
    use darkroom_recipe::Size;

    use super::*;

    #[test]
    fn one_color_stays_that_color() {
        let budget = Budget::new(1 << 24);
        let mut pixels = Pixels::<u8>::new(Size::new(30, 20), true, &budget).expect("small");
        pixels.data.chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&[200, 100, 50, 128]));
        assert_eq!(sharpen(&pixels, 1.0, &budget).expect("sharpen").data, pixels.data);
    }
}
