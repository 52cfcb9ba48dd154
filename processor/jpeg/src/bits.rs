//! Reads bits of entropy-coded data, most significant first (ITU-T T.81 §F.2.2.5).

use crate::Error;

/// A reader that never fails: after the end of the data it returns zeros, which [`Bits::is_short`] reports.
#[derive(Clone)]
pub(crate) struct Bits<'a> {
    rest: &'a [u8],
    /// The next bits, in the most significant positions.
    buffer: u64,
    /// The number of valid bits.
    count: u32,
    /// The number of zeros added so far.
    padding: u32,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { rest: data, buffer: 0, count: 0, padding: 0 }
    }

    /// Makes at least 32 bits valid.
    #[inline(always)]
    pub(crate) fn refill(&mut self) {
        if self.count < 32 {
            self.load();
        }
    }

    #[inline(always)]
    fn load(&mut self) {
        if let Some((bytes, _)) = self.rest.split_first_chunk::<8>() {
            let word = u64::from_be_bytes(*bytes);
            if !has_ff(word) {
                // A byte that only partly fits is loaded again next time, to the same position.
                self.buffer |= word >> self.count;
                let taken = (63 - self.count) >> 3;
                self.rest = &self.rest[(taken & 7) as usize..];
                self.count |= 56;
                return;
            }
        }
        *self = load_slowly(self.clone());
    }

    /// The next `N` bits.
    #[inline(always)]
    pub(crate) fn peek<const N: u32>(&self) -> usize {
        (self.buffer >> (64 - N)) as usize
    }

    /// Decodes `size` bits (1 to 16) after the next `skip` ones to their value (T.81 §F.2.2.1, EXTEND).
    #[inline(always)]
    pub(crate) fn signed(&self, skip: u32, size: u32) -> i32 {
        let raw = ((self.buffer << skip) >> (64 - size)) as i32;
        // Branchless: values of the lower half are negative.
        let negative = (raw - (1 << (size - 1))) >> 31;
        raw + (negative & ((-1 << size) + 1))
    }

    #[inline(always)]
    pub(crate) fn consume(&mut self, size: u32) {
        self.buffer <<= size;
        self.count = self.count.wrapping_sub(size);
    }

    /// Consumes `size` bits, 0 to 16; at least as many must be valid.
    #[inline(always)]
    pub(crate) fn take(&mut self, size: u32) -> u32 {
        let bits = ((self.buffer >> 1) >> (63 - size)) as u32;
        self.consume(size);
        bits
    }

    /// Whether more bits were consumed than there are.
    #[inline(always)]
    pub(crate) fn is_short(&self) -> bool {
        self.count < self.padding
    }

    /// The reason why there are too few bits.
    #[cold]
    pub(crate) fn shortage(&self) -> Error {
        match self.rest {
            [0xFF, 0xD0..=0xD9 | 0xFF, ..] => Error::Malformed("a marker before the data is complete"),
            [] | [_] => Error::Truncated,
            _ => Error::Malformed("an unknown marker in the data"),
        }
    }

    /// The current position, for [`Paused::resume`].
    pub(crate) fn pause(&self) -> Paused {
        let Self { rest, buffer, count, padding } = *self;
        Paused { left: rest.len(), buffer, count, padding }
    }

    /// The bytes from the next marker on; unused bits are skipped.
    pub(crate) fn marker(&self) -> &'a [u8] {
        skip_data(self.rest)
    }

    /// Moves to the segment after the restart marker `number`, as libjpeg does (`jpeg_resync_to_restart`). An overdue
    /// marker is skipped. If one of the next two markers, any other type of marker, or the end of the file follows,
    /// this segment is lost. Any other number is treated as the expected one.
    pub(crate) fn restart(&mut self, number: u8) -> Segment {
        let mut rest = self.marker();
        loop {
            let (marker, data) = match rest {
                [0xFF, 0xFF, ..] => {
                    rest = &rest[1..];
                    continue;
                }
                [0xFF, marker, data @ ..] => (*marker, data),
                _ => return self.lost(rest),
            };
            let ahead = marker.wrapping_sub(number) & 7;
            match (marker, ahead) {
                (0x00..=0xBF, _) | (0xD0..=0xD7, 6 | 7) => rest = skip_data(data),
                (0xD0..=0xD7, 0 | 3..) => {
                    *self = Self::new(data);
                    return Segment::There;
                }
                _ => return self.lost(rest),
            }
        }
    }

    /// No data precedes the marker at the start of `rest`. If the previous data was too short, all of this segment is
    /// unknown.
    fn lost(&mut self, rest: &'a [u8]) -> Segment {
        let segment = if self.is_short() { Segment::Grey } else { Segment::Lost };
        *self = Self { padding: 1, ..Self::new(rest) };
        segment
    }
}

/// The state of the segment between two restart markers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Segment {
    #[default]
    There,
    /// Its marker is missing: the first unit is decoded from zeros, as in libjpeg.
    Lost,
    /// The units after that one, or after the end of the data, which stay grey.
    Grey,
}

/// A reader's position, without its data.
#[derive(Clone, Copy)]
pub(crate) struct Paused {
    /// The distance from the end in bytes.
    pub(crate) left: usize,
    buffer: u64,
    count: u32,
    padding: u32,
}

