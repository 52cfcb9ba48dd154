use std::sync::{Condvar, Mutex, PoisonError};

/// Counts the instances that may exist at one time.
pub(crate) struct Slots {
    count: usize,
    free: Mutex<usize>,
    returned: Condvar,
}

/// One instance's place; dropping it lets the next caller in.
pub(crate) struct Slot<'a>(&'a Slots);

impl Slots {
    pub(crate) fn new(count: usize) -> Self {
        Self { count, free: Mutex::new(count), returned: Condvar::new() }
    }

    /// Places that are not free.
    pub(crate) fn taken(&self) -> usize {
        self.count - *self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a place is free.
    pub(crate) fn take(&self) -> Slot<'_> {
        // A count can't be left half changed, so a panic elsewhere doesn't spoil it.
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.returned.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Slot(self)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.returned.notify_one();
    }
}
