//! Decodes blocks of progressive scans (ITU-T T.81 §G.1.2, §G.2). Besides its coefficients each block has a mask: bit
//! `k` is set if coefficient `k` of the zigzag sequence is not zero, so that refinements visit only these.

use crate::bits::Bits;
use crate::block::{Block, ZIGZAG};
use crate::huffman::{Entry, Table};

/// The coefficients of an AC scan, its bit position, and the number of remaining blocks without changes.
pub(crate) struct Ac<'t> {
    pub(crate) table: &'t Table,
    pub(crate) band: (usize, usize),
    pub(crate) bit: u32,
    pub(crate) skip: u32,
}

impl Ac<'_> {
    #[inline(always)]
    fn entry(&self, bits: &mut Bits<'_>) -> Entry {
        bits.refill();
        let entry = self.table.look_up(bits);
        if entry.total() == 0 { self.table.look_up_long(bits.peek::<16>()) } else { entry }
    }

    /// Reads the length of an end-of-band run, which includes this block: the bits after its code.
    #[inline(always)]
    fn end_of_band(bits: &mut Bits<'_>, run: usize) -> u32 {
        (1 << run) + bits.take(run as u32)
    }

    /// Decodes the first scan of these coefficients; `false` if the data is corrupt. The result is then the same as
    /// libjpeg's.
    #[inline(always)]
    pub(crate) fn first(&mut self, bits: &mut Bits<'_>, block: &mut Block, mask: &mut u64) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return true;
        }
        let mut whole = true;
        let (mut k, last) = self.band;
        let mut seen = *mask;
        while k <= last {
            let entry = self.entry(bits);
            let mut value = entry.value();
            if value == 0 {
                if entry.size() == 0 {
                    whole &= !entry.is_broken();
                    bits.consume(entry.total());
                    if entry.run() == 15 {
                        k += 16;
                        continue;
                    }
                    self.skip = Self::end_of_band(bits, entry.run()) - 1;
                    break;
                }
                value = bits.signed(entry.total() - entry.size(), entry.size());
            }
            bits.consume(entry.total());
            k += entry.run();
            whole &= k <= last;
            block[usize::from(ZIGZAG[k] & 63)] = (value << self.bit) as i16;
            seen |= 1 << k.min(63);
            k += 1;
        }
        *mask = seen;
        whole
    }

    /// Decodes a scan that refines these coefficients by one bit; `false` if the data is corrupt. The result is then
    /// the same as libjpeg's.
    #[inline(always)]
    pub(crate) fn refine(&mut self, bits: &mut Bits<'_>, block: &mut Block, mask: &mut u64) -> bool {
        let (mut k, last) = self.band;
        let mut whole = true;
        if self.skip == 0 {
            while k <= last {
                let entry = self.entry(bits);
                bits.consume(entry.total() - entry.size());
                let run = entry.run();
                let new = match (entry.size(), run) {
                    (0, 15) => 0,
                    (0, _) => {
                        whole &= !entry.is_broken();
                        self.skip = Self::end_of_band(bits, run);
                        break;
                    }
                    (size, _) => {
                        whole &= size == 1;
                        (2 * bits.take(1) as i16 - 1) << self.bit
                    }
                };
                // The new coefficient follows `run` coefficients that are still zero.
                let mut at = k + run;
                if (*mask >> k).trailing_zeros() as usize <= run {
                    let mut zeros = !*mask & from(k);
                    (0..run).for_each(|_| zeros &= zeros.wrapping_sub(1));
                    at = zeros.trailing_zeros() as usize;
                    self.correct(bits, block, *mask & from(k) & !from(at.min(last + 1)));
                }
                at = at.min(last + 1);
                if new != 0 {
                    whole &= at <= last;
                    block[usize::from(ZIGZAG[at] & 63)] = new;
                    *mask |= 1 << at.min(63);
                }
                k = at + 1;
            }
        }
        if self.skip > 0 {
            self.correct(bits, block, *mask & from(k) & !from(last + 1));
            self.skip -= 1;
        }
        whole
    }

    /// Reads one bit for each of the coefficients in `which`.
    #[inline(always)]
    fn correct(&self, bits: &mut Bits<'_>, block: &mut Block, mut which: u64) {
        while which != 0 {
            bits.refill();
            let value = &mut block[usize::from(ZIGZAG[which.trailing_zeros() as usize & 63] & 63)];
            // Away from zero, if the bit is set and was not before. Branchless, since a branch would be unpredictable.
            let sign = *value >> 15;
            let one = bits.take(1) as i16 & !(*value >> self.bit);
            *value = value.wrapping_add(((one << self.bit) ^ sign) - sign);
            which &= which - 1;
        }
    }
}

/// A mask of the bits from `k` (0 to 64) on.
#[inline(always)]
fn from(k: usize) -> u64 {
    if k < 64 { !0 << k } else { 0 }
}
