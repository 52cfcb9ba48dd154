//! One block of sequential data (ITU-T T.81 §F.2.2).

use crate::bits::Bits;
use crate::huffman::Table;

/// Coefficients of one block, in rows.
pub(crate) type Block = [i16; 64];

/// Where the coefficients of the zigzag sequence stand in their rows (T.81 figure A.6). A run may lead 15 beyond.
pub(crate) const ZIGZAG: [u8; 80] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
];

/// Decodes a block into zeros. Returns the bits of all positions (rows above, columns below) where there is a
/// coefficient; none when the data is broken.
#[inline(always)]
pub(crate) fn decode(
    bits: &mut Bits<'_>,
    dc: &Table,
    ac: &Table,
    previous: &mut i16,
    block: &mut Block,
) -> Option<u32> {
    bits.refill();
    *previous = previous.wrapping_add(dc.difference(bits)? as i16);
    block[0] = *previous;
    let mut k = 1;
    let mut seen = 0;
    while k < 64 {
        bits.refill();
        let mut entry = ac.look_up(bits);
        let mut value = entry.value();
        if value == 0 {
            if entry.total() == 0 {
                entry = ac.look_up_long(bits.peek::<16>())?;
            }
            if entry.size() == 0 {
                bits.consume(entry.total());
                if entry.run() != 15 {
                    return Some(seen);
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
    (k == 64).then_some(seen)
}

/// The same without the coefficients but the first.
#[inline(always)]
pub(crate) fn decode_dc(bits: &mut Bits<'_>, dc: &Table, ac: &Table, previous: &mut i16) -> Option<()> {
    bits.refill();
    *previous = previous.wrapping_add(dc.difference(bits)? as i16);
    let mut k = 1;
    while k < 64 {
        bits.refill();
        let mut entry = ac.look_up(bits);
        if entry.total() == 0 {
            entry = ac.look_up_long(bits.peek::<16>())?;
        }
        bits.consume(entry.total());
        if entry.size() == 0 && entry.run() != 15 {
            return Some(());
        }
        k += entry.run() + 1;
    }
    (k == 64).then_some(())
}
