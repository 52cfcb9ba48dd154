use std::time::Duration;

use darkroom_recipe::LimitExceeded;

use crate::processor::bindings::exports::darkroom::image::processor as wit;

/// Why there is no image. The first six are the component's own answers, with its own words; the others are the
/// host's, about a call that it stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes are none of the known formats, or one that is known by name only.
    #[error("unrecognized format: {0}")]
    UnrecognizedFormat(String),
    /// A known format, used in a way that is not supported.
    #[error("unsupported feature: {0}")]
    UnsupportedFeature(String),
    /// A known format, broken.
    #[error("malformed image: {0}")]
    Malformed(String),
    /// More than the limits allow.
    #[error("limit exceeded: {0}")]
    Limit(String),
    /// A recipe that can't be followed.
    #[error("invalid recipe: {0}")]
    InvalidRecipe(String),
    /// A mistake of the component's that it noticed.
    #[error("internal error: {0}")]
    Internal(String),
    /// The component crashed. It is pure, so the same call would crash again.
    #[error("the image core crashed on this image: {0}")]
    Trap(String),
    /// The machine has no room for another instance just now: no memory, no address space, no file handles.
    #[error("no instance of the image core: {0}")]
    Instance(String),
    /// The component wanted more memory than its cap, in bytes, or than the machine has.
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
    /// An answer of the image core, by the contract's code.
    #[must_use]
    pub fn of_core(code: &str, message: String) -> Self {
        match code {
            "unrecognized-format" => Self::UnrecognizedFormat(message),
            "unsupported-feature" => Self::UnsupportedFeature(message),
            "malformed" => Self::Malformed(message),
            "limit-exceeded" => Self::Limit(message),
            "invalid-recipe" => Self::InvalidRecipe(message),
            "internal" => Self::Internal(message),
            // Of a component that is newer than this host.
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

/// Why there is no processor.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// wasmtime can't be set up on this machine, for instance because too little address space is allowed.
    #[error("the WebAssembly engine does not start: {0}")]
    Engine(String),
    /// The bytes are no component, or none of the world `image-processor`.
    #[error("not a usable image component: {0}")]
    Component(String),
    /// No such file, or precompiled by another wasmtime version, with other settings, or for another processor.
    #[error("no code for this machine and release: {0}")]
    Precompiled(String),
}
