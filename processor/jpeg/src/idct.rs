//! The inverse DCT of a block at 8 × 8, 4 × 4, 2 × 2 or 1 × 1 samples, bit-exact with libjpeg's accurate integer
//! versions.
//!
//! It makes two passes of the same one-dimensional transform with 13-bit fixed-point constants, and keeps two more bits
//! between the passes. Every output is a sum of products of the inputs, so the factors of libjpeg's flow graphs are
//! multiplied out here. Sums wrap and results saturate like the SIMD instructions; only corrupt data gets that far.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd::{eight, four, two};

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use portable::{eight, four, two};

use crate::block::Block;

/// Even inputs of the 8-point transform: factors of inputs 2 and 6 for outputs 1 and 0.
const EVEN: [(i16, i16); 2] = [(4433, -10704), (10703, 4433)];

/// Its odd inputs: factors of 1, 3, 5 and 7 for the terms that outputs 0 to 3 add and 7 to 4 subtract.
const ODD: [[i16; 4]; 4] =
    [[11363, 9633, 6437, 2260], [9633, -2259, -11362, -6436], [6437, -11362, 2261, 9633], [2260, -6436, 9633, -11363]];

/// The 4-point transform: factors of inputs 2 and 6, and of 1, 3, 5 and 7 for outputs 0 and 1.
const EVEN4: (i16, i16) = (15137, -6270);
const ODD4: [[i16; 4]; 2] = [[20995, 7373, -4926, -4176], [8697, -17799, 11893, -1730]];

/// The 2-point transform: factors of inputs 1, 3, 5 and 7.
const ODD2: [i16; 4] = [29692, -10426, 6967, -5906];

/// Masks of position bits: coefficients in the lower four rows, or in the right four columns.
const LOW: u32 = 0b100_100;

/// Writes `size` × `size` samples to `out`, whose row stride is `stride`. `seen` is the bitwise OR of all
/// positions after the first that may have a coefficient.
#[inline(always)]
pub(crate) fn idct(size: usize, block: &Block, table: &Block, seen: u32, out: &mut [u8], stride: usize) {
    if seen == 0 || size == 1 {
        // (x << 2, then >> 5 with rounding) equals (x >> 3 with rounding), at every size.
        let level = (i32::from(block[0].wrapping_mul(table[0])) + 4) >> 3;
        return flat(size, (level.clamp(-128, 127) + 128) as u8, out, stride);
    }
    match size {
        8 if seen & LOW == 0 => eight::<true>(block, table, out, stride),
        8 => eight::<false>(block, table, out, stride),
        4 => four(block, table, out, stride),
        _ => two(block, table, out, stride),
    }
}

#[inline(always)]
fn flat(size: usize, level: u8, out: &mut [u8], stride: usize) {
    match size {
        8 => (0..8).for_each(|row| out[row * stride..][..8].copy_from_slice(&[level; 8])),
        4 => (0..4).for_each(|row| out[row * stride..][..4].copy_from_slice(&[level; 4])),
        2 => (0..2).for_each(|row| out[row * stride..][..2].copy_from_slice(&[level; 2])),
        _ => out[0] = level,
    }
}

/// Without SIMD: the reference for tests of the SIMD version.
#[cfg_attr(all(target_arch = "wasm32", target_feature = "simd128"), allow(dead_code, reason = "for the tests"))]
pub(crate) mod portable {
    use super::{Block, EVEN, EVEN4, ODD, ODD2, ODD4};

    type Lanes<const N: usize> = [i32; N];

    fn dequantize(block: &Block, table: &Block) -> [Lanes<8>; 8] {
        let mut rows = [[0; 8]; 8];
        for (row, (coefficients, factors)) in block.as_chunks::<8>().0.iter().zip(table.as_chunks::<8>().0).enumerate()
        {
            for lane in 0..8 {
                rows[row][lane] = coefficients[lane].wrapping_mul(factors[lane]).into();
            }
        }
        rows
    }

    fn sum<const N: usize, const T: usize>(inputs: [&Lanes<N>; T], factors: [i16; T]) -> Lanes<N> {
        let mut sums = [0i32; N];
        for (input, factor) in inputs.iter().zip(factors) {
            for lane in 0..N {
                sums[lane] = sums[lane].wrapping_add(input[lane].wrapping_mul(factor.into()));
            }
        }
        sums
    }

