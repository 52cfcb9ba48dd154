//! The pipeline of an image: headers, plan, and one decode that passes each frame to every recipe.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::slice;

use darkroom_recipe::{Description, ImageInfo, Layout, LimitKind, Limits, Recipe, Rendition};

use crate::budget::Budget;
use crate::color::Conversion;
use crate::decode::{self, Decode, Header};
use crate::frame::{Form, Frame, Raw};
use crate::job::Job;
use crate::plan::{Kept, kept, no_such_frame, once, plan, reduction, wanted};
use crate::render::Renderer;
use crate::shrink::shrink;
#[cfg(feature = "jxl-encode")]
use crate::transcode::transcode;
use crate::{Error, description, error::internal};

/// Reads facts about `source` from its headers alone.
///
/// # Errors
/// If the format is unknown, the headers are corrupt, or they exceed `limits`.
pub fn probe(source: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
    Ok(decode::open(source.into(), limits)?.0.info())
}

/// The results for one source.
#[derive(Clone, Debug)]
pub struct Transformed {
    /// Facts about the source. [`ImageInfo::damaged`] says whether pixels are missing that were to be decoded.
    pub info: ImageInfo,
    /// One result per recipe, in the same order.
    pub results: Vec<Result<Rendition, Error>>,
}

/// Decodes `source` once and renders every recipe from it. An owned source's memory is freed as soon as it is decoded,
/// or reused during decoding.
///
/// # Errors
/// If [`probe`] fails, or there are more recipes than `limits` allow. All other errors belong to individual recipes; if
/// the pixels can't be decoded, every recipe gets that error.
pub fn transform<'s>(
    source: impl Into<Cow<'s, [u8]>>,
    recipes: &[Recipe],
    limits: &Limits,
) -> Result<Transformed, Error> {
    limits.check(LimitKind::Outputs, recipes.len() as u64)?;
    let (header, decoder) = decode::open(source.into(), limits)?;
    let info = header.info();
    let (results, damaged) =
        if decoder.pages() > 1 { pages(&*decoder, recipes, limits) } else { image(&header, decoder, recipes, limits) };
    Ok(Transformed { info: ImageInfo { damaged, ..info }, results })
}

/// The results of the recipes, and whether pixels are missing.
type Results = (Vec<Result<Rendition, Error>>, bool);

/// Renders one image, which may be an animation.
fn image<'s>(header: &Header, decoder: Box<dyn Decode<'s> + 's>, recipes: &[Recipe], limits: &Limits) -> Results {
    let (info, plays) = (header.info(), decoder.plays());
    let recipes: Vec<_> = recipes.iter().map(|recipe| recipe.for_source(&info)).collect();
    let plans: Vec<_> = recipes.iter().map(|recipe| plan(recipe, header, plays, limits)).collect();
    let taken_over = taken_over(&recipes, &plans, header, &*decoder, limits);
    let others = recipes.into_iter().zip(plans).zip(&taken_over).filter(|(_, taken)| taken.is_none());
    let (recipes, plans): (Vec<_>, Vec<_>) = others.map(|(other, _)| other).unzip();
    let (rendered, damaged) = match reduction(&recipes, &plans) {
        None => {
            let error = |plan: Result<Layout, Error>| plan.and_then(|_| Err(Error::Internal("no plan".into())));
            (plans.into_iter().map(error).collect(), false)
        }
        Some(reduction) => Source { decoder, header, reduction, limits }.render(&recipes, &plans),
    };
    let mut rendered = rendered.into_iter();
    (taken_over.into_iter().filter_map(|taken| taken.or_else(|| rendered.next())).collect(), damaged)
}

/// For each recipe, the rendition if it can be made without decoding pixels.
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

