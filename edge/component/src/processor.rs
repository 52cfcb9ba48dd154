//! The image core, within the limits of the edge.

use darkroom_delivery::{Bounds, EdgeLimits, Error, Processor, RenderError, Rendered};

use crate::core;

pub(crate) struct Core {
    limits: core::Limits,
    /// Whether the core crashed on this request before.
    crashed: bool,
}

impl Core {
    pub(crate) fn new(limits: EdgeLimits, crashed: bool) -> Self {
        let EdgeLimits { source_bytes, pixels, slow_pixels, memory, .. } = limits;
        Self { limits: core::Limits { source_bytes, pixels, slow_pixels, memory, ..core::Limits::default() }, crashed }
    }

    fn check(&self) -> Result<(), RenderError> {
        if self.crashed { Err(RenderError::Error(Error::Internal("the image core crashed".into()))) } else { Ok(()) }
    }
}

impl Processor for Core {
    fn describe(&self, source: &[u8]) -> Result<core::Description, RenderError> {
        self.check()?;
        core::describe(source, &self.limits).map_err(trouble)
    }

    fn transform(&self, source: &[u8], recipe: &core::Recipe, bounds: Bounds) -> Result<Rendered, RenderError> {
        self.check()?;
        let limits = bounds.within(self.limits);
        let transformed = core::transform(source, std::slice::from_ref(recipe), &limits);
        let core::Transformed { info, mut results } = transformed.map_err(trouble)?;
        Ok((info, results.remove(0).map_err(trouble)))
    }
}

fn trouble(error: core::Error) -> RenderError {
    RenderError::Error(match error {
        core::Error::Limit(limit) => return RenderError::Beyond(limit.to_string()),
        core::Error::UnrecognizedFormat(text) | core::Error::UnsupportedFeature(text) => Error::Unsupported(text),
        core::Error::Malformed(text) => Error::Unprocessable(text),
        core::Error::InvalidRecipe(error) => Error::Recipe(error.to_string()),
        core::Error::Internal(text) => Error::Internal(text),
    })
}
