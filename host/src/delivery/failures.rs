use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use darkroom_delivery::Error;

/// What took too long, or crashed, and would do so again: it is not tried again before a while is over.
pub(crate) struct Failures {
    lately: Duration,
    known: Mutex<HashMap<String, (Instant, Error)>>,
}

/// More are not remembered: each took a while.
const MOST: usize = 1000;

impl Failures {
    /// For so long.
    pub(crate) fn new(lately: Duration) -> Self {
        Self { lately, known: Mutex::default() }
    }

    pub(crate) fn remember(&self, key: &str, error: &Error) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, (time, _)| time.elapsed() < self.lately);
        }
        if known.len() < MOST {
            known.insert(key.to_owned(), (Instant::now(), error.clone()));
        }
    }

    /// The error of the last try, where it is not long ago.
    pub(crate) fn of(&self, key: &str) -> Option<Error> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(time, _)| time.elapsed() < self.lately).map(|(_, error)| error.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_known_for_a_while_and_are_not_endless() {
        let error = Error::Deadline("30 s".into());
        let failures = Failures::new(Duration::from_secs(60));
        failures.remember("a", &error);
        assert_eq!([failures.of("a"), failures.of("b")], [Some(error.clone()), None]);
        (0..2 * MOST).for_each(|number| failures.remember(&number.to_string(), &error));
        assert!(failures.known.lock().expect("no panic").len() <= MOST);
        let never = Failures::new(Duration::ZERO);
        never.remember("a", &error);
        assert_eq!(never.of("a"), None);
    }
}
