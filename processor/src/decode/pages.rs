//! Where the pages of a TIFF begin, and how another one becomes the first.

use std::collections::BTreeSet;

/// Offsets of a file's directories (TIFF 6.0 section 2, and BigTIFF), as far as they can be followed: the first one, at
/// least, if the file is long enough for that.
pub(super) fn offsets(source: &[u8]) -> Vec<u64> {
    let Some(layout) = Layout::of(source) else { return Vec::new() };
    let (mut offsets, mut seen) = (Vec::new(), BTreeSet::new());
    let mut next = layout.number(source, layout.first as u64, layout.width);
    while let Some(offset) = next.filter(|offset| *offset != 0 && seen.insert(*offset)) {
        offsets.push(offset);
        next = layout.after(source, offset);
    }
    offsets
}

/// The file with the page at `offset` as its first one.
pub(super) fn beginning_with(source: &[u8], offset: u64) -> Vec<u8> {
    let mut file = source.to_vec();
    if let Some(Layout { big_endian, first, width, .. }) = Layout::of(source)
        && let Some(place) = file.get_mut(first..first + width)
    {
        match big_endian {
            true => place.copy_from_slice(&offset.to_be_bytes()[8 - width..]),
            false => place.copy_from_slice(&offset.to_le_bytes()[..width]),
        }
    }
    file
}

/// How a file's numbers are written.
struct Layout {
    big_endian: bool,
    /// Where the first directory's offset stands.
    first: usize,
    /// Bytes of an offset.
    width: usize,
    /// Bytes of the number of a directory's entries, and of each of these.
    entries: (usize, u64),
}

impl Layout {
    fn of(source: &[u8]) -> Option<Self> {
        let big_endian = match source.first_chunk::<4>()? {
            b"II*\0" | b"II+\0" => false,
            b"MM\0*" | b"MM\0+" => true,
            _ => return None,
        };
        let big = source[..4].contains(&b'+');
        let (first, width, entries) = if big { (8, 8, (8, 20)) } else { (4, 4, (2, 12)) };
        Some(Self { big_endian, first, width, entries })
    }

    /// The number of `width` bytes at `at`.
    fn number(&self, source: &[u8], at: u64, width: usize) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let bytes = source.get(at..at.checked_add(width)?)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }

    /// The offset of the directory after the one at `offset`.
    fn after(&self, source: &[u8], offset: u64) -> Option<u64> {
        let (width, length) = self.entries;
        let count = self.number(source, offset, width)?;
        let end = count.checked_mul(length)?.checked_add(width as u64)?.checked_add(offset)?;
        self.number(source, end, self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two directories without entries, in each of the four ways to write them.
    #[test]
    fn pages_are_found_and_exchanged() {
        let little = b"II*\0\x08\0\0\0\0\0\x0E\0\0\0\0\0\0\0\0\0".to_vec();
        let big = b"MM\0*\0\0\0\x08\0\0\0\0\0\x0E\0\0\0\0\0\0".to_vec();
        let mut wide = b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0".to_vec();
        wide.extend([&[0; 8][..], &32u64.to_le_bytes(), &[0; 16]].concat());
        for (file, expected) in [(little, [8, 14]), (big, [8, 14]), (wide, [16, 32])] {
            assert_eq!(offsets(&file), expected);
            assert_eq!(offsets(&beginning_with(&file, expected[1])), expected[1..]);
        }
    }

    #[test]
    fn circles_and_ends_are_ends() {
        assert_eq!(offsets(b"II*\0\x08\0\0\0\0\0\x08\0\0\0"), [8], "a circle");
        assert_eq!(offsets(b"II*\0\xFF\0\0\0"), [255], "which is not there");
        assert_eq!(offsets(b"II*\0"), [0u64; 0]);
        assert_eq!(offsets(b""), [0u64; 0]);
    }
}
