use darkroom_recipe::LimitExceeded;

/// Why a store did not do what it was asked. No message names a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such object, or no longer.
    #[error("the original is gone")]
    NotFound,
    /// There is an object, but not the one that was meant.
    #[error("the original was replaced by another one")]
    Changed,
    /// It has too many bytes.
    #[error("limit exceeded: {0}")]
    TooLarge(LimitExceeded),
    /// The store won't do this, now or later.
    #[error("{0}")]
    Refused(String),
    /// The store failed, was too slow, or had too much to do: it may work later.
    #[error("{0}")]
    Unavailable(String),
}
