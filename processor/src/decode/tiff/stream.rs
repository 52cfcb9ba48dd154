//! Decompresses the bytes of a strip or tile as they are read; a chunk is never in memory as a whole.

use std::borrow::Cow;
use std::io::{self, BufRead, Cursor, ErrorKind, Read};

use darkroom_jpeg::{Decoder as Jpeg, Reduction, Rows};
use darkroom_recipe::Size;
use flate2::bufread::ZlibDecoder;
use ruzstd::decoding::StreamingDecoder as Zstd;
use weezl::{BitOrder, LzwStatus, decode as lzw};

use super::fax::Fax;
use super::layout::{Compression, Layout};
use crate::Error;
use crate::budget::{Budget, Reservation};
use crate::decode::{jpeg::TABLES, too_short};
use crate::ifd::Tiff;

/// The most memory of a decompressor: LZW's table, or Deflate's window and state.
pub(super) const STATE: u64 = 1 << 17;

type Input<'a> = Cursor<Cow<'a, [u8]>>;

/// A chunk's bytes, and their reservation.
pub(super) struct Stream<'a> {
    source: Source<'a>,
    _reserved: Vec<Reservation>,
}

enum Source<'a> {
    Bytes(Box<dyn Read + 'a>),
    Jpeg(Box<Rows<'static>>),
}

impl<'a> Stream<'a> {
    /// Opens chunk number `chunk`, which has `rows` rows.
    pub(super) fn open(
        layout: &Layout<'a>,
        tiff: Tiff<'a>,
        chunk: usize,
        rows: u32,
        budget: &Budget,
    ) -> Result<Self, Error> {
        let (offset, length) = layout.place(chunk);
        let stored = tiff.bytes(offset, length);
        if layout.compression == Compression::Jpeg {
            return jpeg(layout, stored, rows, budget);
        }
        let length = stored.len() as u64;
        let copied = if layout.reversed { length } else { 0 };
        // Empty runs make rows of any length.
        let changes = if layout.compression == Compression::Fax4 { 4 * length } else { 0 };
        let window = if layout.compression == Compression::Zstd { zstd_memory(stored) } else { 0 };
        let reservation = budget.reserve(STATE + copied + changes + window)?;
        let input = Cursor::new(if layout.reversed {
            Cow::Owned(stored.iter().map(|byte| byte.reverse_bits()).collect())
        } else {
            Cow::Borrowed(stored)
        });
        Ok(Self { source: Source::Bytes(decompressed(layout, input)?), _reserved: vec![reservation] })
    }

    /// The error in rows that were returned nevertheless.
    pub(super) fn damage(&self) -> Option<Error> {
        match &self.source {
            Source::Jpeg(rows) => rows.damage().cloned().map(broken_jpeg),
            Source::Bytes(_) => None,
        }
    }

    /// Fills `row`, which is as long as the chunk's rows.
    pub(super) fn read(&mut self, row: &mut [u8]) -> Result<(), Error> {
        let bytes = match &mut self.source {
            Source::Jpeg(rows) => return rows.read(row).map_err(broken_jpeg),
            Source::Bytes(bytes) => bytes,
        };
        bytes.read_exact(row).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => too_short(),
            _ => Error::Malformed(format!("broken data ({error})")),
        })
    }
}

fn decompressed<'a>(layout: &Layout<'a>, input: Input<'a>) -> Result<Box<dyn Read + 'a>, Error> {
    Ok(match layout.compression {
        Compression::Lzw => Box::new(Lzw {
            decoder: lzw::Configuration::with_tiff_size_switch(BitOrder::Msb, 8)
                .with_yield_on_full_buffer(true)
                .build(),
            input,
        }),
        Compression::Zstd => {
            Box::new(Zstd::new(input).map_err(|error| Error::Malformed(format!("broken data ({error})")))?)
        }
        Compression::Deflate => Box::new(ZlibDecoder::new(input)),
        Compression::PackBits => Box::new(PackBits { input, run: Run::Literal(0) }),
        Compression::FaxRows | Compression::Fax3 | Compression::Fax4 => {
            Box::new(Fax::new(layout.compression, layout.chunk.width, input)?)
        }
        Compression::None | Compression::Jpeg => Box::new(input),
    })
}

/// The memory for decoding a frame: a window, which grows by doubling, two blocks and tables (RFC 8878 §3.1.1).
fn zstd_memory(frame: &[u8]) -> u64 {
    const BLOCKS_AND_TABLES: u64 = 1 << 20;
    let at = |n: usize| frame.get(n).copied().map_or(0, u64::from);
    let descriptor = at(4);
    let window = if descriptor & 0x20 == 0 {
        let base = 1 << (10 + (at(5) >> 3));
        base + base / 8 * (at(5) & 7)
    } else {
        // In a single-segment frame, the size follows the dictionary ID.
        let start = 5 + [0, 1, 2, 4][(descriptor & 3) as usize];
        let length = [1, 2, 4, 8][(descriptor >> 6) as usize];
        let size = (0..length).fold(0, |size, n| size | at(start + n) << (8 * n));
        if length == 2 { size + 256 } else { size }
    };
    window.saturating_mul(2).saturating_add(BLOCKS_AND_TABLES)
}

