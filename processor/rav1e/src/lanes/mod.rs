//! AV1's transforms on four columns or rows at a time. Their results are bit-exact with rav1e's, which the AV1
//! specification (section 7.13) requires of the inverse ones.

#![deny(unsafe_code)]

mod forward;
mod inverse;
#[cfg_attr(target_arch = "wasm32", path = "simd.rs")]
#[cfg_attr(not(target_arch = "wasm32"), path = "portable.rs")]
mod simd;

use std::ops::{Add, Mul, Neg, Sub};

pub use self::forward::forward_transform;
pub use self::inverse::inverse_transform_add;
use self::simd::Lanes;

impl Lanes {
    const ZERO: Self = Self::new([0; 4]);

    /// Divides by a power of two, rounded.
    fn round_shift(self, bits: usize) -> Self {
        (self + Self::splat(1 << bits >> 1)).shift_right(bits as u32)
    }
}

impl Add for Lanes {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.sum(other)
    }
}

impl Sub for Lanes {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.difference(other)
    }
}

impl Neg for Lanes {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self::ZERO.difference(self)
    }
}

impl Mul<Lanes> for i32 {
    type Output = Lanes;

    #[inline(always)]
    fn mul(self, lanes: Lanes) -> Lanes {
        Lanes::splat(self).product(lanes)
    }
}
