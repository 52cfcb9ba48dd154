//! This machine's clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time since 1970; none for a clock that is set before that.
#[must_use]
pub fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The same in whole seconds.
#[must_use]
pub fn seconds() -> u64 {
    since_1970().as_secs()
}