impl Paused {
    /// A position `left` bytes before the end.
    pub(crate) fn at(left: usize) -> Self {
        Self { left, buffer: 0, count: 0, padding: 0 }
    }

    /// Continues in the same data.
    pub(crate) fn resume(self, data: &[u8]) -> Bits<'_> {
        let Self { left, buffer, count, padding } = self;
        Bits { rest: &data[data.len() - left..], buffer, count, padding }
    }
}

/// `data` from its first marker on.
pub(crate) fn skip_data(data: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some(bytes) = data.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        if has_ff(u64::from_le_bytes(*bytes)) && bytes.iter().zip(&data[at + 1..]).any(|(a, b)| *a == 0xFF && *b != 0) {
            break;
        }
        at += 8;
    }
    let rest = &data[at..];
    let marker = rest.windows(2).position(|pair| pair[0] == 0xFF && pair[1] != 0);
    &rest[marker.unwrap_or(rest.len())..]
}

#[inline(always)]
fn has_ff(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    (!word).wrapping_sub(ONES) & word & (ONES << 7) != 0
}

/// Refills byte by byte: removes stuffed zeros, and adds zeros at a marker or the end.
#[cold]
#[inline(never)]
fn load_slowly(mut bits: Bits<'_>) -> Bits<'_> {
    while bits.count <= 56 {
        let (byte, rest) = match bits.rest {
            [0xFF, 0, rest @ ..] => (0xFF, rest),
            [] | [0xFF, ..] => {
                bits.padding = bits.padding.saturating_add(8);
                (0, bits.rest)
            }
            [byte, rest @ ..] => (*byte, rest),
        };
        bits.buffer |= u64::from(byte) << (56 - bits.count);
        bits.count += 8;
        bits.rest = rest;
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_is_left_out_and_the_end_is_told() {
        let mut bits = Bits::new(&[0x12, 0xFF, 0x00, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0, 0x11, 0x22, 0xFF, 0xD9]);
        let mut read = Vec::new();
        for _ in 0..11 {
            bits.refill();
            read.push(bits.take(8));
        }
        assert_eq!(read, [0x12, 0xFF, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0, 0x11, 0x22]);
        assert!(!bits.is_short());
        bits.refill();
        bits.take(1);
        assert!(bits.is_short());
        assert_eq!(bits.shortage(), Error::Malformed("a marker before the data is complete"));
        assert_eq!(bits.marker(), [0xFF, 0xD9]);
    }

    #[test]
    fn values_are_extended() {
        // T.81 table F.1: as two bits, 00 is -3, 01 is -2, 10 is 2 and 11 is 3.
        let mut bits = Bits::new(&[0b0001_1011, 0b0100_0000]);
        bits.refill();
        assert_eq!([0, 2, 4, 6].map(|skip| bits.signed(skip, 2)), [-3, -2, 2, 3]);
        assert_eq!([8, 9].map(|skip| bits.signed(skip, 1)), [-1, 1]);
    }

    #[test]
    fn a_wrong_restart_marker_costs_one_segment_at_most() {
        use Segment::{Grey, Lost, There};
        type Case<'a> = (u8, &'a [u8], Segment, usize);
        // The first value is the expected marker; then the bytes in the data, and the expected result.
        let cases: [Case<'_>; 9] = [
            (0, &[0xFF, 0xD0, 0x5A], There, 0x5A),
            (8, &[9, 9, 0xFF, 0xFF, 0xD0, 0x5A], There, 0x5A),
            (2, &[0xFF, 0xD7, 0x5A], There, 0x5A),
            (7, &[0xFF, 0xD0, 0x5A], Lost, 0),
            (6, &[0xFF, 0xD0, 0x5A], Lost, 0),
            (0, &[0xFF, 0xD7, 9, 0xFF, 0xD0, 0x5A], There, 0x5A),
            (1, &[0xFF, 0xD7, 9, 0xFF, 0x02, 0xFF, 0xD2, 0x5A], Lost, 0),
            (0, &[0xFF, 0xD9], Lost, 0),
            (0, &[9, 9, 0xFF, 0xD7, 9], Lost, 0),
        ];
        for (number, data, expected, next) in cases {
            let mut bits = Bits::new(data);
            assert_eq!(bits.restart(number), expected, "{number}, {data:x?}");
            assert_eq!(bits.is_short(), expected != There, "{number}, {data:x?}");
            bits.refill();
            assert_eq!(bits.peek::<8>(), next, "{number}, {data:x?}");
        }
        // A lost segment may be followed by other lost ones, and then by one that is present.
        let mut bits = Bits::new(&[0xFF, 0xD2, 0x5A]);
        assert_eq!([0, 1, 2].map(|number| bits.restart(number)), [Lost, Grey, There]);
        assert!(!bits.is_short());
    }

    #[test]
    fn a_marker_is_found_wherever_it_stands() {
        for before in 0..40 {
            let mut data = vec![0; before];
            if before > 3 {
                data[before - 3] = 0xFF;
            }
            data.extend([0xFF, 0xD9, 1, 2, 3, 4, 5, 6, 7]);
            assert_eq!(skip_data(&data), &data[before..], "{before}");
            assert_eq!(skip_data(&data[..before]), &[0u8; 0]);
        }
    }
}
