//! The decoder as a separate module, which the tests run in WebAssembly and natively.
#![allow(unsafe_code)]
#![allow(missing_docs)]

use darkroom_jpeg::{Decoder, Error, Reduction, Sampling};

/// Allocates `length` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn allocate(length: usize) -> *mut u8 {
    Box::leak(vec![0; length].into_boxed_slice()).as_mut_ptr()
}

/// A hash of all pixels and samples of an image reduced by this factor, or of the error.
///
/// # Safety
/// `start` must point to `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn checksum(start: *const u8, length: usize, times: u32) -> u32 {
    // SAFETY: the caller guarantees it.
    let source = unsafe { std::slice::from_raw_parts(start, length) };
    let reduction = match times {
        1 => Reduction::None,
        2 => Reduction::Half,
        4 => Reduction::Quarter,
        _ => Reduction::Eighth,
    };
    let mut hash = Hash(0x811c_9dc5);
    if let Err(error) = rows(source, reduction, &mut hash).and_then(|()| planes(source, reduction, &mut hash)) {
        hash.add(error.to_string().as_bytes());
    }
    hash.0
}

/// FNV-1a.
struct Hash(u32);

impl Hash {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
}

fn rows(source: &[u8], reduction: Reduction, hash: &mut Hash) -> Result<(), Error> {
    let mut rows = Decoder::new(source)?.rows(reduction)?;
    let (width, height) = rows.size();
    let mut row = vec![0; width * rows.channels()];
    for _ in 0..height {
        rows.read(&mut row)?;
        hash.add(&row);
    }
    Ok(())
}

fn planes(source: &[u8], reduction: Reduction, hash: &mut Hash) -> Result<(), Error> {
    let mut planes = Decoder::new(source)?.planes(reduction, Sampling::Stored)?;
    let mut bands = 0;
    while planes.next_band()? {
        for plane in planes.planes() {
            (plane.rows(bands)..plane.rows(bands + 1)).for_each(|y| hash.add(plane.row(y)));
        }
        bands += 1;
    }
    Ok(())
}
