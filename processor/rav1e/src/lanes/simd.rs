//! The simd128 implementation.

use std::arch::wasm32::*;

/// Four numbers on which all operations work in parallel. Sums and products wrap.
#[derive(Clone, Copy)]
pub(super) struct Lanes(v128);

impl Lanes {
    #[inline(always)]
    pub(super) const fn new([a, b, c, d]: [i32; 4]) -> Self {
        Self(i32x4(a, b, c, d))
    }

    #[inline(always)]
    pub(super) fn array(self) -> [i32; 4] {
        let Self(lanes) = self;
        [
            i32x4_extract_lane::<0>(lanes),
            i32x4_extract_lane::<1>(lanes),
            i32x4_extract_lane::<2>(lanes),
            i32x4_extract_lane::<3>(lanes),
        ]
    }

    #[inline(always)]
    pub(super) fn splat(value: i32) -> Self {
        Self(i32x4_splat(value))
    }

    #[inline(always)]
    pub(super) fn sum(self, other: Self) -> Self {
        Self(i32x4_add(self.0, other.0))
    }

    #[inline(always)]
    pub(super) fn difference(self, other: Self) -> Self {
        Self(i32x4_sub(self.0, other.0))
    }

    #[inline(always)]
    pub(super) fn product(self, other: Self) -> Self {
        Self(i32x4_mul(self.0, other.0))
    }

    #[inline(always)]
    pub(super) fn shift_left(self, bits: u32) -> Self {
        Self(i32x4_shl(self.0, bits))
    }

    #[inline(always)]
    pub(super) fn shift_right(self, bits: u32) -> Self {
        Self(i32x4_shr(self.0, bits))
    }

    #[inline(always)]
    pub(super) fn clamp(self, least: i32, most: i32) -> Self {
        Self(i32x4_min(i32x4_max(self.0, i32x4_splat(least)), i32x4_splat(most)))
    }

    #[inline(always)]
    pub(super) fn is_zero(self) -> bool {
        !v128_any_true(self.0)
    }

    /// Transposes: lane `r` of `rows[c]` becomes lane `c` of row `r`.
    #[inline(always)]
    pub(super) fn transpose(rows: [Self; 4]) -> [Self; 4] {
        let [a, b, c, d] = rows.map(|row| row.0);
        let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
        let (ef, gh) = (i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
        [
            Self(i64x2_shuffle::<0, 2>(ab, cd)),
            Self(i64x2_shuffle::<1, 3>(ab, cd)),
            Self(i64x2_shuffle::<0, 2>(ef, gh)),
            Self(i64x2_shuffle::<1, 3>(ef, gh)),
        ]
    }
}
