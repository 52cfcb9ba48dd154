use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Remembers recently started keys, so that several requests for the same work start it only once.
pub(crate) struct RecentKeys {
    lately: Duration,
    recent: Mutex<HashMap<String, Instant>>,
}

impl RecentKeys {
    pub(crate) fn new(lately: Duration) -> Self {
        Self { lately, recent: Mutex::default() }
    }

    /// Whether `key` should be started now; if so, remembers it.
    pub(crate) fn begin(&self, key: &str) -> bool {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|_, time| time.elapsed() < self.lately);
        if recent.contains_key(key) {
            return false;
        }
        recent.insert(key.to_owned(), Instant::now());
        true
    }

    /// Forgets `key`, because it was not started after all.
    pub(crate) fn forget(&self, key: &str) {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_until_it_is_long_ago_or_forgotten() {
        let recent = RecentKeys::new(Duration::from_secs(60));
        assert_eq!(["a", "a", "b"].map(|key| recent.begin(key)), [true, false, true]);
        recent.forget("a");
        assert_eq!(["a", "b"].map(|key| recent.begin(key)), [true, false]);
        let never = RecentKeys::new(Duration::ZERO);
        assert_eq!(["a", "a"].map(|key| never.begin(key)), [true, true]);
    }
}
