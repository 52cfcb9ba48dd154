//! Request errors, and their status codes.

use darkroom_recipe::InvalidRecipe;

use crate::{NotAcceptable, SignatureError};

/// Why a request can't get the response that it asks for. The first five come from this crate. Shells map failures of
/// the source, the stores and the processor to the rest, so that every shell responds alike.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An option of the URL.
    #[error(transparent)]
    Option(#[from] InvalidRecipe),
    /// Another part of the URL.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
    /// The URL's signature, or its absence.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The configuration does not allow the URL's request.
    #[error("{what}: {allowed}")]
    #[allow(missing_docs, reason = "the message says what they are")]
    Forbidden { what: String, allowed: String },
    /// No such path, preset or source; or the original is gone.
    #[error("{0}: not found")]
    NotFound(String),
    /// A method that images don't have.
    #[error("method {0}: must be GET, HEAD or OPTIONS")]
    Method(String),
    /// The client accepts no format on offer.
    #[error(transparent)]
    NotAcceptable(#[from] NotAcceptable),
    /// The source's format is unknown, or it has an unsupported feature, which the message names.
    #[error("source: {0}")]
    Unsupported(String),
    /// The source is malformed.
    #[error("source: {0}")]
    Unprocessable(String),
    /// An option that can't be applied to this source.
    #[error("{0}")]
    Recipe(String),
    /// The source or the output exceeds a limit.
    #[error("{0}")]
    Limit(String),
    /// Overloaded; worth a retry after this many seconds.
    #[error("busy: try again in {retry_after} s")]
    #[allow(missing_docs, reason = "the message says what it is")]
    Saturated { retry_after: u32 },
    /// This client has asked for too much that had to be made; worth another try after so many seconds.
    #[error("too many images that had to be made: try again in {retry_after} s")]
    #[allow(missing_docs, reason = "the message says what it is")]
    TooMany { retry_after: u32 },
    /// Another server that has the source failed.
    #[error("source: {0}")]
    Origin(String),
    /// A store failed; the cause is for the log.
    #[error("the store failed")]
    Store(String),
    /// A store, an origin or the processor took too long.
    #[error("deadline: {0}")]
    Deadline(String),
    /// The guest trapped, or another bug occurred; the cause is for the log.
    #[error("internal error")]
    Internal(String),
}

impl Error {
    /// The status code (RFC 9110 §15).
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Option(_) | Self::Url(_) | Self::Recipe(_) => 400,
            Self::Signature(_) | Self::Forbidden { .. } => 403,
            Self::NotFound(_) => 404,
            Self::Method(_) => 405,
            Self::NotAcceptable(_) => 406,
            Self::Unsupported(_) => 415,
            Self::Unprocessable(_) | Self::Limit(_) => 422,
            Self::TooMany { .. } => 429,
            Self::Internal(_) => 500,
            Self::Origin(_) | Self::Store(_) => 502,
            Self::Saturated { .. } => 503,
            Self::Deadline(_) => 504,
        }
    }

    /// Includes the details that the client's message omits: for the log. Like the message, it may name a key.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Store(detail) | Self::Internal(detail) => format!("{self}: {detail}"),
            _ => self.to_string(),
        }
    }

    /// For a log without keys, users and URLs: it names parts of the request only by their kind.
    #[must_use]
    pub fn without_url(&self) -> String {
        let kind = match self {
            Self::Option(_) => "an option of the URL",
            Self::Url(_) => "a part of the URL",
            Self::Signature(_) => "the URL's signature",
            Self::Forbidden { .. } => "not for this URL",
            Self::NotFound(_) => "not found",
            Self::Method(_) => "the method",
            Self::NotAcceptable(_) => "no format that the client takes",
            other => return other.detail().split(' ').map(without_url).collect::<Vec<_>>().join(" "),
        };
        kind.into()
    }
}

/// Runtimes include the URL in the error of a failed request.
fn without_url(word: &str) -> &str {
    if word.contains("://") { "(URL)" } else { word }
}

/// An invalid part of a URL. The message says which part, its value, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part} {value:?}: {allowed}")]
#[allow(missing_docs, reason = "the message says what they are")]
pub struct InvalidUrl {
    pub part: &'static str,
    pub value: String,
    pub allowed: String,
}

impl InvalidUrl {
    pub(crate) fn new(part: &'static str, value: &str, allowed: &str) -> Self {
        Self { part, value: value.into(), allowed: allowed.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_the_reason_without_key_and_url() {
        for (error, logged) in [
            (Error::NotFound("uploads/u1/a.jpg".into()), "not found"),
            (Error::Url(InvalidUrl::new("source", "u1/../a.jpg", "must be a key")), "a part of the URL"),
            (Error::Limit("memory: 9, must be at most 8".into()), "memory: 9, must be at most 8"),
            (Error::Store("S3 answered 500".into()), "the store failed: S3 answered 500"),
            (
                Error::Origin("a.example: no way to https://a.example/u1?k=s now".into()),
                "source: a.example: no way to (URL) now",
            ),
        ] {
            assert_eq!(error.without_url(), logged);
        }
    }
}
