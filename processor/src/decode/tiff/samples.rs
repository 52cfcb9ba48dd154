//! Converts the bytes of a row to samples of 8 or 16 bits.

use crate::sample::Sample as Channel;

/// The storage of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// 1 to 16, 32 or 64.
    pub(super) bits: u32,
    pub(super) kind: Kind,
    pub(super) big_endian: bool,
    /// Whether the largest value maps to the channel's largest, or samples are plain numbers such as indices.
    pub(super) scaled: bool,
}

/// The type of a sample's bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// From 0 to all bits set.
    Unsigned,
    /// Negative values are as dark as 0.
    Signed,
    /// From 0.0 to 1.0; values outside, including NaN, are clamped.
    Float,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Signed => "signed",
            Self::Float => "floating-point",
        }
    }
}

/// The prediction that was subtracted from samples before compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predictor {
    None,
    /// The sample to the left (TIFF 6.0 section 14).
    Horizontal,
    /// The byte to the left, with bytes sorted by significance (Adobe's TIFF technical note 3).
    Float,
}

/// Adds the prediction back to the samples of a row, in which samples of the same channel are `apart` samples apart.
/// `spare` is as long as the row.
pub(super) fn undo(predictor: Predictor, row: &mut [u8], apart: usize, sample: Sample, spare: &mut [u8]) {
    let bytes = sample.bits as usize / 8;
    match predictor {
        Predictor::None => {}
        Predictor::Horizontal => add_left(row, apart, bytes, sample.big_endian),
        Predictor::Float => {
            add_left(row, apart, 1, true);
            let length = row.len() / bytes;
            spare.copy_from_slice(row);
            for (n, value) in row.chunks_exact_mut(bytes).enumerate() {
                for (weight, byte) in value.iter_mut().enumerate() {
                    let weight = if sample.big_endian { weight } else { bytes - 1 - weight };
                    *byte = spare[weight * length + n];
                }
            }
        }
    }
}

/// Adds to each number of `bytes` bytes the one that is `apart` numbers before it.
fn add_left(row: &mut [u8], apart: usize, bytes: usize, big_endian: bool) {
    let back = apart * bytes;
    for at in (back..row.len()).step_by(bytes) {
        let mut carry = 0;
        for n in 0..bytes {
            let place = if big_endian { at + bytes - 1 - n } else { at + n };
            let sum = u16::from(row[place]) + u16::from(row[place - back]) + carry;
            row[place] = sum as u8;
            carry = sum >> 8;
        }
    }
}

/// Writes the samples of a row as channel values to every `step`th element of `out`.
pub(super) fn channels<C: Channel>(row: &[u8], sample: Sample, out: &mut [C], step: usize) {
    if (step, sample.kind, sample.bits) == (1, Kind::Unsigned, 8) {
        return out.iter_mut().zip(row).for_each(|(to, from)| *to = C::of(*from));
    }
    let out = out.iter_mut().step_by(step);
    let max = (1u64 << (sample.bits - u32::from(sample.kind == Kind::Signed)).min(63)) - 1;
    match (sample.kind, sample.bits) {
        (Kind::Unsigned, 8) => out.zip(row).for_each(|(to, from)| *to = C::of(*from)),
        (Kind::Unsigned, 16) => each::<2, _>(row, out, sample, |value| C::of_wide(value as u16)),
        (Kind::Unsigned, 32) => each::<4, _>(row, out, sample, |value| scale(value, max)),
        (Kind::Unsigned, bits) => {
            for (n, to) in out.enumerate() {
                let value = packed(row, n * bits as usize, bits as usize);
                *to = if sample.scaled { scale(value.into(), max) } else { C::of_number(value.into()) };
            }
        }
        (Kind::Signed, 8) => each::<1, _>(row, out, sample, |value| scale((value as i8).max(0) as u64, max)),
        (Kind::Signed, 16) => each::<2, _>(row, out, sample, |value| scale((value as i16).max(0) as u64, max)),
        (Kind::Signed, _) => each::<4, _>(row, out, sample, |value| scale((value as i32).max(0) as u64, max)),
        (Kind::Float, 16) => each::<2, _>(row, out, sample, |value| round(half(value as u16).into())),
        (Kind::Float, 32) => each::<4, _>(row, out, sample, |value| round(f32::from_bits(value as u32).into())),
        (Kind::Float, _) => each::<8, _>(row, out, sample, |value| round(f64::from_bits(value))),
    }
}

fn each<'o, const N: usize, C: Channel>(
    row: &[u8],
    out: impl Iterator<Item = &'o mut C>,
    sample: Sample,
    channel: impl Fn(u64) -> C,
) {
    for (bytes, to) in row.as_chunks::<N>().0.iter().zip(out) {
        let shift = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        let value = if sample.big_endian { bytes.iter().fold(0, shift) } else { bytes.iter().rev().fold(0, shift) };
        *to = channel(value);
    }
}

/// Up to 16 bits, starting at bit `at`, most significant first.
fn packed(row: &[u8], at: usize, bits: usize) -> u32 {
    let byte = |n: usize| u32::from(row.get(at / 8 + n).copied().unwrap_or(0));
    let window = byte(0) << 16 | byte(1) << 8 | byte(2);
    window >> (24 - at % 8 - bits) & ((1 << bits) - 1)
}

