use std::sync::{Condvar, Mutex, PoisonError};

/// Limits the number of concurrent instances.
pub(crate) struct Slots {
    count: usize,
    free: Mutex<usize>,
    returned: Condvar,
}

/// The slot of one instance; dropping it admits the next caller.
pub(crate) struct Slot<'a>(&'a Slots);

impl Slots {
    pub(crate) fn new(count: usize) -> Self {
        Self { count, free: Mutex::new(count), returned: Condvar::new() }
    }

    /// The number of slots in use.
    pub(crate) fn taken(&self) -> usize {
        self.count - *self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a slot is free.
    pub(crate) fn take(&self) -> Slot<'_> {
        // A panic elsewhere can't leave the count half changed.
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
