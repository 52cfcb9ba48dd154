//! The memory that `memory` predicts is enough.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use darkroom_heif::Decoder;

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: the system's allocator does all the work.
#[allow(unsafe_code, reason = "an allocator that counts")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        MOST.fetch_max(now, Relaxed);
        // SAFETY: the caller upholds the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller upholds the contract.
        unsafe { System.dealloc(place, layout) }
    }
}

#[test]
fn decoding_takes_no_more_than_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for entry in fs::read_dir(folder).expect("fixtures") {
        let path = entry.expect("an entry").path();
        let coded = path.extension().is_some_and(|found| found == "avif" || found == "heic");
        let source = fs::read(&path).expect("a fixture");
        let Some(decoder) = coded.then(|| Decoder::new(&source).ok()).flatten() else { continue };
        for reduction in [1, 2, 8] {
            let told = decoder.memory(reduction).expect("all tiles");
            let before = NOW.load(Relaxed);
            MOST.store(before, Relaxed);
            decoder.decode(reduction).expect("a fixture");
            let taken = (MOST.load(Relaxed) - before) as u64;
            println!("{} by {reduction}: {taken} of {told}", path.display());
            assert!(taken <= told, "{} by {reduction}: {taken} bytes, and not {told}", path.display());
        }
        let told = decoder.memory_wide().expect("all tiles");
        let before = NOW.load(Relaxed);
        MOST.store(before, Relaxed);
        decoder.decode_wide().expect("a fixture");
        let taken = (MOST.load(Relaxed) - before) as u64;
        assert!(taken <= told, "{} with 16 bits: {taken} bytes, and not {told}", path.display());
    }
}
