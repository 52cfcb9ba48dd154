//! Renders recipes from a decoded frame: crop and scale, orient, blur, sharpen, add a background.

use std::rc::Rc;

use darkroom_recipe::{Layout, Limits, Profiles, Recipe, Rect, Size};

use crate::budget::Budget;
use crate::color::Conversion;
use crate::decode::{Drawing, Header, reduced};
use crate::embedded::Embedded;
use crate::ops::{self, Context};
use crate::pixels::Pixels;
use crate::plan::serves;
use crate::sample::Sample;
use crate::{Error, saliency, trim};

/// Draws a part of an image at a size.
type Draw<S> = Box<dyn Fn(Rect, Size, &Budget) -> Result<Pixels<S>, Error>>;

/// Decoded pixels, and the scaled parts made from them so far.
pub(crate) struct Renderer<'a, S = u8> {
    header: &'a Header,
    /// All pixels, and the number of source pixels per pixel along both axes. `None` if [`Self::scaled`] contains
    /// everything that the recipes need.
    source: Option<(Rc<Pixels<S>>, u32)>,
    /// Draws every part, if the image has no pixels of its own.
    drawing: Option<Draw<S>>,
    limits: &'a Limits,
    pub(crate) budget: Budget,
    /// Scaled parts of the source, from which smaller ones can be made.
    scaled: Vec<(Rect, Rc<Pixels<S>>)>,
}

impl<'a, S: Sample> Renderer<'a, S> {
    pub(crate) fn new(
        header: &'a Header,
        source: Pixels<S>,
        reduction: u32,
        limits: &'a Limits,
        budget: Budget,
    ) -> Self {
        let source = Some((Rc::new(source), reduction));
        Self { header, source, drawing: None, limits, budget, scaled: Vec::new() }
    }

    /// Creates a renderer for recipes that can all be made from a part of the source that is already scaled.
    pub(crate) fn of_scaled(
        header: &'a Header,
        part: Rect,
        scaled: Pixels<S>,
        limits: &'a Limits,
        budget: Budget,
    ) -> Self {
        Self { header, source: None, drawing: None, limits, budget, scaled: vec![(part, Rc::new(scaled))] }
    }

    /// Renders `recipe` from the frame, without encoding it.
    pub(crate) fn pixels(&mut self, recipe: &Recipe, layout: &Layout) -> Result<Rc<Pixels<S>>, Error> {
        let scaled = self.scale(layout)?;
        ops::run(scaled, &Context { recipe, layout, budget: &self.budget })
    }

    /// The final layout, computed with the pixels.
    pub(crate) fn layout(&self, recipe: &Recipe) -> Result<Layout, Error> {
        let Header { size, orientation, .. } = *self.header;
        let kept = trim::kept(recipe.trim, size, orientation, self.source.as_ref().map(|(source, _)| &**source))?;
        let mut looked = Ok((0.5, 0.5));
        let layout = Layout::resolve(recipe, kept, orientation, self.limits, |window| {
            looked = self.source().and_then(|(source, reduction)| {
                saliency::focus(source, reduced(kept, *reduction), window, &self.budget)
            });
            looked.clone().unwrap_or((0.5, 0.5))
        })?;
        looked?;
        Ok(layout)
    }

    /// The part of the source that the layout needs, scaled, still as stored.
    fn scale(&mut self, layout: &Layout) -> Result<Rc<Pixels<S>>, Error> {
        let target = layout.scaled_as_stored();
        let enough = |larger: Size| if self.drawing.is_some() { larger == target } else { serves(larger, target) };
        let large_enough = |(part, pixels): &&(Rect, Rc<Pixels<S>>)| *part == layout.crop && enough(pixels.size);
        let smallest = self.scaled.iter().filter(large_enough).min_by_key(|(_, pixels)| pixels.size.pixels());
        let scaled = match (smallest, &self.drawing) {
            (Some((_, scaled)), _) if scaled.size == target => return Ok(Rc::clone(scaled)),
            (Some((_, scaled)), _) => ops::resize(scaled, Rect::whole(scaled.size), target, &self.budget)?,
            (None, Some(draw)) => draw(layout.crop, target, &self.budget)?,
            (None, None) => {
                let (source, reduction) = self.source()?;
                let part = reduced(layout.crop, *reduction);
                if target == source.size && part == Rect::whole(target) {
                    return Ok(Rc::clone(source));
                }
                ops::resize(source, part, target, &self.budget)?
            }
        };
        let scaled = Rc::new(scaled);
        self.scaled.push((layout.crop, Rc::clone(&scaled)));
        Ok(scaled)
    }

    fn source(&self) -> Result<&(Rc<Pixels<S>>, u32), Error> {
        self.source.as_ref().ok_or_else(|| Error::Internal("a recipe needs more of the source than was kept".into()))
    }

    /// The metadata that `recipe` keeps from the source, for an output of `size`.
    pub(crate) fn metadata(&self, recipe: &Recipe, size: Size) -> Embedded {
        Embedded::kept(self.header, recipe, size)
    }
}

impl<'a> Renderer<'a> {
    /// Creates a renderer for a drawing. `looked_at` means that a recipe inspects all of its pixels.
    pub(crate) fn of_drawing(
        header: &'a Header,
        drawing: Box<dyn Drawing>,
        looked_at: bool,
        limits: &'a Limits,
        budget: Budget,
    ) -> Result<Self, Error> {
        let draw: Draw<u8> = Box::new(move |part, size, budget| {
            let decoded = drawing.draw(part, size, budget)?;
            let colors = Conversion::new(None, decoded.model, Profiles::None);
            Ok(colors.convert(decoded, budget)?.without_needless_alpha())
        });
        let whole = || draw(Rect::whole(header.size), header.size, &budget);
        let source = looked_at.then(whole).transpose()?.map(|pixels| (Rc::new(pixels), 1));
        Ok(Self { header, source, drawing: Some(draw), limits, budget, scaled: Vec::new() })
    }
}
