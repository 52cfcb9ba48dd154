//! From headers to layouts, and from these to how far a source may be reduced while it is decoded.

use darkroom_recipe::{Layout, Limits, Recipe, Size, Trim};

use crate::decode::{Header, reduced};
use crate::{Error, trim};

/// A smaller rendition is made from a larger one of the same call when that one is at least this many times as large:
/// Lanczos then sees all that the smaller one can show. SSIMULACRA2 against the direct way stays above 90.
const REUSE: f64 = 2.0;

/// The layout of one recipe as far as headers tell, and the checks that need no pixel.
pub(crate) fn plan(recipe: &Recipe, header: &Header, limits: &Limits) -> Result<Layout, Error> {
    recipe.validate()?;
    if header.frames > 1 && recipe.animation {
        let frames = header.frames;
        return Err(Error::UnsupportedFeature(format!(
            "an animation of {frames} frames; anim=false asks for its first frame as a still"
        )));
    }
    let kept = trim::kept(recipe.trim, header.size, header.orientation, None)?;
    Ok(Layout::resolve(recipe, kept, header.orientation, limits, |_| (0.5, 0.5))?)
}

/// After a reduced decode a resize has at least this much left to do. Less would show: a reduction in the DCT is a box
/// filter, and Lanczos has to follow it. At this bound SSIMULACRA2 against the direct way stays above 90.
const LEAST_LEFT: f64 = 1.5;

/// How many source pixels may become one while decoding, so that every recipe still gets enough of them; none when no
/// recipe can be followed.
pub(crate) fn reduction(recipes: &[Recipe], plans: &[Result<Layout, Error>]) -> Option<u32> {
    let allowed = |(recipe, plan): (&Recipe, &Result<Layout, Error>)| {
        let layout = plan.as_ref().ok()?;
        // A border is looked for in the pixels themselves.
        Some(if recipe.trim == Trim::Border { 1.0 } else { layout.reduction() / LEAST_LEFT })
    };
    let most = recipes.iter().zip(plans).filter_map(allowed).reduce(f64::min)?;
    [8, 4, 2].into_iter().find(|reduction| f64::from(*reduction) <= most).or(Some(1))
}

/// The largest layout, when all can be made from what it shows and it has fewer rows than the decoded image. Where a
/// decoder gives rows they then need not all be there at one time.
pub(crate) fn once<'p>(recipes: &[Recipe], plans: &'p [Result<Layout, Error>], reduction: u32) -> Option<&'p Layout> {
    if recipes.iter().any(Recipe::needs_all_pixels) {
        return None;
    }
    let layouts = || plans.iter().filter_map(|plan| plan.as_ref().ok());
    let largest = layouts().max_by_key(|layout| layout.scaled.pixels())?;
    let size = largest.scaled_as_stored();
    let shares = |layout: &Layout| layout.crop == largest.crop && serves(size, layout.scaled_as_stored());
    let smaller = f64::from(size.height) < reduced(largest.crop, reduction).height;
    (smaller && layouts().all(shares)).then_some(largest)
}

/// Whether an image of the size `target` can be made from one of the same part that is `larger`.
pub(crate) fn serves(larger: Size, target: Size) -> bool {
    larger == target || times_larger(larger, target) >= REUSE
}

/// How many times as large as `target` an image is, along the axis where it is least.
fn times_larger(image: Size, target: Size) -> f64 {
    let width = f64::from(image.width) / f64::from(target.width);
    width.min(f64::from(image.height) / f64::from(target.height))
}
