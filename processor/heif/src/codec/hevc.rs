//! HEVC, with heifer's decoder of intra pictures.

use heifer_hevc_dec::decoder::{DecodeOptions, decode_picture};
use heifer_hevc_dec::nal::{NalUnit, NalUnitType};
use heifer_hevc_dec::params::Sps;
use heifer_hevc_dec::recon;

use super::{Coded, Format, Frame, check};
use crate::Error;
use crate::color::{Chroma, Nclx};
use crate::reader::Reader;

/// The start code of a unit in a byte stream (ITU-T H.265 annex B).
const START: [u8; 4] = [0, 0, 0, 1];

/// The most bytes that decoding allocates.
pub(super) fn memory(coded: &Coded<'_>) -> Result<u64, Error> {
    let mut frames = 1;
    each_set(coded, |set| {
        if sps(set)?.is_some_and(|sps| sps.conf_win_offsets != [0; 4]) {
            // The decoder copies the cropped frame.
            frames = 2;
        }
        Ok(())
    })?;
    // Samples have two bytes. As measured, block modes and filters take half a byte per pixel; the data is in memory
    // both as a stream and as units.
    let pixels = padded(coded.size.0) * padded(coded.size.1);
    let samples = pixels * coded.codec.chroma.samples() / 2;
    Ok(samples * 2 * frames + pixels + coded.data.len() as u64 * 2 + (1 << 20))
}

/// Coded sizes are multiples of the block size, which is at most 64 pixels.
fn padded(side: u32) -> u64 {
    u64::from(side).next_multiple_of(64)
}

pub(super) fn decode(coded: &Coded<'_>) -> Result<Box<dyn Frame>, Error> {
    let options = DecodeOptions { max_pixels: padded(coded.size.0) * padded(coded.size.1), ..DecodeOptions::default() };
    let frame = decode_picture(&stream(coded)?, options).map_err(decoding)?;
    Ok(Box::new(frame))
}

/// The parameter sets of the configuration (ISO/IEC 14496-15 §8.3.3.1) and the item's units, as a byte stream.
fn stream(coded: &Coded<'_>) -> Result<Vec<u8>, Error> {
    let mut stream = Vec::with_capacity(coded.data.len() + coded.codec.record.len() + 64);
    let length_size = each_set(coded, |set| push(&mut stream, set, coded))?;
    let mut units = Reader(coded.data);
    while !units.is_empty() {
        let bytes = units.take(length_size)?;
        let length = bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte));
        push(&mut stream, units.take(length)?, coded)?;
    }
    Ok(stream)
}

/// Calls `with` for each parameter set. Returns the size of the length fields before the item's units.
fn each_set(coded: &Coded<'_>, mut with: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<usize, Error> {
    let mut record = Reader(coded.codec.record);
    record.take(21)?;
    let length_size = usize::from(record.u8()? & 3) + 1;
    for _ in 0..record.u8()? {
        record.u8()?;
        for _ in 0..record.u16()? {
            let length = record.u16()?;
            with(record.take(length.into())?)?;
        }
    }
    Ok(length_size)
}

/// Appends a unit. A sequence parameter set must match the configuration, from which the memory was calculated.
fn push(stream: &mut Vec<u8>, unit: &[u8], coded: &Coded<'_>) -> Result<(), Error> {
    if let Some(sps) = sps(unit)? {
        let bits = sps.bit_depth_luma.max(sps.bit_depth_chroma);
        check(coded.codec, chroma(sps.chroma_format_idc), bits)?;
    }
    stream.extend_from_slice(&START);
    stream.extend_from_slice(unit);
    Ok(())
}

fn sps(unit: &[u8]) -> Result<Option<Sps>, Error> {
    // The type is in the first byte; units of other types are large.
    if unit.first().is_none_or(|first| NalUnitType::from_raw(first >> 1 & 0x3F) != NalUnitType::Sps) {
        return Ok(None);
    }
    let unit = NalUnit::parse(unit).map_err(decoding)?;
    Sps::parse(&unit.rbsp).map(Some).map_err(decoding)
}

fn chroma(format: u8) -> Chroma {
    match format {
        0 => Chroma::None,
        1 => Chroma::Quarter,
        2 => Chroma::Half,
        _ => Chroma::Full,
    }
}

impl Frame for recon::Frame {
    fn format(&self) -> Format {
        let matrix = self.matrix_coeffs.into();
        let nclx = Nclx { primaries: 2, transfer: 2, matrix, full_range: self.full_range };
        let (width, height) = (self.widths[0], self.heights[0]);
        Format { width, height, bits: self.bit_depth[0], chroma: chroma(self.chroma_format), nclx }
    }

    fn row(&self, plane: usize, y: usize, samples: &mut [u16]) {
        let width = self.widths[plane] as usize;
        samples.copy_from_slice(&self.planes[plane][y * width..][..samples.len()]);
    }
}

fn decoding(error: heifer_hevc_dec::Error) -> Error {
    match error {
        heifer_hevc_dec::Error::UnexpectedEof => Error::Truncated,
        heifer_hevc_dec::Error::Invalid(what) | heifer_hevc_dec::Error::HashMismatch(what) => Error::Malformed(what),
        heifer_hevc_dec::Error::Unimplemented(what) => Error::Unsupported(format!("HEVC with {what}")),
    }
}
