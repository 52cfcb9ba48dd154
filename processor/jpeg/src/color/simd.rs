//! YCbCr to RGB in simd128, 16 pixels at a time.
#![allow(unsafe_code)]

use std::arch::wasm32::*;

/// Converts all whole groups of 16 pixels, and returns the number of pixels converted.
pub(super) fn rgb(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) -> usize {
    let mut done = 0;
    let groups = y.as_chunks::<16>().0.iter().zip(cb.as_chunks::<16>().0).zip(cr.as_chunks::<16>().0);
    for (((y, cb), cr), out) in groups.zip(out.as_chunks_mut::<48>().0) {
        // SAFETY: each array has 16 bytes, and a load may be unaligned.
        let [y, cb, cr] = unsafe { [y, cb, cr].map(|samples| v128_load(samples.as_ptr().cast())) };
        let low = eight(u16x8_extend_low_u8x16(y), u16x8_extend_low_u8x16(cb), u16x8_extend_low_u8x16(cr));
        let high = eight(u16x8_extend_high_u8x16(y), u16x8_extend_high_u8x16(cb), u16x8_extend_high_u8x16(cr));
        let [r, g, b] = [0, 1, 2].map(|n| u8x16_narrow_i16x8(low[n], high[n]));
        let pixels = interleave(r, g, b);
        for (n, pixels) in pixels.into_iter().enumerate() {
            // SAFETY: the array has 48 bytes, and a store may be unaligned.
            unsafe { v128_store(out.as_mut_ptr().add(16 * n).cast(), pixels) };
        }
        done += 16;
    }
    done
}

/// Factors are split into integers and 16-bit fractions: 1.402 is 1 + 26,345 / 65,536. For all 256 input values, 13,173
/// / 32,768 rounds the same way.
#[inline(always)]
fn eight(y: v128, cb: v128, cr: v128) -> [v128; 3] {
    let center = i16x8_splat(128);
    let (cb, cr) = (i16x8_sub(cb, center), i16x8_sub(cr, center));
    let red = i16x8_add(cr, i16x8_q15mulr_sat(cr, i16x8_splat(13_173)));
    let blue = i16x8_add(i16x8_add(cb, cb), i16x8_q15mulr_sat(cb, i16x8_splat(-7_471)));
    let factors = i16x8(-22_554, 18_734, -22_554, 18_734, -22_554, 18_734, -22_554, 18_734);
    let half = i32x4_splat(1 << 15);
    let product = |pairs| i32x4_shr(i32x4_add(i32x4_dot_i16x8(pairs, factors), half), 16);
    let low = product(i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(cb, cr));
    let high = product(i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(cb, cr));
    let green = i16x8_sub(i16x8_narrow_i32x4(low, high), cr);
    [i16x8_add(y, red), i16x8_add(y, green), i16x8_add(y, blue)]
}

/// Converts 16 samples of each plane to 16 pixels.
#[inline(always)]
fn interleave(r: v128, g: v128, b: v128) -> [v128; 3] {
    let first = i8x16_shuffle::<0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5>(r, g);
    let first = i8x16_shuffle::<0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15>(first, b);
    let second = i8x16_shuffle::<21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26>(r, g);
    let second = i8x16_shuffle::<0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15>(second, b);
    let third = i8x16_shuffle::<0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0>(r, g);
    let third = i8x16_shuffle::<26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31>(third, b);
    [first, second, third]
}
