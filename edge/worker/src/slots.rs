//! How many originals an isolate holds concurrently. Transforms never run in parallel, since an isolate has one thread;
//! but each waits with its original in memory.

use std::cell::Cell;
use std::time::Duration;

use darkroom_delivery::Error;
use worker::Delay;

use crate::settings::Limits;

thread_local! {
    static TAKEN: Cell<u32> = const { Cell::new(0) };
}

/// A slot, released when dropped.
pub(crate) struct Slot(());

impl Drop for Slot {
    fn drop(&mut self) {
        TAKEN.set(TAKEN.get() - 1);
    }
}

/// Waits for a slot.
///
/// Each request polls with its own timer: in a Worker, one request can't wake another.
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
