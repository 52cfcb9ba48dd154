//! Decodes one block of sequential data (ITU-T T.81 §F.2.2).

use crate::bits::Bits;
use crate::huffman::{NO_DIFFERENCE, Table};

/// The coefficients of one block, in row order.
pub(crate) type Block = [i16; 64];

/// Maps the zigzag sequence to row order (T.81 figure A.6). A run may overshoot by 15.
pub(crate) const ZIGZAG: [u8; 80] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
];

/// A flag among the position bits: the block's data is corrupt. Decoding continues with zeros, as in libjpeg.
pub(crate) const BROKEN: u32 = 1 << 31;

/// Decodes into a zeroed block. Returns the bitwise OR of all coefficients' positions (row in the upper three bits,
/// column in the lower three), and [`BROKEN`].
#[inline(always)]
pub(crate) fn decode(bits: &mut Bits<'_>, dc: &Table, ac: &Table, previous: &mut i16, block: &mut Block) -> u32 {
    let mut seen = first(bits, dc, previous);
    block[0] = *previous;
    let mut k = 1;
    while k < 64 {
        bits.refill();
        let mut entry = ac.look_up(bits);
        let mut value = entry.value();
        if value == 0 {
            if entry.total() == 0 {
                entry = ac.look_up_long(bits.peek::<16>());
                seen |= if entry.is_broken() { BROKEN } else { 0 };
            }
            if entry.size() == 0 {
                bits.consume(entry.total());
                if entry.run() != 15 {
                    return seen;
                }
                k += 16;
                continue;
            }
            value = bits.signed(entry.total() - entry.size(), entry.size());
        }
        bits.consume(entry.total());
        k += entry.run();
        let at = ZIGZAG[k];
        seen |= u32::from(at);
        block[usize::from(at & 63)] = value as i16;
        k += 1;
    }
    if k == 64 { seen } else { seen | BROKEN }
}

/// Like `decode`, but keeps only the first coefficient: returns 0 or [`BROKEN`].
#[inline(always)]
pub(crate) fn decode_dc(bits: &mut Bits<'_>, dc: &Table, ac: &Table, previous: &mut i16) -> u32 {
    let mut broken = first(bits, dc, previous);
    let mut k = 1;
    while k < 64 {
        bits.refill();
        let mut entry = ac.look_up(bits);
        if entry.total() == 0 {
            entry = ac.look_up_long(bits.peek::<16>());
            broken |= if entry.is_broken() { BROKEN } else { 0 };
        }
        bits.consume(entry.total());
        if entry.size() == 0 && entry.run() != 15 {
            return broken;
        }
        k += entry.run() + 1;
    }
    if k == 64 { broken } else { BROKEN }
}

/// Decodes the first coefficient, if there is a code for its difference from the previous one.
#[inline(always)]
pub(crate) fn first(bits: &mut Bits<'_>, dc: &Table, previous: &mut i16) -> u32 {
    bits.refill();
    let difference = dc.difference(bits);
    *previous = previous.wrapping_add(difference as i16);
    if difference == NO_DIFFERENCE { BROKEN } else { 0 }
}
