//! The interface `processor`.

use serde::Serialize;

use crate::Component;
use crate::core::{self, Limits, Recipe};
use crate::exports::darkroom::image::processor::{Error, Guest, Rendition, Transformed};

impl Guest for Component {
    fn probe(source: Vec<u8>, limits: String) -> Result<String, Error> {
        Ok(json(&core::probe(&source, &read_limits(&limits)?)?))
    }

    fn describe(source: Vec<u8>, limits: String) -> Result<String, Error> {
        Ok(json(&core::describe(&source, &read_limits(&limits)?)?))
    }

    fn transform(inputs: Vec<Vec<u8>>, recipes: Vec<String>, limits: String) -> Result<Transformed, Error> {
        let limits = read_limits(&limits)?;
        let inputs: Result<[Vec<u8>; 1], _> = inputs.try_into();
        let [source] = inputs.map_err(|inputs| error("internal", format!("{} inputs: must be one", inputs.len())))?;
        let recipes: Vec<Result<Recipe, core::Error>> = recipes.iter().map(|text| Ok(text.parse()?)).collect();
        let valid: Vec<Recipe> = recipes.iter().flatten().cloned().collect();
        let core::Transformed { info, results } = core::transform(source, &valid, &limits)?;
        let mut results = results.into_iter();
        let result = |recipe: Result<Recipe, core::Error>| -> Result<Rendition, Error> {
            recipe?;
            let missing = || Err(core::Error::Internal("fewer results than recipes".into()));
            Ok(results.next().unwrap_or_else(missing)?.into())
        };
        Ok(Transformed { info: json(&info), results: recipes.into_iter().map(result).collect() })
    }

    fn canonical(recipe: String) -> Result<String, Error> {
        let recipe: Recipe = recipe.parse().map_err(core::Error::InvalidRecipe)?;
        Ok(recipe.to_string())
    }

    fn options() -> String {
        json(&core::vocabulary())
    }

    fn formats() -> String {
        json(&core::formats())
    }

    fn default_limits() -> String {
        Limits::default().to_string()
    }

    fn output_version() -> u32 {
        core::OUTPUT_VERSION
    }
}

fn read_limits(text: &str) -> Result<Limits, Error> {
    text.parse().map_err(|invalid: core::InvalidLimit| error("invalid-limits", invalid.to_string()))
}

/// Facts, options and formats are maps with string keys, so writing JSON can't fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn error(code: &str, message: String) -> Error {
    Error { code: code.to_owned(), message }
}

impl From<core::Error> for Error {
    fn from(failure: core::Error) -> Self {
        error(failure.code(), failure.detail())
    }
}

impl From<core::Rendition> for Rendition {
    fn from(rendition: core::Rendition) -> Self {
        let core::Rendition { format, width, height, quality, bytes } = rendition;
        Self { format: format.name().to_owned(), width, height, quality, bytes }
    }
}
