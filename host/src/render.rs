use darkroom_recipe::{ImageInfo, Limits, Recipe, Rendition};

use crate::{Error, Processor, Transformed};

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
    /// The source itself, with no more metadata than the recipe keeps.
    Original(Vec<u8>),
    /// New bytes.
    Rendition(Rendition),
}

impl Output {
    /// In bytes.
    #[cfg(feature = "pipeline")]
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Original(bytes) | Self::Rendition(Rendition { bytes, .. }) => bytes.len() as u64,
        }
    }
}

impl Processor {
    /// Transforms, and keeps two promises that [`Processor::transform`] alone can't:
    ///
    /// - Never worse than the original: a lossy rendition at the source's full size that is no smaller than it is
    ///   replaced by it, where that changes nothing that is shown or told.
    /// - An animation that has more frames or pixels than `limits` allow, or that can't be decoded, is passed on as it is,
    ///   where the recipe asks for one.
    ///
    /// # Errors
    /// As [`Processor::transform`].
    pub fn render(&self, source: &[u8], recipes: &[Recipe], limits: &Limits) -> Result<Photo, Error> {
        let Transformed { info, results } = self.transform(source, recipes, limits)?;
        let outputs = recipes.iter().zip(results).map(|(recipe, result)| output(source, &info, recipe, result));
        Ok(Photo { info, outputs: outputs.collect() })
    }
}

fn output(source: &[u8], info: &ImageInfo, recipe: &Recipe, result: Result<Rendition, Error>) -> Result<Output, Error> {
    let recipe = &recipe.for_source(info);
    let rendition = match result {
        Err(Error::Limit(_) | Error::UnsupportedFeature(_)) if info.stays_animated(recipe) => {
            let broken = || Error::Malformed("an animation that can't be passed on without its metadata".into());
            return info.stand_in(source, recipe).map(Output::Original).ok_or_else(broken);
        }
        result => result?,
    };
    match info.stand_in(source, recipe) {
        Some(bare) if info.does_better_than(bare.len() as u64, &rendition, recipe) => Ok(Output::Original(bare)),
        _ => Ok(Output::Rendition(rendition)),
    }
}
