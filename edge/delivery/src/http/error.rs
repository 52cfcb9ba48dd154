//! What can go wrong with a request, and the status that says so.

use darkroom_recipe::InvalidRecipe;

use crate::{NotAcceptable, SignatureError};

/// Why a request is not answered with what it asks for. The first five are this crate's; the shells have the rest from
/// the source, the stores and the processor, and map them here so that every shell answers alike.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An option of the URL.
    #[error(transparent)]
    Option(#[from] InvalidRecipe),
    /// Another part of the URL.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
    /// The URL's signature, or its lack of one.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The URL asks for what the configuration doesn't allow it.
    #[error("{what}: {allowed}")]
    #[allow(missing_docs, reason = "the message says what they are")]
    Forbidden { what: String, allowed: String },
    /// No such path, preset or source; or the original is gone.
    #[error("{0}: not found")]
    NotFound(String),
    /// Not a method that an image has.
    #[error("method {0}: must be GET, HEAD or OPTIONS")]
    Method(String),
    /// The client refuses every format.
    #[error(transparent)]
    NotAcceptable(#[from] NotAcceptable),
    /// The source's format is unknown, or it has a feature that is not supported; named as such.
    #[error("source: {0}")]
    Unsupported(String),
    /// The source is malformed.
    #[error("source: {0}")]
    Unprocessable(String),
    /// An option that this source can't follow.
    #[error("{0}")]
    Recipe(String),
    /// The source, or what is to be made of it, goes beyond a limit.
    #[error("{0}")]
    Limit(String),
    /// Too much to do; worth another try after so many seconds.
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
    /// A store failed; how, is for the log.
    #[error("the store failed")]
    Store(String),
    /// A store, an origin or the processor took too long.
    #[error("deadline: {0}")]
    Deadline(String),
    /// The guest trapped, or something else that should not be; what, is for the log.
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

    /// With what its message keeps from clients: for the log. It may name a key, as the message does.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Store(detail) | Self::Internal(detail) => format!("{self}: {detail}"),
            _ => self.to_string(),
        }
    }

    /// For a log that holds no key, user or URL: what speaks of the request is named by its kind alone.
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

/// Runtimes name the URL of a request that failed.
fn without_url(word: &str) -> &str {
    if word.contains("://") { "(URL)" } else { word }
}

/// A part of a URL that can't be followed. The message says which part, its value, and what is allowed.
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
