//! Reads directories of TIFF, EXIF (TIFF 6.0 section 2) and BigTIFF. Values are read in place, without copying.

/// The most fields of a directory, which is TIFF's own maximum.
const MOST_FIELDS: u64 = 65_535;

/// The defect of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It extends beyond the end of the file.
    TooShort,
    /// It is not a directory.
    Malformed(&'static str),
}

/// A file of directories.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tiff<'a> {
    source: &'a [u8],
    pub(crate) big_endian: bool,
    /// BigTIFF, with 8-byte offsets.
    big: bool,
}

/// One directory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Directory<'a> {
    tiff: Tiff<'a>,
    /// The position of its first field.
    start: usize,
    count: usize,
}

/// One field: its position and its values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) tag: u16,
    /// The type number of its values, 1 to 18.
    pub(crate) kind: u16,
    /// The position in the file; the tag comes first.
    pub(crate) at: usize,
    pub(crate) values: Values<'a>,
}

/// The values of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'a> {
    pub(crate) bytes: &'a [u8],
    kind: u16,
    big_endian: bool,
}

impl<'a> Tiff<'a> {
    /// Opens a file, and returns it with the offset of its first directory.
    pub(crate) fn open(source: &'a [u8]) -> Result<(Self, u64), Broken> {
        let big_endian = source.starts_with(b"MM");
        let tiff = Self { source, big_endian, big: false };
        match tiff.number(2, 2)? {
            42 => Ok((tiff, tiff.number(4, 4)?)),
            43 => Ok((Self { big: true, ..tiff }, tiff.number(8, 8)?)),
            _ => Err(Broken::Malformed("no TIFF header")),
        }
    }

    /// The directory at `offset`.
    pub(crate) fn directory(self, offset: u64) -> Result<Directory<'a>, Broken> {
        let at = usize::try_from(offset).map_err(|_| Broken::TooShort)?;
        let length = if self.big { 8 } else { 2 };
        let count = self.number(at, length)?;
        if count > MOST_FIELDS {
            return Err(Broken::Malformed("a directory has too many fields"));
        }
        Ok(Directory { tiff: self, start: at + length, count: count as usize })
    }

    /// Up to `length` bytes from `offset` on.
    pub(crate) fn bytes(self, offset: u64, length: u64) -> &'a [u8] {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.source.len());
        let rest = &self.source[start..];
        &rest[..usize::try_from(length).unwrap_or(usize::MAX).min(rest.len())]
    }

    /// A number of `length` bytes, up to 8.
    pub(crate) fn number(self, at: usize, length: usize) -> Result<u64, Broken> {
        let end = at.checked_add(length).ok_or(Broken::TooShort)?;
        self.source.get(at..end).map(|bytes| number(bytes, self.big_endian)).ok_or(Broken::TooShort)
    }

    const fn field_length(self) -> usize {
        if self.big { 20 } else { 12 }
    }

    fn field(self, at: usize) -> Result<Field<'a>, Broken> {
        let word = if self.big { 8 } else { 4 };
        let (tag, kind) = (self.number(at, 2)? as u16, self.number(at + 2, 2)? as u16);
        let length = self.number(at + 4, word)?.saturating_mul(size(kind));
        let inline = at + 4 + word;
        let offset = if length <= word as u64 { inline as u64 } else { self.number(inline, word)? };
        let bytes = self.bytes(offset, length);
        if (bytes.len() as u64) < length {
            return Err(Broken::TooShort);
        }
        Ok(Field { tag, kind, at, values: Values { bytes, kind, big_endian: self.big_endian } })
    }
}

