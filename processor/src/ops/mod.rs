//! Operations on scaled pixels, one per file.

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

/// The input of an operation besides the pixels.
pub(crate) struct Context<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) layout: &'a Layout,
    pub(crate) budget: &'a Budget,
}

/// One operation.
trait Op<S: Sample> {
    /// Whether the operation would change anything.
    fn applies(&self, pixels: &Pixels<S>, context: &Context<'_>) -> bool;

    /// Bytes of working memory besides `pixels` and the result.
    fn working(&self, _pixels: &Pixels<S>, _context: &Context<'_>) -> u64 {
        0
    }

    /// Applies the operation to `pixels`. Called only if it applies, with its memory reserved.
    fn run(&self, pixels: &Pixels<S>, context: &Context<'_>) -> Result<Pixels<S>, Error>;
}

/// Runs every operation of the recipe in sequence.
pub(crate) fn run<S: Sample>(scaled: Rc<Pixels<S>>, context: &Context<'_>) -> Result<Rc<Pixels<S>>, Error> {
    // In the order given in docs/recipes.md.
    let ops: [&dyn Op<S>; 4] = [&orient::Orient, &blur::Blur, &sharpen::Sharpen, &background::Background];
    ops.iter().try_fold(scaled, |image, op| match op.applies(&image, context) {
        true => {
            let _working = context.budget.reserve(op.working(&image, context))?;
            Ok(Rc::new(op.run(&image, context)?))
        }
        false => Ok(image),
    })
}
