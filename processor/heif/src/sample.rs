//! A channel of a pixel has 8 bits, or 16.

/// The value of a channel, from 0 to [`Sample::MAX`].
pub(crate) trait Sample: Copy + Default + Into<u32> {
    /// Full light, and fully opaque.
    const MAX: u32;
    /// Fractional bits of the fixed-point numbers that it is computed with: 32 bits hold what samples of 12 bits come to.
    const SHIFT: u32;

    /// A number that is no more than [`Self::MAX`].
    fn of(number: u32) -> Self;

    /// The value of 8 bits that stands for pixels that are missing.
    fn of_byte(byte: u8) -> Self {
        Self::of(u32::from(byte) * (Self::MAX / 255))
    }
}

impl Sample for u8 {
    const MAX: u32 = 0xFF;
    const SHIFT: u32 = 16;

    fn of(number: u32) -> Self {
        number as Self
    }
}

impl Sample for u16 {
    const MAX: u32 = 0xFFFF;
    const SHIFT: u32 = 13;

    fn of(number: u32) -> Self {
        number as Self
    }
}