impl<'a> Directory<'a> {
    pub(crate) const fn tiff(self) -> Tiff<'a> {
        self.tiff
    }

    /// Its fields, except unreadable ones.
    pub(crate) fn fields(self) -> impl Iterator<Item = Field<'a>> {
        (0..self.count).map_while(move |n| self.place(n)).filter_map(move |at| self.tiff.field(at).ok())
    }

    /// The values of `tag`; `None` if there is no such field.
    pub(crate) fn find(self, tag: u16) -> Result<Option<Values<'a>>, Broken> {
        for at in (0..self.count).map(|n| self.place(n)) {
            let at = at.ok_or(Broken::TooShort)?;
            if self.tiff.number(at, 2)? == u64::from(tag) {
                return Ok(Some(self.tiff.field(at)?.values));
            }
        }
        Ok(None)
    }

    /// The offset of the next directory; 0 after the last one.
    pub(crate) fn next(self) -> Result<u64, Broken> {
        self.tiff.number(self.end(), if self.tiff.big { 8 } else { 4 })
    }

    /// The position of the next directory's offset.
    pub(crate) const fn end(self) -> usize {
        self.start + self.count * self.tiff.field_length()
    }

    fn place(self, n: usize) -> Option<usize> {
        let at = self.start.checked_add(n * self.tiff.field_length())?;
        (at.checked_add(self.tiff.field_length())? <= self.tiff.source.len()).then_some(at)
    }
}

impl<'a> Values<'a> {
    /// The number of values.
    pub(crate) fn len(self) -> usize {
        self.bytes.len() / size(self.kind) as usize
    }

    /// A non-negative integer.
    pub(crate) fn get(self, n: usize) -> Option<u64> {
        let bytes = self.value(n)?;
        let negative =
            matches!(self.kind, 6 | 8 | 9 | 17) && *(if self.big_endian { bytes.first() } else { bytes.last() })? > 127;
        let whole = matches!(self.kind, 1 | 3 | 4 | 6..=9 | 13 | 16..=18);
        (whole && !negative).then(|| number(bytes, self.big_endian))
    }

    /// The first integer.
    pub(crate) fn first(self) -> Option<u64> {
        self.get(0)
    }

    /// A number of any type.
    pub(crate) fn real(self, n: usize) -> Option<f64> {
        let bytes = self.value(n)?;
        match self.kind {
            5 => {
                let (above, below) = bytes.split_at(4);
                Some(number(above, self.big_endian) as f64 / number(below, self.big_endian) as f64)
            }
            11 => Some(f64::from(f32::from_bits(number(bytes, self.big_endian) as u32))),
            12 => Some(f64::from_bits(number(bytes, self.big_endian))),
            _ => self.get(n).map(|whole| whole as f64),
        }
    }

    fn value(self, n: usize) -> Option<&'a [u8]> {
        self.bytes.chunks_exact(size(self.kind) as usize).nth(n)
    }
}

/// The size in bytes of a value of that type.
const fn size(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 1,
    }
}

/// A number of up to 8 bytes.
fn number(bytes: &[u8], big_endian: bool) -> u64 {
    let shift = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    if big_endian { bytes.iter().fold(0, shift) } else { bytes.iter().rev().fold(0, shift) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_both_byte_orders_and_sizes_are_read() {
        let little = b"II*\0\x08\0\0\0\x02\0\x00\x01\x03\0\x01\0\0\0\x34\x12\0\0\x1a\x01\x05\0\x01\0\0\0\x26\0\0\0\0\0\0\0\x03\0\0\0\x02\0\0\0";
        let big =
            b"MM\0+\0\x08\0\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x01\x01\x00\0\x04\0\0\0\0\0\0\0\x02\0\0\0\x07\0\0\0\x09";
        let (tiff, offset) = Tiff::open(little).expect("a header");
        let directory = tiff.directory(offset).expect("a directory");
        assert_eq!(directory.find(256).expect("whole").and_then(Values::first), Some(0x1234));
        assert_eq!(directory.find(282).expect("whole").and_then(|values| values.real(0)), Some(1.5));
        assert!(directory.find(257).expect("whole").is_none());
        let (tiff, offset) = Tiff::open(big).expect("a header");
        let values = tiff.directory(offset).expect("a directory").find(256).expect("whole").expect("a field");
        assert_eq!((values.len(), values.get(0), values.get(1), values.get(2)), (2, Some(7), Some(9), None));
        for length in 0..little.len() {
            let read = Tiff::open(&little[..length]).and_then(|(tiff, offset)| tiff.directory(offset)?.find(282));
            assert!(matches!(read, Err(Broken::TooShort)), "{length}: {read:?}");
        }
    }
}
