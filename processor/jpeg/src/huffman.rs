//! Huffman tables (ITU-T T.81 Annex C) that look up a code together with the value after it.

use crate::Error;
use crate::bits::Bits;

/// The number of bits per lookup.
pub(crate) const LOOKAHEAD: u32 = 10;

/// The decoded next bits: a code for a run of zeros and a size, followed by a value of `size` bits.
#[derive(Clone, Copy)]
pub(crate) struct Entry(i32);

/// Represents the difference for an invalid code: as 16 bits it is 0.
pub(crate) const NO_DIFFERENCE: i32 = i32::MIN;

impl Entry {
    /// Replaces an invalid code: 17 bits that mean zero, as in libjpeg (`jpeg_huff_decode`).
    const BROKEN: Self = Self(17);

    /// Whether the code is invalid.
    #[inline(always)]
    pub(crate) fn is_broken(self) -> bool {
        self.0 == Self::BROKEN.0
    }

    fn new(total: u32, symbol: u8, value: i32) -> Self {
        Self(value << 16 | i32::from(symbol) << 8 | total as i32)
    }

    /// The value, if code and value fit into the lookup bits; otherwise 0.
    #[inline(always)]
    pub(crate) fn value(self) -> i32 {
        self.0 >> 16
    }

    /// The length of code and value in bits; 0 for a code that is too long for the lookup.
    #[inline(always)]
    pub(crate) fn total(self) -> u32 {
        self.0 as u32 & 31
    }

    /// The length of the value in bits.
    #[inline(always)]
    pub(crate) fn size(self) -> u32 {
        self.0 as u32 >> 8 & 15
    }

    #[inline(always)]
    pub(crate) fn run(self) -> usize {
        (self.0 as u32 >> 12 & 15) as usize
    }
}

/// One table, for DC or AC.
pub(crate) struct Table {
    fast: [Entry; 1 << LOOKAHEAD],
    /// For each length, the first 16-bit prefix after its codes, and the offset from a code to its symbol.
    end: [u32; 17],
    offset: [i32; 17],
    symbols: [u8; 256],
}

impl Table {
    /// Builds a table from the `counts` of codes of 1 to 16 bits and their symbols. `largest` is the largest valid
    /// symbol.
    ///
    /// # Errors
    /// If there are more codes than their lengths allow, or symbols are too large.
    pub(crate) fn new(counts: &[u8; 16], symbols: &[u8], largest: u8) -> Result<Self, Error> {
        if symbols.iter().any(|symbol| *symbol > largest) {
            return Err(Error::Malformed("a Huffman table has symbols that do not exist"));
        }
        let mut table = Self { fast: [Entry(0); 1 << LOOKAHEAD], end: [0; 17], offset: [0; 17], symbols: [0; 256] };
        table.symbols[..symbols.len()].copy_from_slice(symbols);
        let (mut code, mut index) = (0u32, 0usize);
        for (length, count) in (1u32..).zip(counts) {
            table.offset[length as usize] = index as i32 - code as i32;
            for symbol in &symbols[index..index + usize::from(*count)] {
                if length <= LOOKAHEAD && code < 1 << length {
                    table.fill(code, length, *symbol);
                }
                code += 1;
            }
            index += usize::from(*count);
            if code > 1 << length {
                return Err(Error::Malformed("a Huffman table has too many codes"));
            }
            table.end[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Ok(table)
    }

    /// Fills in every bit sequence that starts with `code`.
    fn fill(&mut self, code: u32, length: u32, symbol: u8) {
        let size = u32::from(symbol & 15);
        let free = LOOKAHEAD - length;
        for behind in 0..1u32 << free {
            let mut value = 0;
            if size > 0 && size <= free {
                let raw = (behind >> (free - size)) as i32;
                value = if raw < 1 << (size - 1) { raw - (1 << size) + 1 } else { raw };
            }
            self.fast[(code << free | behind) as usize] = Entry::new(length + size, symbol, value);
        }
    }

    /// Looks up the next bits. At least 16 must be valid.
    #[inline(always)]
    pub(crate) fn look_up(&self, bits: &Bits<'_>) -> Entry {
        self.fast[bits.peek::<LOOKAHEAD>()]
    }

    /// Decodes a code that is too long for [`Self::look_up`]; [`Entry::BROKEN`] if it is invalid.
    #[cold]
    #[inline(never)]
    pub(crate) fn look_up_long(&self, prefix: usize) -> Entry {
        let prefix = prefix as u32;
        let find = || {
            let length = (LOOKAHEAD + 1..=16).find(|length| prefix < self.end[*length as usize])?;
            let code = prefix >> (16 - length);
            let symbol = *self.symbols.get(usize::try_from(code as i32 + self.offset[length as usize]).ok()?)?;
            Some(Entry::new(length + u32::from(symbol & 15), symbol, 0))
        };
        find().unwrap_or(Entry::BROKEN)
    }

    /// A value of a DC table: the difference from the previous block, or [`NO_DIFFERENCE`].
    #[inline(always)]
    pub(crate) fn difference(&self, bits: &mut Bits<'_>) -> i32 {
        let mut entry = self.look_up(bits);
        let mut value = entry.value();
        if value == 0 {
            if entry.total() == 0 {
                entry = self.look_up_long(bits.peek::<16>());
                if entry.is_broken() {
                    value = NO_DIFFERENCE;
                }
            }
            if entry.size() > 0 {
                value = bits.signed(entry.total() - entry.size(), entry.size());
            }
        }
        bits.consume(entry.total());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_codes_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Table::new(&counts, &[0, 1, 2], 255).is_err());
        counts[0] = 2;
        assert!(Table::new(&counts, &[0, 1], 255).is_ok());
        assert!(Table::new(&counts, &[0, 16], 15).is_err());
    }

    #[test]
    fn long_codes_and_values_are_found() {
        // 0, 10, 110, ... one code of each length.
        let symbols: Vec<u8> = (0..16).map(|n| n << 4 | 2).collect();
        let table = Table::new(&[1; 16], &symbols, 255).expect("a table");
        for length in 1..=16u32 {
            let code = (1u32 << length) - 2;
            let word = code << (32 - length) | 0b01 << (30 - length);
            let stuffed: Vec<u8> = word
                .to_be_bytes()
                .iter()
                .flat_map(|byte| [*byte, 0].into_iter().take(1 + usize::from(*byte == 0xFF)))
                .collect();
            let mut bits = Bits::new(&stuffed);
            bits.refill();
            let entry = Some(table.look_up(&bits)).filter(|entry| entry.total() > 0);
            let entry = entry.unwrap_or_else(|| table.look_up_long(bits.peek::<16>()));
            assert_eq!((entry.total(), entry.size(), entry.run()), (length + 2, 2, length as usize - 1), "{length}");
            assert!(entry.value() == -2 || length > LOOKAHEAD - 2, "{length}: {}", entry.value());
        }
        assert!(table.look_up_long(0xFFFF).is_broken());
        let mut bits = Bits::new(&[0xFF, 0, 0xFF, 0, 0, 0]);
        bits.refill();
        assert_eq!((table.difference(&mut bits), NO_DIFFERENCE as i16), (NO_DIFFERENCE, 0));
    }
}
