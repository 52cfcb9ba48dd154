//! A JPEG becomes a JPEG XL with its own coefficients where a recipe wants no loss, and all pixels as they are. Of a JPEG
//! that is damaged libjxl makes nothing: its pixels are encoded then, as far as they are there.

use darkroom_recipe::{Format, Layout, Limits, Recipe, Rect, Rendition};

use crate::Error;
use crate::budget::Budget;
use crate::decode::{Decode, Header};
use crate::encode;

/// What `recipe` makes of a file whose pixels need not be known for it; none for all other files and recipes.
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
