//! Converts a JPEG to a JPEG XL with the same coefficients if a recipe is lossless and leaves all pixels unchanged.
//! libjxl refuses damaged JPEGs, whose available pixels are encoded instead.

use darkroom_recipe::{Format, Layout, Limits, Recipe, Rect, Rendition};

use crate::Error;
use crate::budget::Budget;
use crate::decode::{Decode, Header};
use crate::encode;

/// The rendition of a file that needs no decoded pixels; `None` for all other files and recipes.
pub(crate) fn transcode(
    recipe: &Recipe,
    plan: &Result<Layout, Error>,
    header: &Header,
    decoder: &dyn Decode<'_>,
    limits: &Limits,
) -> Option<Result<Rendition, Error>> {
    let layout = plan.as_ref().ok()?;
    if recipe.encoding.format != Format::Jxl || !recipe.encoding.lossless || !keeps_pixels(recipe, layout, header) {
        return None;
    }
    encode::transcode(decoder.jpeg()?, layout.canvas, recipe, header.exif.as_deref(), &Budget::new(limits.memory))
        .transpose()
}

/// Whether the output shows each pixel of the source, and nothing else.
fn keeps_pixels(recipe: &Recipe, layout: &Layout, header: &Header) -> bool {
    !recipe.changes_pixels()
        && layout.orientation == header.orientation
        && layout.crop == Rect::whole(header.size)
        && layout.scaled_as_stored() == header.size
        && layout.canvas == layout.scaled
}