    /// `even` plus and minus `odd`, shifted with rounding and saturated to 16 bits.
    fn butterfly<const N: usize>(even: Lanes<N>, odd: Lanes<N>, shift: u32) -> (Lanes<N>, Lanes<N>) {
        let (mut plus, mut minus) = ([0; N], [0; N]);
        let end = |sum: i32| (sum >> shift).clamp(i16::MIN.into(), i16::MAX.into());
        for lane in 0..N {
            let even = even[lane].wrapping_add(1 << (shift - 1));
            plus[lane] = end(even.wrapping_add(odd[lane]));
            minus[lane] = end(even.wrapping_sub(odd[lane]));
        }
        (plus, minus)
    }

    fn pass8<const LOW: bool, const N: usize>(x: &[Lanes<N>; 8], shift: u32) -> [Lanes<N>; 8] {
        let mut out = [[0; N]; 8];
        let one = 1 << 13;
        for (n, odd) in ODD.iter().enumerate() {
            // Inputs 0 and 4 are added for outputs 0 and 3; the products of 2 and 6 are added for 0 and 1.
            let (a, b) = EVEN[usize::from(n == 0 || n == 3)];
            let four = if n == 0 || n == 3 { one } else { -one };
            let (a, b) = if n < 2 { (a, b) } else { (-a, -b) };
            let (even, odd) = if LOW {
                (sum([&x[0], &x[2]], [one, a]), sum([&x[1], &x[3]], [odd[0], odd[1]]))
            } else {
                (sum([&x[0], &x[4], &x[2], &x[6]], [one, four, a, b]), sum([&x[1], &x[3], &x[5], &x[7]], *odd))
            };
            (out[n], out[7 - n]) = butterfly(even, odd, shift);
        }
        out
    }

    fn transpose<const R: usize, const C: usize>(rows: &[Lanes<C>; R]) -> [Lanes<R>; C] {
        std::array::from_fn(|column| std::array::from_fn(|row| rows[row][column]))
    }

    fn store<const N: usize>(columns: &[Lanes<N>; N], out: &mut [u8], stride: usize) {
        for (row, levels) in transpose(columns).iter().enumerate() {
            let samples = levels.map(|level| (level.clamp(-128, 127) + 128) as u8);
            out[row * stride..][..N].copy_from_slice(&samples);
        }
    }

    pub(crate) fn eight<const LOW: bool>(block: &Block, table: &Block, out: &mut [u8], stride: usize) {
        let between = pass8::<LOW, 8>(&dequantize(block, table), 11);
        store(&pass8::<LOW, 8>(&transpose(&between), 18), out, stride);
    }

    fn pass4<const N: usize>(x: &[Lanes<N>; 8], shift: u32) -> [Lanes<N>; 4] {
        let odd = |n: usize| sum([&x[1], &x[3], &x[5], &x[7]], ODD4[n]);
        let even = |sign: i16| sum([&x[0], &x[2], &x[6]], [1 << 14, sign * EVEN4.0, sign * EVEN4.1]);
        let ((a, d), (b, c)) = (butterfly(even(1), odd(0), shift), butterfly(even(-1), odd(1), shift));
        [a, b, c, d]
    }

    pub(crate) fn four(block: &Block, table: &Block, out: &mut [u8], stride: usize) {
        let between = pass4(&dequantize(block, table), 12);
        store(&pass4(&transpose(&between), 19), out, stride);
    }

    fn pass2<const N: usize>(x: &[Lanes<N>; 8], shift: u32) -> [Lanes<N>; 2] {
        let even = x[0].map(|first| first.wrapping_shl(15));
        let (a, b) = butterfly(even, sum([&x[1], &x[3], &x[5], &x[7]], ODD2), shift);
        [a, b]
    }

    pub(crate) fn two(block: &Block, table: &Block, out: &mut [u8], stride: usize) {
        let between = pass2(&dequantize(block, table), 13);
        store(&pass2(&transpose(&between), 20), out, stride);
    }
}
