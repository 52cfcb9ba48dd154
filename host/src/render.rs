use darkroom_recipe::{ImageInfo, Limits, Recipe, Rendition};

use crate::{Error, Processor, Transformed};

/// The results for one photo.
#[derive(Clone, Debug)]
pub struct Photo {
    /// Facts about the source.
    pub info: ImageInfo,
    /// One output per recipe, in the same order.
    pub outputs: Vec<Result<Output, Error>>,
}

/// The file to store or send for one recipe.
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
    /// Transforms, with two guarantees that [`Processor::transform`] lacks:
    ///
    /// - Never worse than the original: if a lossy rendition at the source's full size is not smaller than the source,
    ///   it is replaced by the source, provided that this changes neither the picture nor the metadata.
    /// - If a recipe asks for an animation that has more frames or pixels than `limits` allow, or that can't be
    ///   decoded, the source is passed through, with no more metadata than the recipe keeps.
    ///
    /// # Errors
    /// As for [`Processor::transform`].
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
