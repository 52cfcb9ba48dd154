//! Decoding allocates no more than the predicted memory.

#[allow(dead_code, reason = "nothing is corrupted here")]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{fixtures, repository};
use darkroom_jpeg::{Decoder, Reduction, Sampling};

/// Counts allocated bytes, and their maximum.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does the work.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Tables and other small allocations.
const REST: u64 = 200 << 10;

/// The most bytes that `run` has allocated at once.
fn most(run: impl FnOnce()) -> u64 {
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    run();
    (MOST.load(Ordering::Relaxed) - before) as u64
}

#[test]
fn no_more_is_allocated_than_was_told() {
    let mut sources = fixtures();
    for name in ["aitzgorri.jpg", "seeding.jpg"] {
        let path = repository().join("examples/photos").join(name);
        let bytes = fs::read(&path).expect("a photo");
        sources.push((path, bytes));
    }
    sources.retain(|(_, source)| Decoder::new(source).is_ok_and(|decoder| decoder.size().0 < 10_000));
    for (path, source) in sources {
        for reduction in [Reduction::None, Reduction::Half, Reduction::Quarter, Reduction::Eighth] {
            let open = || Decoder::new(&source).expect("headers");
            let mut row = vec![0; 4 * open().size().0];
            let taken = most(|| {
                let Ok(mut rows) = open().rows(reduction) else { return };
                let stride = rows.size().0 * rows.channels();
                let _ = (0..rows.size().1).try_for_each(|_| rows.read(&mut row[..stride]));
            });
            let told = open().rows_memory(reduction);
            assert!(taken <= told + REST, "{}, {reduction:?}: rows took {taken}, told {told}", path.display());
            let taken = most(|| {
                let Ok(mut planes) = open().planes(reduction, Sampling::Stored) else { return };
                while planes.next_band().is_ok_and(|more| more) {}
            });
            let told = open().planes_memory(reduction, Sampling::Stored);
            assert!(taken <= told + REST, "{}, {reduction:?}: planes took {taken}, told {told}", path.display());
        }
    }
}
