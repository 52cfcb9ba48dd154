//! One recipe on its way: frames in, a file out.

use darkroom_recipe::{Layout, OnDamage, Recipe, Rendition};

use crate::Error;
use crate::encode::{Animation, Frame, Output, fit};
use crate::plan::Wanted;
use crate::render::Renderer;

/// What has become of a recipe so far.
pub(crate) struct Job<'a> {
    recipe: &'a Recipe,
    pub(crate) wanted: Wanted,
    /// Of an animation.
    quality: u8,
    /// Of an animation: the first frame's counts for all.
    layout: Option<Layout>,
    output: Option<Output>,
    result: Option<Result<Rendition, Error>>,
}

impl<'a> Job<'a> {
    pub(crate) fn new(recipe: &'a Recipe, wanted: Wanted) -> Self {
        Self { recipe, wanted, quality: recipe.encoding.quality(), layout: None, output: None, result: None }
    }

    /// The same animation again, at another quality.
    fn again(&self, quality: u8) -> Self {
        Self { quality, ..Self::new(self.recipe, self.wanted) }
    }

    /// The last frame that is needed, counted from 0; none once there is a result.
    pub(crate) fn last(&self) -> Option<u32> {
        match (self.wanted, &self.result) {
            (Wanted::One(number), None) => Some(number),
            (Wanted::All(animation), None) => Some(animation.frames.saturating_sub(1)),
            (_, Some(_)) => None,
        }
    }

    /// Takes a frame, where it wants that one.
    pub(crate) fn take(&mut self, number: u32, renderer: &mut Renderer<'_>, delay: u32) {
        match self.wanted {
            _ if self.result.is_some() => {}
            Wanted::One(wanted) if wanted == number => self.result = Some(self.still(renderer)),
            Wanted::One(_) => {}
            Wanted::All(animation) => {
                if let Err(error) = self.add(animation, renderer, delay) {
                    self.fail(&error);
                }
            }
        }
    }

    /// There is no frame to come.
    pub(crate) fn end(&mut self) {
        if let Some(output) = self.output.take() {
            self.result = Some(output.finish());
        }
    }

    /// Whether it is to fail where pixels are missing.
    pub(crate) fn refuses_damage(&self) -> bool {
        self.recipe.on_damage == OnDamage::Refuse
    }

    /// Ends so, unless it has ended before.
    pub(crate) fn fail(&mut self, error: &Error) {
        self.output = None;
        self.result.get_or_insert_with(|| Err(error.clone()));
    }

    /// The file. An animation that must not be so long is made anew by `play`, which gives all frames to a job.
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

    fn still(&self, renderer: &mut Renderer<'_>) -> Result<Rendition, Error> {
        let Recipe { encoding, .. } = self.recipe;
        let layout = renderer.layout(self.recipe)?;
        let pixels = renderer.pixels(self.recipe, &layout)?;
        let exif = renderer.metadata(self.recipe, pixels.size);
        let at = |quality| Output::still(&pixels, encoding, quality, exif.clone(), &renderer.budget);
        fit(encoding, at(encoding.quality())?, at)
    }

    fn add(&mut self, animation: Animation, renderer: &mut Renderer<'_>, delay: u32) -> Result<(), Error> {
        let Recipe { encoding, .. } = self.recipe;
        let layout = match self.layout {
            Some(layout) => layout,
            None => *self.layout.insert(renderer.layout(self.recipe)?),
        };
        let pixels = renderer.pixels(self.recipe, &layout)?;
        let output = match &mut self.output {
            Some(output) => output,
            None => {
                let exif = renderer.metadata(self.recipe, pixels.size);
                let (quality, animation) = (self.quality, Some(animation));
                self.output.insert(Output::open(&pixels, encoding, quality, exif, animation, &renderer.budget)?)
            }
        };
        output.frame(&Frame { pixels: &pixels, delay })
    }
}
