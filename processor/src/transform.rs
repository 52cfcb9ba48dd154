//! The way of an image: headers, plan, one decode, then every recipe.

use std::borrow::Cow;
use std::slice;

use darkroom_recipe::{Description, ImageInfo, Layout, LimitKind, Limits, Recipe, Rendition};

use crate::budget::Budget;
use crate::color::ToSrgb;
use crate::decode::{self, Decode, Header};
use crate::plan::{once, plan, reduction};
use crate::render::Renderer;
use crate::shrink::shrink;
#[cfg(feature = "jxl-encode")]
use crate::transcode::transcode;
use crate::{Error, description};

/// What `source` is, from its headers alone.
///
/// # Errors
/// When the format is not known, the headers are broken, or they say more than `limits` allow.
pub fn probe(source: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    Ok(decode::open(source.into(), limits)?.0.info())
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
    let (header, decoder) = decode::open(source.into(), limits)?;
    let info = header.info();
    let recipes: Vec<_> = recipes.iter().map(|recipe| recipe.for_alpha(header.alpha)).collect();
    let plans: Vec<_> = recipes.iter().map(|recipe| plan(recipe, &header, limits)).collect();
    let taken_over = taken_over(&recipes, &plans, &header, &*decoder, limits);
    let others = recipes.into_iter().zip(plans).zip(&taken_over).filter(|(_, taken)| taken.is_none());
    let (recipes, plans): (Vec<_>, Vec<_>) = others.map(|(other, _)| other).unzip();
    let failed = |plans: Vec<Result<Layout, Error>>, error: &Error| -> Vec<_> {
        plans.into_iter().map(|plan| plan.and_then(|_| Err(error.clone()))).collect()
    };
    let rendered = match reduction(&recipes, &plans) {
        None => failed(plans, &Error::Internal("no plan".into())),
        Some(reduction) => match renderer(decoder, &header, &recipes, &plans, reduction, limits) {
            Ok(renderer) => renderer.render(&recipes, plans),
            Err(error) => failed(plans, &error),
        },
    };
    let mut rendered = rendered.into_iter();
    let results = taken_over.into_iter().filter_map(|taken| taken.or_else(|| rendered.next())).collect();
    Ok(Transformed { info, results })
}

/// For each recipe what can be made without pixels, where something can.
#[allow(unused_variables, reason = "a build may lack codecs")]
fn taken_over(
    recipes: &[Recipe],
    plans: &[Result<Layout, Error>],
    header: &Header,
    decoder: &dyn Decode<'_>,
    limits: &Limits,
) -> Vec<Option<Result<Rendition, Error>>> {
    #[cfg(feature = "jxl-encode")]
    return recipes.iter().zip(plans).map(|(recipe, plan)| transcode(recipe, plan, header, decoder, limits)).collect();
    #[cfg(not(feature = "jxl-encode"))]
    return recipes.iter().map(|_| None).collect();
}

/// What can stand in for `source` until it is there, and what its camera wrote.
///
/// # Errors
/// When nothing could be rendered of it either.
pub fn describe(source: &[u8], limits: &Limits) -> Result<Description, Error> {
    let (header, decoder) = decode::open(source.into(), limits)?;
    let recipe = description::recipe();
    let plans = [plan(&recipe, &header, limits)];
    let recipes = slice::from_ref(&recipe);
    let reduction = reduction(recipes, &plans).unwrap_or(1);
    let pixels = renderer(decoder, &header, recipes, &plans, reduction, limits)?.pixels(&recipe)?;
    Ok(description::of(&pixels, header.exif.as_deref()))
}

fn renderer<'a>(
    mut decoder: Box<dyn Decode<'_> + '_>,
    header: &'a Header,
    recipes: &[Recipe],
    plans: &[Result<Layout, Error>],
    reduction: u32,
    limits: &'a Limits,
) -> Result<Renderer<'a>, Error> {
    let budget = Budget::new(limits.memory);
    if let Some(layout) = once(recipes, plans, reduction)
        && let Some(rows) = decoder.rows(reduction, &budget)?
    {
        let scaled = shrink(rows, header, layout, &budget)?;
        return Ok(Renderer::of_scaled(header, layout.crop, scaled, limits, budget));
    }
    let decoded = decoder.next_frame(reduction, &budget)?.ok_or_else(|| Error::Internal("no frame".into()))?;
    drop(decoder);
    let reduction = decoded.reduction;
    let colors = ToSrgb::new(header.icc.as_deref(), decoded.model);
    let pixels = colors.convert(decoded, &budget)?.without_needless_alpha();
    Ok(Renderer::new(header, pixels, reduction, limits, budget))
}
