//! Memory accounting: memory is charged before it is allocated, and released with its buffer.

use std::cell::Cell;
use std::rc::Rc;

use darkroom_recipe::{LimitExceeded, LimitKind};

use crate::sample::Sample;

/// The memory that a call may use for pixels. Clones share one account.
#[derive(Clone)]
pub(crate) struct Budget {
    allowed: u64,
    used: Rc<Cell<u64>>,
}

impl Budget {
    pub(crate) fn new(allowed: u64) -> Self {
        Self { allowed, used: Rc::default() }
    }

    /// Reserves `bytes` until the reservation is dropped.
    ///
    /// # Errors
    /// If less is left; the error's `actual` is the total that would then be in use.
    pub(crate) fn reserve(&self, bytes: u64) -> Result<Reservation, LimitExceeded> {
        let actual = self.used.get().saturating_add(bytes);
        if actual > self.allowed {
            return Err(LimitExceeded { kind: LimitKind::Memory, actual, allowed: self.allowed });
        }
        self.used.set(actual);
        Ok(Reservation { bytes, used: Rc::clone(&self.used) })
    }

    /// Reserves everything that is left, for a codec that enforces its own limit.
    pub(crate) fn rest(&self) -> Reservation {
        let bytes = self.allowed.saturating_sub(self.used.get());
        self.used.set(self.used.get() + bytes);
        Reservation { bytes, used: Rc::clone(&self.used) }
    }

    /// The error for a codec that keeps its own account and exhausted it.
    pub(crate) fn exhausted(&self) -> LimitExceeded {
        LimitExceeded { kind: LimitKind::Memory, actual: self.allowed.saturating_add(1), allowed: self.allowed }
    }

    /// A zeroed buffer of `bytes`, with its reservation.
    pub(crate) fn buffer(&self, bytes: u64) -> Result<(Vec<u8>, Reservation), LimitExceeded> {
        self.samples(bytes)
    }

    /// A buffer of `count` zeroed samples, with its reservation.
    pub(crate) fn samples<S: Sample>(&self, count: u64) -> Result<(Vec<S>, Reservation), LimitExceeded> {
        let bytes = count.saturating_mul(size_of::<S>() as u64);
        let reservation = self.reserve(bytes)?;
        let exceeded = LimitExceeded { kind: LimitKind::Memory, actual: bytes, allowed: usize::MAX as u64 };
        let length = usize::try_from(count).map_err(|_| exceeded)?;
        Ok((vec![S::default(); length], reservation))
    }
}

/// Bytes reserved in a [`Budget`].
pub(crate) struct Reservation {
    bytes: u64,
    used: Rc<Cell<u64>>,
}

impl Reservation {
    /// The number of reserved bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Releases all but `bytes`.
    pub(crate) fn shrink(&mut self, bytes: u64) {
        let back = self.bytes.saturating_sub(bytes);
        self.bytes -= back;
        self.used.set(self.used.get() - back);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.used.set(self.used.get() - self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_can_be_used_again() {
        let budget = Budget::new(100);
        let first = budget.buffer(60).expect("60 of 100").1;
        assert_eq!(
            budget.reserve(41).err(),
            Some(LimitExceeded { kind: LimitKind::Memory, actual: 101, allowed: 100 })
        );
        let second = budget.reserve(40).expect("the last 40");
        drop(first);
        assert!(budget.reserve(60).is_ok());
        drop(second);
        let rest = budget.rest();
        assert_eq!((rest.bytes(), budget.reserve(1).is_err()), (100, true));
        drop(rest);
        assert!(budget.reserve(u64::MAX).is_err());
    }
}
