//! The interface `processor`, for every world that exports it.

use crate::Component;
use crate::core;
use crate::exports::darkroom::image::processor::{Description, Error, Guest, ImageInfo, Limits, Recipe, Rendition};

impl Guest for Component {
    fn probe(source: Vec<u8>, limits: Limits) -> Result<ImageInfo, Error> {
        Ok(core::probe(&source, &limits.into())?.into())
    }

    fn describe(source: Vec<u8>, limits: Limits) -> Result<Description, Error> {
        Ok(core::describe(&source, &limits.into())?.into())
    }

    fn transform(
        source: Vec<u8>,
        recipes: Vec<Recipe>,
        limits: Limits,
    ) -> Result<Vec<Result<Rendition, Error>>, Error> {
        let recipes: Vec<core::Recipe> = recipes.into_iter().map(Into::into).collect();
        let results = core::transform(source, &recipes, &limits.into())?;
        Ok(results.into_iter().map(|result| Ok(result?.into())).collect())
    }

    fn parse_recipe(text: String) -> Result<Recipe, Error> {
        let recipe: core::Recipe = text.parse().map_err(core::Error::InvalidRecipe)?;
        Ok(recipe.into())
    }

    fn default_limits() -> Limits {
        core::Limits::default().into()
    }

    fn output_version() -> u32 {
        core::OUTPUT_VERSION
    }
}
