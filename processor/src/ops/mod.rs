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

/// What an operation has beside the pixels.
pub(crate) struct Context<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) layout: &'a Layout,
    pub(crate) budget: &'a Budget,
}

/// One operation.
trait Op {
    /// Whether it has something to do.
    fn applies(&self, pixels: &Pixels, context: &Context<'_>) -> bool;

    /// Bytes that it needs beside `pixels` and what it makes of them.
    fn working(&self, _pixels: &Pixels, _context: &Context<'_>) -> u64 {
        0
    }

    /// What it makes of `pixels`, where it applies and its memory is set aside.
    fn run(&self, pixels: &Pixels, context: &Context<'_>) -> Result<Pixels, Error>;
}

/// In the order of docs/recipes.md.
const OPS: [&dyn Op; 4] = [&orient::Orient, &blur::Blur, &sharpen::Sharpen, &background::Background];

/// Every operation of the recipe, one after the other.
pub(crate) fn run(scaled: Rc<Pixels>, context: &Context<'_>) -> Result<Rc<Pixels>, Error> {
    OPS.iter().try_fold(scaled, |image, op| match op.applies(&image, context) {
        true => {
            let _working = context.budget.reserve(op.working(&image, context))?;
            Ok(Rc::new(op.run(&image, context)?))
        }
        false => Ok(image),
    })
}
