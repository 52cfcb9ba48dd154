//! The implementation for other targets, which the tests use.

use std::array::from_fn;

/// Four numbers on which all operations work in parallel. Sums and products wrap.
#[derive(Clone, Copy)]
pub(super) struct Lanes([i32; 4]);

impl Lanes {
    #[inline(always)]
    pub(super) const fn new(lanes: [i32; 4]) -> Self {
        Self(lanes)
    }

    #[inline(always)]
    pub(super) fn array(self) -> [i32; 4] {
        self.0
    }

    #[inline(always)]
    pub(super) fn splat(value: i32) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    pub(super) fn sum(self, other: Self) -> Self {
        Self(from_fn(|n| self.0[n].wrapping_add(other.0[n])))
    }

    #[inline(always)]
    pub(super) fn difference(self, other: Self) -> Self {
        Self(from_fn(|n| self.0[n].wrapping_sub(other.0[n])))
    }

    #[inline(always)]
    pub(super) fn product(self, other: Self) -> Self {
        Self(from_fn(|n| self.0[n].wrapping_mul(other.0[n])))
    }

    #[inline(always)]
    pub(super) fn shift_left(self, bits: u32) -> Self {
        Self(self.0.map(|lane| lane << bits))
    }

    #[inline(always)]
    pub(super) fn shift_right(self, bits: u32) -> Self {
        Self(self.0.map(|lane| lane >> bits))
    }

    #[inline(always)]
    pub(super) fn clamp(self, least: i32, most: i32) -> Self {
        Self(self.0.map(|lane| lane.clamp(least, most)))
    }

    #[inline(always)]
    pub(super) fn is_zero(self) -> bool {
        self.0 == [0; 4]
    }

    /// Transposes: lane `r` of `rows[c]` becomes lane `c` of row `r`.
    #[inline(always)]
    pub(super) fn transpose(rows: [Self; 4]) -> [Self; 4] {
        from_fn(|r| Self(from_fn(|c| rows[c].0[r])))
    }
}
