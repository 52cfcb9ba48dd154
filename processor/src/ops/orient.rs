//! Applies orientation: converts stored pixels to displayed ones.

use darkroom_recipe::{LimitExceeded, Orientation};

use super::{Context, Op};
use crate::Error;
use crate::budget::Budget;
use crate::pixels::Pixels;
use crate::sample::Sample;

pub(super) struct Orient;

impl<S: Sample> Op<S> for Orient {
    fn applies(&self, _: &Pixels<S>, context: &Context<'_>) -> bool {
        context.layout.orientation != Orientation::default()
    }

    fn run(&self, pixels: &Pixels<S>, context: &Context<'_>) -> Result<Pixels<S>, Error> {
        Ok(orient(pixels, context.layout.orientation, context.budget)?)
    }
}

/// Returns the pixels with `orientation` applied.
fn orient<S: Sample>(
    pixels: &Pixels<S>,
    orientation: Orientation,
    budget: &Budget,
) -> Result<Pixels<S>, LimitExceeded> {
    let mut shown = pixels.blank(orientation.apply(pixels.size), pixels.alpha, budget)?;
    match pixels.alpha {
        true => copy::<S, 4>(pixels, orientation, &mut shown),
        false => copy::<S, 3>(pixels, orientation, &mut shown),
    }
    Ok(shown)
}

/// Works in squares of 32 pixels, so that both images stay in the cache when rows become columns.
fn copy<S: Sample, const N: usize>(stored: &Pixels<S>, orientation: Orientation, shown: &mut Pixels<S>) {
    const SIDE: usize = 32;
    let size = shown.size;
    let (from, _) = stored.data.as_chunks::<N>();
    let (to, _) = shown.data.as_chunks_mut::<N>();
    let (width, stored_width) = (size.width as usize, stored.size.width as usize);
    for top in (0..size.height).step_by(SIDE) {
        for left in (0..size.width).step_by(SIDE) {
            for y in top..size.height.min(top + SIDE as u32) {
                for x in left..size.width.min(left + SIDE as u32) {
                    let (stored_x, stored_y) = orientation.stored(size, x, y);
                    to[y as usize * width + x as usize] = from[stored_y as usize * stored_width + stored_x as usize];
                }
            }
        }
    }
}
