use darkroom_recipe::{InvalidRecipe, LayoutError, LimitExceeded};

/// The reason why there is no image. Callers match on the variant; the text gives the problem, the value, and the
/// allowed values.
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
    Limit(#[from] LimitExceeded),
    /// The recipe is invalid.
    #[error("invalid recipe: {0}")]
    InvalidRecipe(#[from] InvalidRecipe),
    /// A bug in this library.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// The variant's name in the component's contract.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnrecognizedFormat(_) => "unrecognized-format",
            Self::UnsupportedFeature(_) => "unsupported-feature",
            Self::Malformed(_) => "malformed",
            Self::Limit(_) => "limit-exceeded",
            Self::InvalidRecipe(_) => "invalid-recipe",
            Self::Internal(_) => "internal",
        }
    }

    /// The text without the variant.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::UnrecognizedFormat(text)
            | Self::UnsupportedFeature(text)
            | Self::Malformed(text)
            | Self::Internal(text) => text.clone(),
            Self::Limit(limit) => limit.to_string(),
            Self::InvalidRecipe(invalid) => invalid.to_string(),
        }
    }
}

impl From<LayoutError> for Error {
    fn from(error: LayoutError) -> Self {
        match error {
            LayoutError::Limit(error) => Self::Limit(error),
            LayoutError::Invalid(error) => Self::InvalidRecipe(error),
        }
    }
}

/// An error from a dependency that the library's own arithmetic rules out.
pub(crate) fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}
