//! The inverse DCT in simd128: eight columns at a time, with products summed in pairs.
#![allow(unsafe_code)]

use std::arch::wasm32::*;

use super::{Block, EVEN, EVEN4, ODD, ODD2, ODD4};

/// A pair of 16-bit factors in each 32-bit lane.
#[inline(always)]
fn pair(a: i16, b: i16) -> v128 {
    i16x8(a, b, a, b, a, b, a, b)
}

/// Row `n`, dequantized.
#[inline(always)]
fn row(block: &Block, table: &Block, n: usize) -> v128 {
    let (a, b) = (&block[8 * n..8 * n + 8], &table[8 * n..8 * n + 8]);
    // SAFETY: both slices have 16 bytes, and a load may be unaligned.
    unsafe { i16x8_mul(v128_load(a.as_ptr().cast()), v128_load(b.as_ptr().cast())) }
}

#[inline(always)]
fn low(a: v128, b: v128) -> v128 {
    i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(a, b)
}

#[inline(always)]
fn high(a: v128, b: v128) -> v128 {
    i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(a, b)
}

/// The 8-point transform of four columns: pairs of inputs 0 and 4, 2 and 6, 1 and 3, 5 and 7. The outputs have 32 bits.
/// With `LOW` inputs 4 to 7 are zero, and the first pairs are 0 and 2, 1 and 3.
#[inline(always)]
fn pass8<const LOW: bool, const SHIFT: u32>([p04, p26, p13, p57]: [v128; 4]) -> [v128; 8] {
    let round = i32x4_splat(1 << (SHIFT - 1));
    let [(a, b), (c, d)] = EVEN;
    let even = if LOW {
        [(1 << 13, c), (1 << 13, a), (1 << 13, -a), (1 << 13, -c)]
            .map(|(one, other)| i32x4_add(i32x4_dot_i16x8(p04, pair(one, other)), round))
    } else {
        let sum = i32x4_add(i32x4_dot_i16x8(p04, pair(1 << 13, 1 << 13)), round);
        let difference = i32x4_add(i32x4_dot_i16x8(p04, pair(1 << 13, -(1 << 13))), round);
        let (inner, outer) = (i32x4_dot_i16x8(p26, pair(a, b)), i32x4_dot_i16x8(p26, pair(c, d)));
        [i32x4_add(sum, outer), i32x4_add(difference, inner), i32x4_sub(difference, inner), i32x4_sub(sum, outer)]
    };
    let odd = ODD.map(|[a, b, c, d]| {
        let first = i32x4_dot_i16x8(p13, pair(a, b));
        if LOW { first } else { i32x4_add(first, i32x4_dot_i16x8(p57, pair(c, d))) }
    });
    let plus = |n: usize| i32x4_shr(i32x4_add(even[n], odd[n]), SHIFT);
    let minus = |n: usize| i32x4_shr(i32x4_sub(even[n], odd[n]), SHIFT);
    [plus(0), plus(1), plus(2), plus(3), minus(3), minus(2), minus(1), minus(0)]
}

/// Both halves of the rows; with `NARROW` the right one is zero.
#[inline(always)]
fn rows8<const LOW: bool, const NARROW: bool, const SHIFT: u32>(x: [v128; 8]) -> [v128; 8] {
    let pairs = |join: fn(v128, v128) -> v128| {
        if LOW {
            [join(x[0], x[2]), x[0], join(x[1], x[3]), x[0]]
        } else {
            [join(x[0], x[4]), join(x[2], x[6]), join(x[1], x[3]), join(x[5], x[7])]
        }
    };
    let left = pass8::<LOW, SHIFT>(pairs(low));
    let right = if NARROW { left } else { pass8::<LOW, SHIFT>(pairs(high)) };
    let mut out = left;
    for n in 0..8 {
        out[n] = i16x8_narrow_i32x4(left[n], right[n]);
    }
    out
}

#[inline(always)]
fn transpose(x: [v128; 8]) -> [v128; 8] {
    let a = [0, 1, 2, 3].map(|n| low(x[n], x[n + 4]));
    let b = [0, 1, 2, 3].map(|n| high(x[n], x[n + 4]));
    let c = [low(a[0], a[2]), high(a[0], a[2]), low(b[0], b[2]), high(b[0], b[2])];
    let d = [low(a[1], a[3]), high(a[1], a[3]), low(b[1], b[3]), high(b[1], b[3])];
    [
        low(c[0], d[0]),
        high(c[0], d[0]),
        low(c[1], d[1]),
        high(c[1], d[1]),
        low(c[2], d[2]),
        high(c[2], d[2]),
        low(c[3], d[3]),
        high(c[3], d[3]),
    ]
}

