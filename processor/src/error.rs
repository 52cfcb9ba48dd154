use darkroom_recipe::{InvalidRecipe, LayoutError, LimitExceeded};

/// Why there is no image. Callers match on the case; the text says what is wrong, the value, and what is allowed.
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
    Limit(#[from] LimitExceeded),
    /// A recipe that can't be followed.
    #[error("invalid recipe: {0}")]
    InvalidRecipe(#[from] InvalidRecipe),
    /// A mistake of this library.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<LayoutError> for Error {
    fn from(error: LayoutError) -> Self {
        match error {
            LayoutError::Limit(error) => Self::Limit(error),
            LayoutError::Invalid(error) => Self::InvalidRecipe(error),
        }
    }
}

/// What the library's own arithmetic rules out, where a dependency returns an error all the same.
pub(crate) fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}
