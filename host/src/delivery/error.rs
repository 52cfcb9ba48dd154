use darkroom_delivery::Error as Delivery;

use crate::Error;

/// The `Retry-After` of an overloaded server, in seconds.
pub(crate) const RETRY_AFTER: u32 = 2;

impl From<Error> for Delivery {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::UnrecognizedFormat(_) | Error::UnsupportedFeature(_) => Self::Unsupported(text),
            Error::Malformed(_) => Self::Unprocessable(text),
            Error::Limit(_) => Self::Limit(text),
            Error::InvalidRecipe(recipe) => Self::Recipe(recipe),
            Error::Internal(_) | Error::Trap(_) | Error::Memory { .. } => Self::Internal(text),
            Error::Deadline { .. } => Self::Deadline(text),
            Error::Instance(_) | Error::Short | Error::Interrupted => Self::Saturated { retry_after: RETRY_AFTER },
        }
    }
}

/// The error's text for the log, which must not contain keys.
pub(crate) fn without_key(error: &Delivery) -> String {
    match error {
        Delivery::NotFound(_) => "not found".into(),
        other => other.detail(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use darkroom_recipe::{LimitExceeded, LimitKind};

    use super::*;

    #[test]
    fn every_error_has_its_status() {
        let exceeded = || LimitExceeded { kind: LimitKind::SourceBytes, actual: 2, allowed: 1 };
        let text = || "why".to_owned();
        for (error, status) in [
            (Error::UnrecognizedFormat(text()), 415),
            (Error::UnsupportedFeature(text()), 415),
            (Error::Malformed(text()), 422),
            (exceeded().into(), 422),
            (Error::InvalidRecipe(text()), 400),
            (Error::Internal(text()), 500),
            (Error::Trap(text()), 500),
            (Error::Memory { allowed: 1 }, 500),
            (Error::Instance(text()), 503),
            (Error::Short, 503),
            (Error::Interrupted, 503),
            (Error::Deadline { allowed: Duration::from_secs(1) }, 504),
        ] {
            assert_eq!(Delivery::from(error.clone()).status(), status, "{error}");
        }
    }
}