/// Renders the pages that recipes request, each as an image of its own.
fn pages(decoder: &dyn Decode<'_>, recipes: &[Recipe], limits: &Limits) -> Results {
    let page = |recipe: &Recipe| recipe.frame.unwrap_or(1);
    let numbers: BTreeSet<u32> = recipes.iter().map(page).collect();
    let mut results: Vec<_> = recipes.iter().map(|_| Err(Error::Internal("no page".into()))).collect();
    let mut damaged = false;
    for number in numbers {
        let asked = |(_, recipe): &(usize, &Recipe)| page(recipe) == number;
        let (places, own): (Vec<usize>, Vec<Recipe>) = recipes
            .iter()
            .enumerate()
            .filter(asked)
            .map(|(place, recipe)| (place, Recipe { frame: None, ..recipe.clone() }))
            .unzip();
        let opened = decoder.page(number).and_then(|opened| {
            let (header, decoder) = opened.ok_or_else(|| no_such_frame(number, decoder.pages()))?;
            decode::check(&header, limits)?;
            Ok((header, decoder))
        });
        let (made, missing) = match opened {
            Ok((header, decoder)) => image(&header, decoder, &own, limits),
            Err(error) => (own.iter().map(|_| Err(error.clone())).collect(), false),
        };
        damaged |= missing;
        places.into_iter().zip(made).for_each(|(place, result)| results[place] = result);
    }
    (results, damaged)
}

/// Describes `source`: a placeholder to show while it loads, and the camera's EXIF fields.
///
/// # Errors
/// If it could not be rendered either.
pub fn describe(source: &[u8], limits: &Limits) -> Result<Description, Error> {
    let (header, decoder) = decode::open(source.into(), limits)?;
    let recipe = description::recipe();
    let plans = [plan(&recipe, &header, decoder.plays(), limits)];
    let recipes = slice::from_ref(&recipe);
    let reduction = reduction(recipes, &plans).unwrap_or(1);
    let (mut frame, _) = Source { decoder, header: &header, reduction, limits }.still(recipes, &plans)?;
    let Form::Narrow(renderer) = frame.form(Kept::default())? else { return Err(internal("16 bits for 8")) };
    let pixels = renderer.pixels(&recipe, &renderer.layout(&recipe)?)?;
    Ok(description::of(&pixels, header.exif.as_deref()))
}

/// A source to decode, and how.
struct Source<'s, 'a> {
    decoder: Box<dyn Decode<'s> + 's>,
    header: &'a Header,
    /// The number of source pixels that may be merged into one while decoding.
    reduction: u32,
    limits: &'a Limits,
}

impl<'s, 'a> Source<'s, 'a> {
    /// One result per recipe, in the same order; a recipe whose plan failed gets that error.
    fn render(mut self, recipes: &[Recipe], plans: &[Result<Layout, Error>]) -> Results {
        let plays = self.decoder.plays();
        let job = |(recipe, plan): (_, &Result<Layout, Error>)| {
            let layout = plan.clone()?;
            let job = Job::new(recipe, wanted(recipe, self.header, plays)?, kept(recipe, self.header));
            Ok((layout.scaled.pixels(), job))
        };
        let mut jobs: Vec<Result<(u64, Job<'_>), Error>> = recipes.iter().zip(plans).map(job).collect();
        // The largest is rendered first, so that the others can be made from it.
        let mut order: Vec<_> = jobs.iter_mut().flatten().collect();
        order.sort_by_key(|(pixels, _)| Reverse(*pixels));
        let mut order: Vec<&mut Job<'_>> = order.into_iter().map(|(_, job)| job).collect();
        if self.header.frames == 1 {
            let mut damaged = false;
            match self.still(recipes, plans) {
                Ok((mut frame, damage)) => {
                    damaged = refuse(&mut order, damage);
                    order.iter_mut().for_each(|job| job.take(0, &mut frame, 0));
                }
                Err(error) => order.iter_mut().for_each(|job| job.fail(&error)),
            }
            let again = |_: &mut Job<'_>| Err(Error::Internal("a still is not made again".into()));
            return (jobs.into_iter().map(|job| job?.1.result(again)).collect(), damaged);
        }
        let budget = Budget::new(self.limits.memory);
        let damaged = self.play(&mut order, &budget);
        let mut again = |job: &mut Job<'_>| {
            self.decoder.restart()?;
            self.play(&mut [job], &budget);
            Ok(())
        };
        (jobs.into_iter().map(|job| job?.1.result(&mut again)).collect(), damaged)
    }

