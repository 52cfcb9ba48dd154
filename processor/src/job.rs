//! One recipe in progress: receives frames, returns a file.

use darkroom_recipe::{Layout, OnDamage, Recipe, Rendition};

use crate::Error;
use crate::encode::{Animation, Output, fit};
use crate::frame::{Form, Frame};
use crate::plan::{Kept, Wanted};
use crate::render::Renderer;
use crate::sample::Sample;

/// The state of one recipe.
pub(crate) struct Job<'a> {
    recipe: &'a Recipe,
    pub(crate) wanted: Wanted,
    pub(crate) kept: Kept,
    /// The quality of an animation.
    quality: u8,
    /// The layout of an animation: all frames use the first frame's.
    layout: Option<Layout>,
    output: Option<Output>,
    result: Option<Result<Rendition, Error>>,
}

impl<'a> Job<'a> {
    pub(crate) fn new(recipe: &'a Recipe, wanted: Wanted, kept: Kept) -> Self {
        Self { recipe, wanted, kept, quality: recipe.encoding.quality(), layout: None, output: None, result: None }
    }

    /// A job for the same animation at another quality.
    fn again(&self, quality: u8) -> Self {
        Self { quality, ..Self::new(self.recipe, self.wanted, self.kept) }
    }

    /// The last frame that the job needs, counted from 0; `None` once there is a result.
    pub(crate) fn last(&self) -> Option<u32> {
        match (self.wanted, &self.result) {
            (Wanted::One(number), None) => Some(number),
            (Wanted::All(animation), None) => Some(animation.frames.saturating_sub(1)),
            (_, Some(_)) => None,
        }
    }

    /// Processes a frame if the job needs it.
    pub(crate) fn take(&mut self, number: u32, frame: &mut Frame<'_>, delay: u32) {
        let taken = match frame.form(self.kept) {
            Ok(Form::Narrow(renderer)) => self.take_form(number, renderer, delay),
            Ok(Form::Wide(renderer)) => self.take_form(number, renderer, delay),
            Err(error) => Err(error),
        };
        if let Err(error) = taken {
            self.fail(&error);
        }
    }

    fn take_form<S: Sample>(&mut self, number: u32, renderer: &mut Renderer<'_, S>, delay: u32) -> Result<(), Error> {
        match self.wanted {
            _ if self.result.is_some() => {}
            Wanted::One(wanted) if wanted == number => self.result = Some(self.still(renderer)),
            Wanted::One(_) => {}
            Wanted::All(animation) => self.add(animation, renderer, delay)?,
        }
        Ok(())
    }

    /// Signals that there are no more frames.
    pub(crate) fn end(&mut self) {
        if let Some(output) = self.output.take() {
            self.result = Some(output.finish());
        }
    }

    /// Whether the job fails if pixels are missing.
    pub(crate) fn refuses_damage(&self) -> bool {
        self.recipe.on_damage == OnDamage::Refuse
    }

    /// Ends the job with an error, unless it already has a result.
    pub(crate) fn fail(&mut self, error: &Error) {
        self.output = None;
        self.result.get_or_insert_with(|| Err(error.clone()));
    }

    /// Returns the file. If an animation exceeds `max-bytes`, it is rendered again by `play`, which passes all frames
    /// to a job.
    pub(crate) fn result(
        mut self,
        mut play: impl FnMut(&mut Job<'_>) -> Result<(), Error>,
    ) -> Result<Rendition, Error> {
        let missing = || Err(Error::Malformed("fewer frames than the file says".into()));
        let first = self.result.take().unwrap_or_else(missing)?;
        if let Wanted::One(_) = self.wanted {
            return Ok(first);
        }
        fit(&self.recipe.encoding, first, |quality| {
            let mut again = self.again(quality);
            play(&mut again)?;
            again.result.unwrap_or_else(missing)
        })
    }

    fn still<S: Sample>(&self, renderer: &mut Renderer<'_, S>) -> Result<Rendition, Error> {
        let Recipe { encoding, .. } = self.recipe;
        let layout = renderer.layout(self.recipe)?;
        let pixels = renderer.pixels(self.recipe, &layout)?;
        let embedded = renderer.metadata(self.recipe, pixels.size);
        let at = |quality| Output::still(&pixels, encoding, quality, embedded.clone(), &renderer.budget);
        fit(encoding, at(encoding.quality())?, at)
    }

    fn add<S: Sample>(
        &mut self,
        animation: Animation,
        renderer: &mut Renderer<'_, S>,
        delay: u32,
    ) -> Result<(), Error> {
        let Recipe { encoding, .. } = self.recipe;
        let layout = match self.layout {
            Some(layout) => layout,
            None => *self.layout.insert(renderer.layout(self.recipe)?),
        };
        let pixels = renderer.pixels(self.recipe, &layout)?;
        let output = match &mut self.output {
            Some(output) => output,
            None => {
                let embedded = renderer.metadata(self.recipe, pixels.size);
                let (quality, animation) = (self.quality, Some(animation));
                self.output.insert(Output::open(&pixels, encoding, quality, embedded, animation, &renderer.budget)?)
            }
        };
        output.frame(S::image(&pixels), delay)
    }
}
