//! How many originals an isolate holds at one time. Transforms never run side by side, since an isolate has one thread;
//! but each waits with its original in memory.

use std::cell::Cell;
use std::time::Duration;

use darkroom_delivery::Error;
use worker::Delay;

use crate::settings::Limits;

thread_local! {
    static TAKEN: Cell<u32> = const { Cell::new(0) };
}

/// A turn, given back when it is dropped.
pub(crate) struct Slot(());

impl Drop for Slot {
    fn drop(&mut self) {
        TAKEN.set(TAKEN.get() - 1);
    }
}

/// Waits for a turn.
///
/// Each request looks by its own timer: in a Worker none may be woken by another's.
pub(crate) async fn take(limits: &Limits) -> Result<Slot, Error> {
    const STEP_MS: u64 = 20;
    for _ in 0..=limits.queue_ms / STEP_MS {
        if TAKEN.get() < limits.concurrency.max(1) {
            TAKEN.set(TAKEN.get() + 1);
            return Ok(Slot(()));
        }
        Delay::from(Duration::from_millis(STEP_MS)).await;
    }
    Err(Error::Saturated { retry_after: 2 })
}