/// The first four columns of rows; the right halves are ignored.
#[inline(always)]
fn transpose_left(x: [v128; 8]) -> [v128; 8] {
    let a = [0, 1, 2, 3].map(|n| low(x[n], x[n + 4]));
    let (c, d) = ([low(a[0], a[2]), high(a[0], a[2])], [low(a[1], a[3]), high(a[1], a[3])]);
    let columns = [low(c[0], d[0]), high(c[0], d[0]), low(c[1], d[1]), high(c[1], d[1])];
    [columns[0], columns[1], columns[2], columns[3], columns[0], columns[0], columns[0], columns[0]]
}

/// Columns `a` and `b` as bytes: shifts levels from -128 to samples from 0.
#[inline(always)]
fn bytes(a: v128, b: v128) -> v128 {
    v128_xor(i8x16_narrow_i16x8(a, b), u8x16_splat(0x80))
}

#[inline(always)]
pub(super) fn eight<const LOW: bool>(block: &Block, table: &Block, out: &mut [u8], stride: usize) {
    let zero = i16x8_splat(0);
    let rows = [0, 1, 2, 3, 4, 5, 6, 7].map(|n| if LOW && n > 3 { zero } else { row(block, table, n) });
    let between = rows8::<LOW, LOW, 11>(rows);
    let columns = if LOW { transpose_left(between) } else { transpose(between) };
    let x = rows8::<LOW, false, 18>(columns);
    // Transposes columns of samples, two per vector, to rows.
    let x = [bytes(x[0], x[4]), bytes(x[1], x[5]), bytes(x[2], x[6]), bytes(x[3], x[7])];
    let low = |a, b| i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(a, b);
    let high = |a, b| i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(a, b);
    // Columns 0 and 2, 4 and 6, 1 and 3, 5 and 7; then 0 to 3 and 4 to 7, each for rows 0 to 3 and 4 to 7.
    let (a, b, c, d) = (low(x[0], x[2]), high(x[0], x[2]), low(x[1], x[3]), high(x[1], x[3]));
    let (left, left2) = (low(a, c), high(a, c));
    let (right, right2) = (low(b, d), high(b, d));
    let join = |a, b| i32x4_shuffle::<0, 4, 1, 5>(a, b);
    let join2 = |a, b| i32x4_shuffle::<2, 6, 3, 7>(a, b);
    let pairs = [join(left, right), join2(left, right), join(left2, right2), join2(left2, right2)];
    assert!(stride < 1 << 24 && out.len() >= 7 * stride + 8);
    for (n, rows) in pairs.into_iter().enumerate() {
        // SAFETY: `out` has 8 bytes at each of 8 strides.
        unsafe {
            v128_store64_lane::<0>(rows, out.as_mut_ptr().add(2 * n * stride).cast());
            v128_store64_lane::<1>(rows, out.as_mut_ptr().add((2 * n + 1) * stride).cast());
        }
    }
}

/// The 4-point transform of four columns: pairs of inputs 2 and 6, 1 and 3, 5 and 7, and 0 times 2 to the 14th.
#[inline(always)]
fn pass4<const SHIFT: u32>(first: v128, p26: v128, p13: v128, p57: v128) -> [v128; 4] {
    let first = i32x4_add(first, i32x4_splat(1 << (SHIFT - 1)));
    let inner = i32x4_dot_i16x8(p26, pair(EVEN4.0, EVEN4.1));
    let even = [i32x4_add(first, inner), i32x4_sub(first, inner)];
    let odd = ODD4.map(|[a, b, c, d]| i32x4_add(i32x4_dot_i16x8(p13, pair(a, b)), i32x4_dot_i16x8(p57, pair(c, d))));
    let plus = |n: usize| i32x4_shr(i32x4_add(even[n], odd[n]), SHIFT);
    let minus = |n: usize| i32x4_shr(i32x4_sub(even[n], odd[n]), SHIFT);
    [plus(0), plus(1), minus(1), minus(0)]
}