struct Lzw<'a> {
    decoder: lzw::Decoder,
    input: Input<'a>,
}

impl Read for Lzw<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let result = self.decoder.decode_bytes(self.input.fill_buf()?, out);
            self.input.consume(result.consumed_in);
            match result.status {
                Err(error) => return Err(io::Error::new(ErrorKind::InvalidData, error.to_string())),
                Ok(LzwStatus::Ok) if result.consumed_out == 0 && !out.is_empty() => {}
                Ok(_) => return Ok(result.consumed_out),
            }
        }
    }
}

/// TIFF 6.0 section 9.
struct PackBits<'a> {
    input: Input<'a>,
    run: Run,
}

/// The bytes that remain in the current run.
enum Run {
    Literal(usize),
    Repeated(usize, u8),
}

impl Read for PackBits<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match &mut self.run {
                Run::Literal(0) | Run::Repeated(0, _) => {
                    let Some(code) = self.next()? else { return Ok(0) };
                    self.run = match code as i8 {
                        -128 => Run::Literal(0),
                        code @ ..0 => Run::Repeated(1 + usize::from(code.unsigned_abs()), self.next()?.unwrap_or(0)),
                        code => Run::Literal(1 + code as usize),
                    };
                }
                Run::Literal(left) => {
                    let length = (*left).min(out.len());
                    let length = self.input.read(&mut out[..length])?;
                    *left -= length;
                    return Ok(length);
                }
                Run::Repeated(left, byte) => {
                    let length = (*left).min(out.len());
                    out[..length].fill(*byte);
                    *left -= length;
                    return Ok(length);
                }
            }
        }
    }
}

impl PackBits<'_> {
    fn next(&mut self) -> io::Result<Option<u8>> {
        let next = self.input.fill_buf()?.first().copied();
        self.input.consume(usize::from(next.is_some()));
        Ok(next)
    }
}

/// Decodes a JPEG chunk, using the tables that all chunks share and an Adobe segment that repeats the directory's
/// colour model (Adobe's TIFF technical note 2).
fn jpeg<'a>(layout: &Layout<'a>, stored: &[u8], rows: u32, budget: &Budget) -> Result<Stream<'a>, Error> {
    const START: &[u8] = b"\xFF\xD8";
    const END: &[u8] = b"\xFF\xD9";
    let copied = budget.reserve((layout.jpeg_tables.len() + stored.len() + 32) as u64)?;
    let tables = layout.jpeg_tables.strip_prefix(START).unwrap_or_default();
    let adobe = [&b"\xFF\xEE\0\x0EAdobe\0\x64\0\0\0\0"[..], &[layout.jpeg_ycbcr.into()]].concat();
    let body = stored.strip_prefix(START).unwrap_or_default();
    let whole = [START, &adobe, tables.strip_suffix(END).unwrap_or(tables), body].concat();
    let decoder = Jpeg::new(whole).map_err(broken_jpeg)?;
    let working = budget.reserve(decoder.rows_memory(Reduction::None) + TABLES)?;
    let (channels, (width, height)) = (decoder.colors().channels(), decoder.size());
    if width != layout.chunk.width as usize || height < rows as usize || channels != layout.in_stream() {
        let Size { width: across, .. } = layout.chunk;
        let expected = format!("{across} × {rows}, of {} channels", layout.in_stream());
        return Err(Error::Malformed(format!(
            "a JPEG of {width} × {height}, of {channels} channels, where {expected} are due"
        )));
    }
    let rows = decoder.rows(Reduction::None).map_err(broken_jpeg)?;
    Ok(Stream { source: Source::Jpeg(Box::new(rows)), _reserved: vec![copied, working] })
}

fn broken_jpeg(error: darkroom_jpeg::Error) -> Error {
    match error {
        darkroom_jpeg::Error::Unsupported(what) => Error::UnsupportedFeature(format!("JPEG in TIFF: {what}")),
        other => Error::Malformed(format!("broken data ({other})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_tells_its_window() {
        const REST: u64 = 1 << 20;
        for (header, window) in [
            (&[0, 0x00][..], 1024),
            (&[0, 0x09], 2048 + 256),
            (&[0x20, 9], 9),
            (&[0x60, 1, 0], 257),
            (&[0xA1, 99, 0, 0, 1, 0], 1 << 16),
            (&[0, 0xFF], (1 << 41) + 7 * (1 << 38)),
            (&[0xE0, 255, 255, 255, 255, 255, 255, 255, 255], u64::MAX),
        ] {
            let frame = [&[0x28, 0xB5, 0x2F, 0xFD], header].concat();
            assert_eq!(zstd_memory(&frame), u64::saturating_add(2u64.saturating_mul(window), REST), "{header:?}");
        }
    }
}
