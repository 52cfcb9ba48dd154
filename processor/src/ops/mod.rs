//! What is done to pixels once they are scaled. One operation a file.

mod background;
mod blur;
mod orient;
mod resize;
mod sharpen;

use std::rc::Rc;

use darkroom_recipe::{Layout, Recipe};

pub(crate) use resize::{SUPPORT, resize};

use crate::Error;
use crate::budget::Budget;
use crate::pixels::Pixels;
use crate::sample::Sample;

/// What an operation has beside the pixels.
pub(crate) struct Context<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) layout: &'a Layout,
    pub(crate) budget: &'a Budget,
}

/// One operation.
trait Op<S: Sample> {
    /// Whether it has something to do.
    fn applies(&self, pixels: &Pixels<S>, context: &Context<'_>) -> bool;

    /// Bytes that it needs beside `pixels` and what it makes of them.
    fn working(&self, _pixels: &Pixels<S>, _context: &Context<'_>) -> u64 {
        0
    }

    /// What it makes of `pixels`, where it applies and its memory is set aside.
    fn run(&self, pixels: &Pixels<S>, context: &Context<'_>) -> Result<Pixels<S>, Error>;
}

/// Every operation of the recipe, one after the other.
pub(crate) fn run<S: Sample>(scaled: Rc<Pixels<S>>, context: &Context<'_>) -> Result<Rc<Pixels<S>>, Error> {
    // In the order of docs/recipes.md.
    let ops: [&dyn Op<S>; 4] = [&orient::Orient, &blur::Blur, &sharpen::Sharpen, &background::Background];
    ops.iter().try_fold(scaled, |image, op| match op.applies(&image, context) {
        true => {
            let _working = context.budget.reserve(op.working(&image, context))?;
            Ok(Rc::new(op.run(&image, context)?))
        }
        false => Ok(image),
    })
}
