//! Computes layouts from headers, and from these how far the decoder may reduce a source.

use darkroom_recipe::{ColorSpace, InvalidRecipe, Layout, LimitKind, Limits, Profiles, Recipe, Size, Trim};

use crate::decode::{Header, reduced};
use crate::encode::Animation;
use crate::{Error, trim};

/// A smaller rendition is made from a larger one of the same call if that is at least this many times as large: Lanczos
/// then receives all the detail that the smaller one can show. SSIMULACRA2 compared with rendering from the source
/// stays above 90.
const REUSE: f64 = 2.0;

/// The source frames that a recipe needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A still of one frame, counted from 0.
    One(u32),
    All(Animation),
}

/// The colour space and depth that a recipe keeps, beyond 8-bit sRGB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kept {
    /// The source's own colour space is kept if it is among these.
    pub(crate) space: Profiles,
    /// 16 bits per channel.
    pub(crate) wide: bool,
}

/// The [`Kept`] that `recipe` requests, as far as the source has it and the output supports it.
pub(crate) fn kept(recipe: &Recipe, header: &Header) -> Kept {
    match recipe.encoding.format.encoder() {
        Some(encoder) if recipe.color == ColorSpace::Keep => Kept {
            space: if header.icc.is_some() { encoder.profiles } else { Profiles::None },
            wide: encoder.bits > 8 && header.bits_per_channel > 8,
        },
        _ => Kept::default(),
    }
}

/// The layout of one recipe as far as headers determine it, after the checks that need no pixels.
pub(crate) fn plan(recipe: &Recipe, header: &Header, plays: Option<u32>, limits: &Limits) -> Result<Layout, Error> {
    recipe.validate()?;
    let wanted = wanted(recipe, header, plays)?;
    let kept = trim::kept::<u8>(recipe.trim, header.size, header.orientation, None)?;
    let layout = Layout::resolve(recipe, kept, header.orientation, limits, |_| (0.5, 0.5))?;
    // The number of frames to decode, including those before a later frame.
    let (frames, largest) = match wanted {
        Wanted::One(0) => return Ok(layout),
        Wanted::One(number) => (u64::from(number) + 1, header.size.pixels()),
        Wanted::All(Animation { frames, .. }) => (frames.into(), header.size.pixels().max(layout.canvas.pixels())),
    };
    limits.check(LimitKind::Frames, frames)?;
    limits.check(LimitKind::FramePixels, largest.saturating_mul(frames))?;
    Ok(layout)
}

/// The frames that the recipe needs: all of an animation if the output supports frames. `plays` is the number of times
/// that it plays, or `None` if its further frames can't be decoded.
pub(crate) fn wanted(recipe: &Recipe, header: &Header, plays: Option<u32>) -> Result<Wanted, Error> {
    let frames = header.frames;
    if header.info().stays_animated(recipe) {
        let refused = || format!("an animation of {frames} frames; anim=false asks for its first frame as a still");
        let plays = plays.ok_or_else(|| Error::UnsupportedFeature(refused()))?;
        return Ok(Wanted::All(Animation { frames, plays }));
    }
    let number = recipe.frame.unwrap_or(1);
    let last = if plays.is_some() { frames } else { 1 };
    if number > last {
        return Err(no_such_frame(number, last));
    }
    Ok(Wanted::One(number.saturating_sub(1)))
}

/// The error for a frame or page beyond the source's `last` one.
pub(crate) fn no_such_frame(number: u32, last: u32) -> Error {
    Error::InvalidRecipe(InvalidRecipe {
        option: "frame".into(),
        value: number.to_string(),
        allowed: format!("must be an integer from 1 to {last} for this source"),
    })
}

/// The minimum scale left for the resize after a reduced decode. Less would be visible: a reduction in the DCT is a box
/// filter, so Lanczos has to follow it. At this bound, SSIMULACRA2 compared with a full decode stays above 90.
const LEAST_LEFT: f64 = 1.5;

/// The number of source pixels that may be merged into one while decoding, so that every recipe still gets enough of
/// them. `None` if no recipe is valid.
pub(crate) fn reduction(recipes: &[Recipe], plans: &[Result<Layout, Error>]) -> Option<u32> {
    let allowed = |(recipe, plan): (&Recipe, &Result<Layout, Error>)| {
        let layout = plan.as_ref().ok()?;
        // Border detection needs the pixels themselves.
        Some(if recipe.trim == Trim::Border { 1.0 } else { layout.reduction() / LEAST_LEFT })
    };
    let most = recipes.iter().zip(plans).filter_map(allowed).reduce(f64::min)?;
    [8, 4, 2].into_iter().find(|reduction| f64::from(*reduction) <= most).or(Some(1))
}

/// The largest layout, if all others can be made from the same part and it has fewer rows than the decoded image. If
/// the decoder returns rows, they then need not all be in memory at once.
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

/// Whether an image of the size `target` can be made from an image of the same part of size `larger`.
pub(crate) fn serves(larger: Size, target: Size) -> bool {
    larger == target || times_larger(larger, target) >= REUSE
}

/// The ratio of `image` to `target`, along the axis where it is smallest.
fn times_larger(image: Size, target: Size) -> f64 {
    let width = f64::from(image.width) / f64::from(target.width);
    width.min(f64::from(image.height) / f64::from(target.height))
}
