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

impl Error {
    /// The case as a word, which the component's contract has.
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

    /// The text without the case.
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

/// What the library's own arithmetic rules out, where a dependency returns an error all the same.
pub(crate) fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}
