//! The way of an image: headers, plan, one decode, then every recipe.

use std::borrow::Cow;
use std::slice;

use darkroom_recipe::{Description, Format, ImageInfo, Layout, LimitKind, Limits, Recipe, Rendition, Trim};

use crate::budget::Budget;
use crate::color::ToSrgb;
use crate::decode::{self, Header, reduced};
use crate::render::{self, Renderer};
use crate::shrink::shrink;
use crate::{Error, description, trim};

/// What `source` is, from its headers alone.
///
/// # Errors
/// When the format is not known, the headers are broken, or they say more than `limits` allow.
pub fn probe(source: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    Ok(decode::header(source, limits)?.info())
}

/// What became of one source.
#[derive(Clone, Debug)]
pub struct Transformed {
    /// What the source is.
    pub info: ImageInfo,
    /// One for each recipe, in their order.
    pub results: Vec<Result<Rendition, Error>>,
}

/// Decodes `source` once and renders every recipe from it. A source that is given away, and not lent, leaves its memory
/// to what follows as soon as it is decoded, or even while it is.
///
/// # Errors
/// When [`probe`] has one, or there are more recipes than `limits` allow. All else is an error of the recipes, each for
/// itself: of all of them where the pixels can't be decoded.
pub fn transform<'s>(
    source: impl Into<Cow<'s, [u8]>>,
    recipes: &[Recipe],
    limits: &Limits,
) -> Result<Transformed, Error> {
    limits.check(LimitKind::Outputs, recipes.len() as u64)?;
    let source = source.into();
    let header = decode::header(&source, limits)?;
    let info = header.info();
    let recipes: Vec<_> = recipes.iter().map(|recipe| recipe.for_alpha(header.alpha)).collect();
    let plans: Vec<_> = recipes.iter().map(|recipe| plan(recipe, &header, limits)).collect();
    let failed = |plans: Vec<Result<Layout, Error>>, error: &Error| -> Vec<_> {
        plans.into_iter().map(|plan| plan.and_then(|_| Err(error.clone()))).collect()
    };
    let results = match reduction(&recipes, &plans) {
        None => failed(plans, &Error::Internal("no plan".into())),
        Some(reduction) => match renderer(source, &header, &recipes, &plans, reduction, limits) {
            Ok(renderer) => renderer.render(&recipes, plans),
            Err(error) => failed(plans, &error),
        },
    };
    Ok(Transformed { info, results })
}

/// What can stand in for `source` until it is there, and what its camera wrote.
///
/// # Errors
/// When nothing could be rendered of it either.
pub fn describe(source: &[u8], limits: &Limits) -> Result<Description, Error> {
    let header = decode::header(source, limits)?;
    let recipe = description::recipe();
    let plans = [plan(&recipe, &header, limits)];
    let recipes = slice::from_ref(&recipe);
    let reduction = reduction(recipes, &plans).unwrap_or(1);
    let pixels = renderer(source.into(), &header, recipes, &plans, reduction, limits)?.pixels(&recipe)?;
    Ok(description::of(&pixels, header.exif.as_deref()))
}

fn renderer<'a>(
    source: Cow<'_, [u8]>,
    header: &'a Header,
    recipes: &[Recipe],
    plans: &[Result<Layout, Error>],
    reduction: u32,
    limits: &'a Limits,
) -> Result<Renderer<'a>, Error> {
    let budget = Budget::new(limits.memory);
    if let Some(layout) = once(header, recipes, plans, reduction) {
        let scaled = shrink(source, header, reduction, layout, &budget)?;
        return Ok(Renderer::of_scaled(header, layout.crop, scaled, limits, budget));
    }
    let decoded = decode::decode(&source, header, reduction, &budget)?;
    drop(source);
    let reduction = decoded.reduction;
    let colors = ToSrgb::new(header.icc.as_deref(), decoded.model);
    let pixels = colors.convert(decoded, &budget)?.without_needless_alpha();
    Ok(Renderer::new(header, pixels, reduction, limits, budget))
}

/// The layout of one recipe as far as headers tell, and the checks that need no pixel.
fn plan(recipe: &Recipe, header: &Header, limits: &Limits) -> Result<Layout, Error> {
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
fn reduction(recipes: &[Recipe], plans: &[Result<Layout, Error>]) -> Option<u32> {
    let allowed = |(recipe, plan): (&Recipe, &Result<Layout, Error>)| {
        let layout = plan.as_ref().ok()?;
        // A border is looked for in the pixels themselves.
        Some(if recipe.trim == Trim::Border { 1.0 } else { layout.reduction() / LEAST_LEFT })
    };
    let most = recipes.iter().zip(plans).filter_map(allowed).reduce(f64::min)?;
    [8, 4, 2].into_iter().find(|reduction| f64::from(*reduction) <= most).or(Some(1))
}

/// The largest layout, when all can be made from what it shows and it has fewer rows than the decoded image. The rows then
/// need not all be there at one time, and of a JPEG they never are.
fn once<'p>(
    header: &Header,
    recipes: &[Recipe],
    plans: &'p [Result<Layout, Error>],
    reduction: u32,
) -> Option<&'p Layout> {
    if header.format != Format::Jpeg || recipes.iter().any(Recipe::needs_all_pixels) {
        return None;
    }
    let layouts = || plans.iter().filter_map(|plan| plan.as_ref().ok());
    let largest = layouts().max_by_key(|layout| layout.scaled.pixels())?;
    let size = largest.scaled_as_stored();
    let shares = |layout: &Layout| layout.crop == largest.crop && render::serves(size, layout.scaled_as_stored());
    let smaller = f64::from(size.height) < reduced(largest.crop, reduction).height;
    (smaller && layouts().all(shares)).then_some(largest)
}