/// Scales `max` to the channel's maximum, rounding to the nearest.
fn scale<C: Channel>(value: u64, max: u64) -> C {
    let most: u64 = C::MAX.into();
    C::of_number((value * most + max / 2) / max)
}

fn round<C: Channel>(value: f64) -> C {
    let most: u32 = C::MAX.into();
    C::of_number((value * f64::from(most)).round().clamp(0.0, most.into()) as u64)
}

/// An IEEE 754 binary16 number.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (u32::from(bits >> 10 & 31), u32::from(bits & 1023));
    let size = match exponent {
        0 => fraction as f32 / 16_777_216.0,
        31 if fraction > 0 => f32::NAN,
        31 => f32::INFINITY,
        _ => f32::from_bits((exponent + 112) << 23 | fraction << 13),
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrowed(bits: u32, kind: Kind, row: &[u8]) -> Vec<u8> {
        let mut out = vec![0; row.len() * 8 / bits as usize];
        channels(row, Sample { bits, kind, big_endian: true, scaled: true }, &mut out, 1);
        out
    }

    #[test]
    fn sixteen_bits_are_kept_where_they_are_wanted() {
        let mut out = [0u16; 2];
        for (bits, kind, row, expected) in [
            (16, Kind::Unsigned, &[0x12, 0x34, 0xFF, 0xFF][..], [0x1234, 0xFFFF]),
            (12, Kind::Unsigned, &[0x80, 0x0F, 0xFF], [0x8008, 0xFFFF]),
            (16, Kind::Signed, &[0xFF, 0, 0x40, 0], [0, 0x8001]),
            (32, Kind::Float, &[0x3F, 0, 0, 0, 0x40, 0, 0, 0], [0x8000, 0xFFFF]),
        ] {
            channels(row, Sample { bits, kind, big_endian: true, scaled: true }, &mut out, 1);
            assert_eq!(out, expected, "{bits} bits, {kind:?}");
        }
    }

    #[test]
    fn samples_of_every_length_are_rounded_to_the_nearest() {
        use Kind::{Float, Signed, Unsigned};
        let cases: [(u32, Kind, &[u8], &[u8]); 12] = [
            (1, Unsigned, &[0b1010_0000], &[255, 0, 255, 0, 0, 0, 0, 0]),
            (2, Unsigned, &[0b0001_1011], &[0, 85, 170, 255]),
            (4, Unsigned, &[0x0F, 0x17], &[0, 255, 17, 119]),
            (12, Unsigned, &[0xFF, 0xF8, 0x00], &[255, 128]),
            (16, Unsigned, &[0, 128, 0, 129, 0x7F, 0xFF, 0x80, 0, 255, 255], &[0, 1, 127, 128, 255]),
            (32, Unsigned, &[0x80, 0, 0, 0, 255, 255, 255, 255], &[128, 255]),
            (8, Signed, &[0x80, 0, 0x7F], &[0, 0, 255]),
            (16, Signed, &[0xFF, 0xFF, 0x7F, 0xFF, 0x40, 0], &[0, 255, 128]),
            (32, Signed, &[0x80, 0, 0, 0, 0x7F, 255, 255, 255], &[0, 255]),
            (16, Float, &[0x38, 0, 0x3C, 0, 0xBC, 0, 0x7C, 1, 0x7C, 0], &[128, 255, 0, 0, 255]),
            (32, Float, &[0x3F, 0, 0, 0, 0x7F, 0xC0, 0, 0, 0x40, 0, 0, 0], &[128, 0, 255]),
            (64, Float, &[0x3F, 0xE0, 0, 0, 0, 0, 0, 0], &[128]),
        ];
        for (bits, kind, row, expected) in cases {
            assert_eq!(narrowed(bits, kind, row), expected, "{bits} bits, {kind:?}");
        }
    }

    #[test]
    fn predictors_are_undone() {
        let sample = |bits, kind, big_endian| Sample { bits, kind, big_endian, scaled: true };
        let undone = |predictor, row: &[u8], apart, sample| {
            let mut row = row.to_vec();
            let mut spare = vec![0; row.len()];
            undo(predictor, &mut row, apart, sample, &mut spare);
            row
        };
        let unsigned = |bits, big| sample(bits, Kind::Unsigned, big);
        assert_eq!(undone(Predictor::Horizontal, &[1, 2, 255, 3], 2, unsigned(8, true)), [1, 2, 0, 5]);
        assert_eq!(undone(Predictor::Horizontal, &[0, 255, 0, 1], 1, unsigned(16, true)), [0, 255, 1, 0]);
        assert_eq!(undone(Predictor::Horizontal, &[255, 0, 1, 0], 1, unsigned(16, false)), [255, 0, 0, 1]);
        // 1.0 and 0.5 as half-precision numbers: 3C00 and 3800.
        let float = |big| sample(16, Kind::Float, big);
        assert_eq!(undone(Predictor::Float, &[0x3C, 0xFC, 0xC8, 0], 1, float(true)), [0x3C, 0, 0x38, 0]);
        assert_eq!(undone(Predictor::Float, &[0x3C, 0xFC, 0xC8, 0], 1, float(false)), [0, 0x3C, 0, 0x38]);
    }
}