    /// Passes each frame to all jobs until none needs another. A decoding error goes to the jobs that still wait for
    /// frames. Returns whether pixels are missing.
    fn play(&mut self, jobs: &mut [&mut Job<'_>], budget: &Budget) -> bool {
        let mut wanted: Vec<Kept> = jobs.iter().map(|job| job.kept).collect();
        distinct(&mut wanted);
        let mut damaged = false;
        for number in 0.. {
            if jobs.iter().filter_map(|job| job.last()).all(|last| last < number) {
                break;
            }
            let next = self.decoder.next_frame(1, budget);
            damaged |= refuse(jobs, self.decoder.damage());
            match next {
                Ok(None) => break,
                Ok(Some(decoded)) => {
                    let delay = self.decoder.delay();
                    match Frame::new(Raw::Narrow(decoded), &wanted, self.header, self.limits, budget) {
                        Ok(mut frame) => jobs.iter_mut().for_each(|job| job.take(number, &mut frame, delay)),
                        Err(error) => jobs.iter_mut().for_each(|job| job.fail(&error)),
                    }
                }
                Err(error) => jobs.iter_mut().for_each(|job| job.fail(&error)),
            }
        }
        jobs.iter_mut().for_each(|job| job.end());
        damaged
    }

    /// Decodes the first frame: all of it, or only the part that the recipes show. Also returns its damage.
    fn still(self, recipes: &[Recipe], plans: &[Result<Layout, Error>]) -> Result<(Frame<'a>, Option<Error>), Error> {
        let Self { mut decoder, header, reduction, limits } = self;
        let budget = Budget::new(limits.memory);
        if let Some(drawing) = decoder.drawing(&budget)? {
            drop(decoder);
            let looked_at = recipes.iter().any(Recipe::needs_all_pixels);
            let renderer = Renderer::of_drawing(header, drawing, looked_at, limits, budget)?;
            return Ok((Frame::of_one(Kept::default(), renderer), None));
        }
        let planned = recipes.iter().zip(plans).filter(|(_, plan)| plan.is_ok());
        let mut wanted: Vec<Kept> = planned.map(|(recipe, _)| kept(recipe, header)).collect();
        distinct(&mut wanted);
        if wanted.iter().any(|kept| kept.wide)
            && let Some(decoded) = decoder.wide(&budget)?
        {
            let damage = decoder.damage();
            drop(decoder);
            return Ok((Frame::new(Raw::Wide(decoded), &wanted, header, limits, &budget)?, damage));
        }
        if let [kept] = wanted[..]
            && let Some(layout) = once(recipes, plans, reduction)
            && let Some(rows) = decoder.rows(reduction, &budget)?
        {
            let colors = Conversion::new(header.icc.as_deref(), rows.model, kept.space);
            let (scaled, damage) = shrink(rows, colors, layout, &budget)?;
            let renderer = Renderer::of_scaled(header, layout.crop, scaled, limits, budget);
            return Ok((Frame::of_one(kept, renderer), damage));
        }
        let decoded = decoder.next_frame(reduction, &budget)?.ok_or_else(|| Error::Internal("no frame".into()))?;
        let damage = decoder.damage();
        drop(decoder);
        Ok((Frame::new(Raw::Narrow(decoded), &wanted, header, limits, &budget)?, damage))
    }
}

/// Removes duplicates.
fn distinct(kept: &mut Vec<Kept>) {
    kept.sort_unstable();
    kept.dedup();
}

/// Fails the jobs that refuse a damaged source. Returns whether pixels are missing.
fn refuse(jobs: &mut [&mut Job<'_>], damage: Option<Error>) -> bool {
    if let Some(error) = &damage {
        jobs.iter_mut().filter(|job| job.refuses_damage()).for_each(|job| job.fail(error));
    }
    damage.is_some()
}