#[inline(always)]
pub(super) fn four(block: &Block, table: &Block, out: &mut [u8], stride: usize) {
    let [x0, x1, x2, x3, x5, x6, x7] = [0, 1, 2, 3, 5, 6, 7].map(|n| row(block, table, n));
    let fourteen = pair(1 << 14, 0);
    let half = |join: fn(v128, v128) -> v128| {
        pass4::<12>(i32x4_dot_i16x8(join(x0, x0), fourteen), join(x2, x6), join(x1, x3), join(x5, x7))
    };
    let (left, right) = (half(low), half(high));
    // Each row's pairs in the order 0 and 4, 1 and 3, 5 and 7, 2 and 6; then all rows' first pairs, second pairs, ...
    let rows = [0, 1, 2, 3].map(|n| {
        let row = i16x8_narrow_i32x4(left[n], right[n]);
        i16x8_shuffle::<0, 4, 1, 3, 5, 7, 2, 6>(row, row)
    });
    let (a, b) = (i32x4_shuffle::<0, 4, 1, 5>(rows[0], rows[1]), i32x4_shuffle::<0, 4, 1, 5>(rows[2], rows[3]));
    let (c, d) = (i32x4_shuffle::<2, 6, 3, 7>(rows[0], rows[1]), i32x4_shuffle::<2, 6, 3, 7>(rows[2], rows[3]));
    let (p04, p13) = (i64x2_shuffle::<0, 2>(a, b), i64x2_shuffle::<1, 3>(a, b));
    let (p57, p26) = (i64x2_shuffle::<0, 2>(c, d), i64x2_shuffle::<1, 3>(c, d));
    let x = pass4::<19>(i32x4_dot_i16x8(p04, fourteen), p26, p13, p57);
    let columns = bytes(i16x8_narrow_i32x4(x[0], x[1]), i16x8_narrow_i32x4(x[2], x[3]));
    let rows = i8x16_shuffle::<0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15>(columns, columns);
    assert!(stride < 1 << 24 && out.len() >= 3 * stride + 4);
    // SAFETY: `out` has 4 bytes at each of 4 strides.
    unsafe {
        v128_store32_lane::<0>(rows, out.as_mut_ptr().cast());
        v128_store32_lane::<1>(rows, out.as_mut_ptr().add(stride).cast());
        v128_store32_lane::<2>(rows, out.as_mut_ptr().add(2 * stride).cast());
        v128_store32_lane::<3>(rows, out.as_mut_ptr().add(3 * stride).cast());
    }
}

#[inline(always)]
pub(super) fn two(block: &Block, table: &Block, out: &mut [u8], stride: usize) {
    let [x0, x1, x3, x5, x7] = [0, 1, 3, 5, 7].map(|n| row(block, table, n));
    let [a, b, c, d] = ODD2;
    let round = i32x4_splat(1 << 12);
    let half = |first: v128, join: fn(v128, v128) -> v128| {
        let odd = i32x4_add(i32x4_dot_i16x8(join(x1, x3), pair(a, b)), i32x4_dot_i16x8(join(x5, x7), pair(c, d)));
        let even = i32x4_add(i32x4_shl(first, 15), round);
        (i32x4_shr(i32x4_add(even, odd), 13), i32x4_shr(i32x4_sub(even, odd), 13))
    };
    let left = half(i32x4_extend_low_i16x8(x0), low);
    let right = half(i32x4_extend_high_i16x8(x0), high);
    let (above, below) = (i16x8_narrow_i32x4(left.0, right.0), i16x8_narrow_i32x4(left.1, right.1));
    // Multiplies the odd inputs of each row, and sums the four products.
    let factors = i16x8(0, a, 0, b, 0, c, 0, d);
    let (above_odd, below_odd) = (i32x4_dot_i16x8(above, factors), i32x4_dot_i16x8(below, factors));
    let sums =
        i32x4_add(i32x4_shuffle::<0, 4, 1, 5>(above_odd, below_odd), i32x4_shuffle::<2, 6, 3, 7>(above_odd, below_odd));
    let odd = i32x4_add(sums, i32x4_shuffle::<2, 3, 0, 1>(sums, sums));
    let first = i32x4_extend_low_i16x8(i16x8_shuffle::<0, 8, 0, 8, 0, 8, 0, 8>(above, below));
    let even = i32x4_add(i32x4_shl(first, 15), i32x4_splat(1 << 19));
    let (plus, minus) = (i32x4_shr(i32x4_add(even, odd), 20), i32x4_shr(i32x4_sub(even, odd), 20));
    let levels = i16x8_narrow_i32x4(i32x4_shuffle::<0, 4, 1, 5>(plus, minus), plus);
    let samples = bytes(levels, levels);
    assert!(stride < 1 << 24 && out.len() >= stride + 2);
    // SAFETY: `out` has 2 bytes at each of 2 strides.
    unsafe {
        v128_store16_lane::<0>(samples, out.as_mut_ptr().cast());
        v128_store16_lane::<1>(samples, out.as_mut_ptr().add(stride).cast());
    }
}
