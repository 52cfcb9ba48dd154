use std::fs;
use std::num::NonZeroU32;

use darkroom_host::{Code, Error, Options, Processor, Transformed};
use darkroom_recipe::{Description, Format, ImageInfo, Limits, Recipe};

use crate::{component, fixtures};

/// The image core: the component, as it ships, or its native build, which is only for tests. The native build needs no
/// WebAssembly, so a change to a codec is tested in seconds.
pub enum Engine {
    /// In wasmtime, as the command line runs it.
    Component(Box<Processor>),
    /// In this process. There is no memory cap and no deadline.
    Native,
}

/// The engine that `DARKROOM_ENGINE` names: `native`, or `component`, the default.
///
/// # Panics
/// When it names another one, or the component can't be loaded.
#[must_use]
pub fn processor() -> Engine {
    processor_with(Options { instances: NonZeroU32::new(2).expect("two"), ..Options::default() })
}

/// The same with other options.
///
/// # Panics
/// As [`processor`].
#[must_use]
pub fn processor_with(options: Options) -> Engine {
    match std::env::var("DARKROOM_ENGINE").as_deref() {
        Ok("native") => Engine::Native,
        Ok("component") | Err(_) => Engine::component(options),
        Ok(other) => panic!("DARKROOM_ENGINE={other}: must be native or component"),
    }
}

impl Engine {
    /// The component, regardless of the environment.
    ///
    /// # Panics
    /// When it can't be loaded.
    #[must_use]
    pub fn component(options: Options) -> Self {
        let bytes = fs::read(component("processor.wasm")).expect("reading the component");
        let cache = darkroom_host::cache_folder();
        let code = Code::Wasm { bytes: &bytes, cache: cache.as_deref() };
        Self::Component(Box::new(Processor::load(code, options).expect("loading the component")))
    }

    /// Whether it decodes that format. The component under test has all of them.
    #[must_use]
    pub fn decodes(&self, format: Format) -> bool {
        match self {
            Self::Component(_) => format.info().decoded,
            Self::Native => darkroom_processor::decodes(format),
        }
    }

    /// Whether it encodes that format.
    #[must_use]
    pub fn encodes(&self, format: Format) -> bool {
        match self {
            Self::Component(_) => format.encoder().is_some(),
            Self::Native => darkroom_processor::encodes(format),
        }
    }

    /// Whether it has what a case of a test asks for: the format of a fixture, by its name, and those of a recipe.
    ///
    /// # Panics
    /// For a text that is no recipe.
    #[must_use]
    pub fn has(&self, fixture: &str, recipe: &str) -> bool {
        let name = fixture.rsplit('/').next().unwrap_or(fixture);
        let ending = name
            .rsplit('.')
            .next()
            .and_then(|ending| Format::ALL.into_iter().find(|format| format.info().extensions.contains(&ending)));
        let recipe: Recipe = recipe.parse().expect(recipe);
        ending.is_none_or(|format| self.decodes(format)) && recipe.encoding.formats().all(|format| self.encodes(format))
    }

    /// The good fixtures that it decodes.
    ///
    /// # Panics
    /// When their folder can't be read.
    #[must_use]
    pub fn fixtures(&self) -> Vec<String> {
        fixtures("good").into_iter().filter(|name| self.has(name, "format=png")).collect()
    }

    /// As [`Processor::probe`].
    ///
    /// # Errors
    /// As there.
    pub fn probe(&self, source: &[u8], limits: &Limits) -> Result<ImageInfo, Error> {
        match self {
            Self::Component(processor) => processor.probe(source, limits),
            Self::Native => darkroom_processor::probe(source, limits).map_err(error),
        }
    }

    /// As [`Processor::describe`].
    ///
    /// # Errors
    /// As there.
    pub fn describe(&self, source: &[u8], limits: &Limits) -> Result<Description, Error> {
        match self {
            Self::Component(processor) => processor.describe(source, limits),
            Self::Native => darkroom_processor::describe(source, limits).map_err(error),
        }
    }

    /// As [`Processor::transform`].
    ///
    /// # Errors
    /// As there.
    pub fn transform(&self, source: &[u8], recipes: &[Recipe], limits: &Limits) -> Result<Transformed, Error> {
        match self {
            Self::Component(processor) => processor.transform(source, recipes, limits),
            Self::Native => {
                let made = darkroom_processor::transform(source.to_vec(), recipes, limits).map_err(error)?;
                let results = made.results.into_iter().map(|result| result.map_err(error)).collect();
                Ok(Transformed { info: made.info, results })
            }
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "as map_err passes it")]
fn error(error: darkroom_processor::Error) -> Error {
    Error::of_core(error.code(), error.detail())
}
