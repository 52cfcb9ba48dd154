use darkroom_recipe::{Flip, Limits, Metadata, Recipe, Resize, Rotation, Trim};

use crate::{Error, ImageInfo, Processor, Rendition};

/// What one photo became.
#[derive(Clone, Debug)]
pub struct Photo {
    /// The source's.
    pub info: ImageInfo,
    /// One for each recipe, in their order.
    pub outputs: Vec<Result<Output, Error>>,
}

/// What to store or send for one recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The source's own bytes.
    Original,
    /// New bytes.
    Rendition(Rendition),
}

impl Processor {
    /// Probes and transforms, and keeps two promises that [`Processor::transform`] alone can't:
    ///
    /// - Never worse than the original: a lossy rendition at the source's full size that is no smaller than it is
    ///   replaced by it, where that changes nothing that is shown or told.
    /// - An animation is never replaced by a still that nobody asked for: recipes without `anim=false` give the
    ///   original.
    ///
    /// # Errors
    /// As [`Processor::transform`].
    pub fn render(&self, source: &[u8], recipes: &[Recipe], limits: &Limits) -> Result<Photo, Error> {
        let info = self.probe(source, limits)?;
        let passes = |recipe: &Recipe| info.frames > 1 && recipe.animation;
        let rendered: Vec<Recipe> = recipes.iter().filter(|recipe| !passes(recipe)).cloned().collect();
        let results = if rendered.is_empty() { Vec::new() } else { self.transform(source, &rendered, limits)? };
        let mut results = results.into_iter();
        let outputs = recipes.iter().map(|recipe| {
            if passes(recipe) {
                return Ok(Output::Original);
            }
            let missing = || Err(Error::Internal("fewer renditions than recipes".into()));
            let rendition = results.next().unwrap_or_else(missing)?;
            let worse = rendition.bytes.len() >= source.len() && can_replace(&info, recipe, &rendition);
            Ok(if worse { Output::Original } else { Output::Rendition(rendition) })
        });
        Ok(Photo { info, outputs: outputs.collect() })
    }
}

/// Whether the original would do in place of `rendition`: browsers show it, the same pixels in the same size, and it
/// tells nothing that the recipe has removed.
fn can_replace(info: &ImageInfo, recipe: &Recipe, rendition: &Rendition) -> bool {
    let full_size = (rendition.width, rendition.height) == (info.width, info.height);
    let lossy = rendition.quality.is_some();
    let flattened = info.alpha && (recipe.background.is_some() || !rendition.format.has_alpha());
    let shown_alike = info.format.as_format().is_some() && info.orientation == 1 && !flattened;
    let nothing_to_remove = !info.exif && recipe.metadata == Metadata::None;
    full_size && lossy && shown_alike && nothing_to_remove && !changes_pixels(recipe)
}

/// Whether the recipe does more than resize and encode.
fn changes_pixels(recipe: &Recipe) -> bool {
    let Recipe { trim, flip, rotate, resize: Resize { .. }, blur, sharpen, .. } = recipe;
    *trim != Trim::None || *flip != Flip::None || *rotate != Rotation::None || *blur > 0.0 || *sharpen > 0.0
}
