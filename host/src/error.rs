use std::time::Duration;

use darkroom_recipe::LimitExceeded;

use crate::processor::bindings::exports::darkroom::image::processor as wit;

/// The reason why there is no image. The component itself reports the first six, in its own words. The host reports the
/// others, about calls that it stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The format is unknown, or known by name only.
    #[error("unrecognized format: {0}")]
    UnrecognizedFormat(String),
    /// A known format that uses an unsupported feature.
    #[error("unsupported feature: {0}")]
    UnsupportedFeature(String),
    /// A corrupt file of a known format.
    #[error("malformed image: {0}")]
    Malformed(String),
    /// A limit was exceeded.
    #[error("limit exceeded: {0}")]
    Limit(String),
    /// The recipe is invalid.
    #[error("invalid recipe: {0}")]
    InvalidRecipe(String),
    /// The component detected a bug of its own.
    #[error("internal error: {0}")]
    Internal(String),
    /// The component crashed. It is pure, so the same call would crash again.
    #[error("the image core crashed on this image: {0}")]
    Trap(String),
    /// The machine has no resources for another instance: memory, address space or file handles.
    #[error("no instance of the image core: {0}")]
    Instance(String),
    /// The component needed more memory than its cap, in bytes, or than the machine has.
    #[error("the image core ran out of memory: it may take {allowed} bytes")]
    Memory {
        /// [`Options::memory`](crate::Options::memory).
        allowed: u64,
    },
    /// All instances together have no more memory for this one just now.
    #[error("no memory for another image just now")]
    Short,
    /// The component was stopped at its deadline.
    #[error("the image took too long: it may take {} seconds", allowed.as_secs_f64())]
    Deadline {
        /// [`Options::deadline`](crate::Options::deadline).
        allowed: Duration,
    },
    /// [`Processor::interrupt`](crate::Processor::interrupt) was called.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// Converts an error of the image core by its code in the contract.
    #[must_use]
    pub fn of_core(code: &str, message: String) -> Self {
        match code {
            "unrecognized-format" => Self::UnrecognizedFormat(message),
            "unsupported-feature" => Self::UnsupportedFeature(message),
            "malformed" => Self::Malformed(message),
            "limit-exceeded" => Self::Limit(message),
            "invalid-recipe" => Self::InvalidRecipe(message),
            "internal" => Self::Internal(message),
            // From a component that is newer than this host.
            other => Self::Internal(format!("{other}: {message}")),
        }
    }
}

impl From<wit::Error> for Error {
    fn from(wit::Error { code, message }: wit::Error) -> Self {
        Self::of_core(&code, message)
    }
}

impl From<LimitExceeded> for Error {
    fn from(limit: LimitExceeded) -> Self {
        Self::Limit(limit.to_string())
    }
}

/// The reason why a processor can't be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// wasmtime can't be set up on this machine, for instance because the address space is too limited.
    #[error("the WebAssembly engine does not start: {0}")]
    Engine(String),
    /// The bytes are not a component, or not one of the world `image-processor`.
    #[error("not a usable image component: {0}")]
    Component(String),
    /// The file does not exist, or was precompiled by another wasmtime version, with other settings, or for another
    /// CPU.
    #[error("no code for this machine and release: {0}")]
    Precompiled(String),
}
