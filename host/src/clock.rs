//! The system clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time since 1970; `None` if the clock is set to an earlier time.
#[must_use]
pub fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The time in whole seconds since 1970.
#[must_use]
pub fn seconds() -> u64 {
    since_1970().as_secs()
}
