//! Reads big-endian numbers and boxes (ISO/IEC 14496-12 §4.2), checking each read against the remaining length.

use crate::Error;

/// Four characters: the type of a box, an item or a reference.
pub(crate) type Code = [u8; 4];

/// The unread part of the file.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

/// A box's type and content.
pub(crate) struct Part<'a> {
    pub(crate) kind: Code,
    pub(crate) body: Reader<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn code(&mut self) -> Result<Code, Error> {
        self.array()
    }

    /// A number of 0, 2, 4 or 8 bytes; one of 0 bytes is 0.
    pub(crate) fn sized(&mut self, bytes: u8) -> Result<u64, Error> {
        match bytes {
            0 => Ok(0),
            2 => self.u16().map(u64::from),
            4 => self.u32().map(u64::from),
            8 => self.u64(),
            _ => Err(Error::Malformed("a number in `iloc` has a size other than 0, 4 or 8 bytes")),
        }
    }

    /// An item ID: 16 bits in the first versions of a box, 32 in later ones.
    pub(crate) fn id(&mut self, wide: bool) -> Result<u32, Error> {
        if wide { self.u32() } else { self.u16().map(u32::from) }
    }

    /// Version and flags of a full box.
    pub(crate) fn version(&mut self) -> Result<(u8, u32), Error> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0xFF_FFFF))
    }

    /// The bytes up to a zero byte, or to the end.
    pub(crate) fn text(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|&byte| byte == 0);
        let text = &self.0[..end.unwrap_or(self.0.len())];
        self.0 = &self.0[end.map_or(self.0.len(), |end| end + 1)..];
        text
    }

    /// The next box; `None` at the end.
    pub(crate) fn part(&mut self) -> Result<Option<Part<'a>>, Error> {
        if self.is_empty() {
            return Ok(None);
        }
        let size = self.u32()?;
        let kind = self.code()?;
        let length = match size {
            0 => self.0.len(),
            1 => {
                let length = self.u64()?.checked_sub(16).ok_or(SMALL)?;
                usize::try_from(length).map_err(|_| Error::Truncated)?
            }
            _ => size.checked_sub(8).ok_or(SMALL)? as usize,
        };
        Ok(Some(Part { kind, body: Reader(self.take(length)?) }))
    }
}

const SMALL: Error = Error::Malformed("a box is smaller than its header");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_has_one_of_three_sizes() {
        let cases: [(&[u8], Result<usize, Error>); 5] = [
            (b"\0\0\0\x0Afreeab", Ok(2)),
            (b"\0\0\0\x00freeabc", Ok(3)),
            (b"\0\0\0\x01free\0\0\0\0\0\0\0\x11a", Ok(1)),
            (b"\0\0\0\x07free", Err(SMALL)),
            (b"\0\0\0\x0Cfreeab", Err(Error::Truncated)),
        ];
        for (source, expected) in cases {
            let found = Reader(source).part().map(|part| part.map_or(0, |part| part.body.0.len()));
            assert_eq!(found, expected, "{source:?}");
        }
    }
}
