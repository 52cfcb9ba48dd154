use crate::{Error, StoreError};

/// The reason why a function failed, and whether a retry can help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// Decides the caller's reaction.
    pub class: Class,
    /// For people: the problem, the value, and the allowed values. Contains no user, key or URL.
    pub reason: String,
}

/// Whether a retry can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A store or this machine was out of time or capacity.
    Retryable,
    /// There is no room for what is made. It works once there is, however often it was tried.
    Postponed,
    /// It took too long. Perhaps the machine was busy; twice is no accident.
    RetryableOnce,
    /// An error in the source or the request.
    NonRetryable,
    /// A bug of ours that someone has to look at. The code is pure, so it would happen again.
    Defect,
}

/// The delay in seconds before a failed message is delivered again: 2 after the first failure, doubling each time up to
/// 32, so that a message reaches the dead-letter queue within a minute. By default, SQS waits for the visibility
/// timeout, which must be longer than the work: Lambda Developer Guide, "Handling errors for an SQS event source".
#[must_use]
pub fn redelivered_in(receives: u32) -> i32 {
    2 << receives.clamp(1, 5).saturating_sub(1)
}

impl Failure {
    /// An error in the source or the request.
    #[must_use]
    pub fn not_retryable(reason: String) -> Self {
        Self { class: Class::NonRetryable, reason }
    }

    /// The name that the state machine matches on.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self.class {
            Class::Retryable | Class::Postponed => "Retryable",
            Class::RetryableOnce => "RetryableOnce",
            Class::NonRetryable | Class::Defect => "NonRetryable",
        }
    }

    /// Whether there are no more attempts after `attempts` of `allowed`.
    #[must_use]
    pub const fn is_final(&self, attempts: u32, allowed: u32) -> bool {
        match self.class {
            Class::Retryable => attempts >= allowed,
            Class::Postponed => false,
            Class::RetryableOnce => attempts >= 2 || attempts >= allowed,
            Class::NonRetryable | Class::Defect => true,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let class = match error {
            Error::UnrecognizedFormat(_)
            | Error::UnsupportedFeature(_)
            | Error::Malformed(_)
            | Error::Limit(_)
            | Error::InvalidRecipe(_) => Class::NonRetryable,
            // The limits are meant to stop an image before it reaches the memory cap.
            Error::Internal(_) | Error::Trap(_) | Error::Memory { .. } => Class::Defect,
            Error::Deadline { .. } => Class::RetryableOnce,
            Error::Instance(_) | Error::Short | Error::Interrupted => Class::Retryable,
        };
        Self { class, reason: error.to_string() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let class = match error {
            StoreError::NotFound | StoreError::Changed | StoreError::TooLarge(_) | StoreError::Refused(_) => {
                Class::NonRetryable
            }
            StoreError::Unavailable(_) | StoreError::Late(_) => Class::Retryable,
            StoreError::Full(_) => Class::Postponed,
        };
        Self { class, reason: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_delivery_waits_twice_as_long() {
        assert_eq!([0, 1, 2, 3, 4, 5, 1000].map(redelivered_in), [2, 2, 4, 8, 16, 32, 32]);
    }

    #[test]
    fn only_what_can_get_better_is_tried_again() {
        let deadline = Error::Deadline { allowed: Duration::from_secs(1) };
        for (failure, name, attempts) in [
            (Failure::from(StoreError::Unavailable("503".into())), "Retryable", 4),
            (Failure::from(StoreError::NotFound), "NonRetryable", 1),
            (Failure::from(Error::Malformed("no end".into())), "NonRetryable", 1),
            (Failure::from(Error::Trap("unreachable".into())), "NonRetryable", 1),
            (Failure::from(Error::Instance("no memory".into())), "Retryable", 4),
            (Failure::from(deadline), "RetryableOnce", 2),
        ] {
            assert_eq!(failure.name(), name, "{failure}");
            assert_eq!((1..).find(|attempt| failure.is_final(*attempt, 4)), Some(attempts), "{failure}");
        }
        let full = Failure::from(StoreError::Full("no room".into()));
        assert!(full.name() == "Retryable" && !full.is_final(1000, 4), "a full disk uses up no attempts");
    }
}
