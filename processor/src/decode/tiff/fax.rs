//! CCITT's fax compressions (ITU-T T.4 and T.6), row by row: a set bit is black.

use std::borrow::Cow;
use std::io::{self, Cursor, ErrorKind, Read};

use fax::decoder::{DecodeStatus, Group4Decoder};
use fax::maps::{black, white};
use fax::{BitReader, ByteReader};

use super::layout::{Compression, unsupported};
use crate::Error;
use crate::error::internal;

/// The decoder looks ahead, so this many zeros follow the data.
const AHEAD: u64 = 4;

type Bytes<'a> = io::Bytes<io::Chain<Cursor<Cow<'a, [u8]>>, io::Take<io::Repeat>>>;

/// Rows of one chunk.
pub(super) struct Fax<'a> {
    rows: Rows<'a>,
    width: u16,
    row: Cursor<Vec<u8>>,
}

enum Rows<'a> {
    /// Alternating runs of white and black; `true` if marks separate the rows, `false` if each row starts a new byte.
    Runs(ByteReader<Bytes<'a>>, bool),
    Changes(Group4Decoder<Bytes<'a>>),
}

impl<'a> Fax<'a> {
    #[allow(clippy::unbuffered_bytes, reason = "all of it is in memory")]
    pub(super) fn new(compression: Compression, width: u32, input: Cursor<Cow<'a, [u8]>>) -> Result<Self, Error> {
        let width = u16::try_from(width).map_err(|_| unsupported(format!("a fax of {width} pixels across")))?;
        let stored = input.chain(io::repeat(0).take(AHEAD)).bytes();
        let rows = match compression {
            Compression::Fax4 => Group4Decoder::new(stored, width).map(Rows::Changes),
            other => ByteReader::new(stored).map(|bits| Rows::Runs(bits, other == Compression::Fax3)),
        };
        Ok(Self { rows: rows.map_err(internal)?, width, row: Cursor::default() })
    }

    /// Decodes a row; `false` if there are no more.
    fn next(&mut self) -> io::Result<bool> {
        let invalid = || io::Error::new(ErrorKind::InvalidData, "invalid code in CCITT data");
        let width = self.width;
        let row = self.row.get_mut();
        row.clear();
        row.resize(usize::from(width).div_ceil(8), 0);
        match &mut self.rows {
            Rows::Changes(decoder) => {
                if decoder.advance().map_err(|_| invalid())? == DecodeStatus::End {
                    return Ok(false);
                }
                draw(decoder.transition(), width, row);
            }
            Rows::Runs(bits, marked) => {
                let changes = runs(bits, width, *marked).ok_or_else(invalid)?;
                draw(&changes, width, row);
            }
        }
        self.row.set_position(0);
        Ok(true)
    }
}

impl Read for Fax<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.row.position() == self.row.get_ref().len() as u64 && !self.next()? {
            return Ok(0);
        }
        self.row.read(out)
    }
}

/// The columns at which the colour changes in a row of runs.
fn runs(bits: &mut impl BitReader, width: u16, marked: bool) -> Option<Vec<u16>> {
    if marked {
        // A mark is eleven zeros and a one; more zeros may precede it.
        while bits.peek(11)? == 0 {
            let length = if bits.peek(12)? == 1 { 12 } else { 1 };
            bits.consume(length).ok()?;
        }
    } else {
        bits.consume(bits.bits_to_byte_boundary()).ok()?;
    }
    let (mut changes, mut at) = (Vec::new(), 0u16);
    while at < width {
        let run = run(bits, changes.len() % 2 == 1)?;
        // Empty runs could go on forever.
        if changes.len() > 2 * usize::from(width) {
            return None;
        }
        at = at.checked_add(run)?;
        changes.push(at);
    }
    Some(changes)
}

/// A run's length: codes for multiples of 64, then one for the remainder.
fn run(bits: &mut impl BitReader, is_black: bool) -> Option<u16> {
    let mut length = 0u16;
    loop {
        let part = if is_black { black::decode(bits) } else { white::decode(bits) }?;
        length = length.checked_add(part)?;
        if part < 64 {
            return Some(length);
        }
    }
}

/// Sets the bits of every second stretch between changes; the last stretch ends with the row.
fn draw(changes: &[u16], width: u16, row: &mut [u8]) {
    let end = |n: usize| usize::from(changes.get(n).copied().unwrap_or(width).min(width));
    for n in (0..changes.len()).step_by(2) {
        for x in end(n)..end(n + 1) {
            row[x / 8] |= 0x80 >> (x % 8);
        }
    }
}
