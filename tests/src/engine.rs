use std::fs;
use std::num::NonZeroU32;

use darkroom_host::{Code, Error, Options, Processor, Transformed};
use darkroom_recipe::{Description, ImageInfo, Limits, Recipe};

use crate::component;

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
