//! A module for scripts/bench-jpeg.sh: decodes the same photo with this decoder and with zune-jpeg.
#![allow(unsafe_code)]
#![allow(missing_docs)]

use darkroom_jpeg::{Decoder, Error, Reduction, Sampling};

/// Allocates `length` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn allocate(length: usize) -> *mut u8 {
    Box::leak(vec![0; length].into_boxed_slice()).as_mut_ptr()
}

/// Decodes all pixels, reduced by this factor. Returns a byte of the last row, or 256 for an error.
///
/// # Safety
/// `start` must point to `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rows(start: *const u8, length: usize, times: u32) -> u32 {
    // SAFETY: the caller guarantees it.
    let source = unsafe { std::slice::from_raw_parts(start, length) };
    decode_rows(source, reduction(times)).map_or(256, u32::from)
}

/// Like [`rows`], but decodes planes.
///
/// # Safety
/// `start` must point to `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn planes(start: *const u8, length: usize, times: u32) -> u32 {
    // SAFETY: the caller guarantees it.
    let source = unsafe { std::slice::from_raw_parts(start, length) };
    decode_planes(source, reduction(times)).map_or(256, u32::from)
}

/// Decodes all pixels with zune-jpeg.
///
/// # Safety
/// `start` must point to `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zune(start: *const u8, length: usize, _: u32) -> u32 {
    // SAFETY: the caller guarantees it.
    let source = unsafe { std::slice::from_raw_parts(start, length) };
    let pixels = zune_jpeg::JpegDecoder::new(zune_core::bytestream::ZCursor::new(source)).decode();
    pixels.ok().and_then(|pixels| pixels.last().copied()).map_or(256, u32::from)
}

fn reduction(times: u32) -> Reduction {
    match times {
        1 => Reduction::None,
        2 => Reduction::Half,
        4 => Reduction::Quarter,
        _ => Reduction::Eighth,
    }
}

fn decode_rows(source: &[u8], reduction: Reduction) -> Result<u8, Error> {
    let mut rows = Decoder::new(source)?.rows(reduction)?;
    let (width, height) = rows.size();
    let stride = width * rows.channels();
    let mut pixels = vec![0; stride * height];
    pixels.chunks_exact_mut(stride).try_for_each(|row| rows.read(row))?;
    Ok(pixels.last().copied().unwrap_or_default())
}

fn decode_planes(source: &[u8], reduction: Reduction) -> Result<u8, Error> {
    let mut planes = Decoder::new(source)?.planes(reduction, Sampling::Stored)?;
    while planes.next_band()? {}
    let first = &planes.planes()[0];
    Ok(first.row(first.size().1 - 1)[0])
}
