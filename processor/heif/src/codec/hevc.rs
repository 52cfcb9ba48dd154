//! HEVC, by heifer's decoder of intra pictures.

use heifer_hevc_dec::decoder::{DecodeOptions, decode_picture};
use heifer_hevc_dec::nal::{NalUnit, NalUnitType};
use heifer_hevc_dec::params::Sps;
use heifer_hevc_dec::recon;

use super::{Coded, Format, Frame, check};
use crate::Error;
use crate::color::{Chroma, Nclx};
use crate::reader::Reader;

/// What precedes a unit in a byte stream (ITU-T H.265 annex B).
const START: [u8; 4] = [0, 0, 0, 1];

pub(super) fn memory(samples: u64, pixels: u64, length: u64) -> u64 {
    // Samples have two bytes; filters copy a frame, and blocks have maps. The data is there as units, too.
    samples * 4 + pixels * 2 + length * 2 + (1 << 20)
}

pub(super) fn decode(coded: &Coded<'_>) -> Result<Box<dyn Frame>, Error> {
    let stream = stream(coded)?;
    // Coded sizes are whole blocks, of 64 pixels at most.
    let padded = |side: u32| u64::from(side).next_multiple_of(64);
    let options = DecodeOptions { max_pixels: padded(coded.size.0) * padded(coded.size.1), ..DecodeOptions::default() };
    decode_picture(&stream, options).map(|frame| Box::new(frame) as Box<dyn Frame>).map_err(decoding)
}

/// The parameter sets of the configuration (ISO/IEC 14496-15 §8.3.3.1) and the item's units, as a byte stream.
fn stream(coded: &Coded<'_>) -> Result<Vec<u8>, Error> {
    let mut stream = Vec::with_capacity(coded.data.len() + coded.codec.record.len() + 64);
    let mut record = Reader(coded.codec.record);
    record.take(21)?;
    let length_size = (record.u8()? & 3) + 1;
    for _ in 0..record.u8()? {
        record.u8()?;
        for _ in 0..record.u16()? {
            let length = record.u16()?;
            push(&mut stream, record.take(length.into())?, coded)?;
        }
    }
    let mut units = Reader(coded.data);
    while !units.is_empty() {
        let bytes = units.take(length_size.into())?;
        let length = bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte));
        push(&mut stream, units.take(length)?, coded)?;
    }
    Ok(stream)
}

/// A sequence parameter set has to be what the configuration says, on which memory was reckoned.
fn push(stream: &mut Vec<u8>, unit: &[u8], coded: &Coded<'_>) -> Result<(), Error> {
    let parsed = NalUnit::parse(unit).map_err(decoding)?;
    if parsed.header.unit_type == NalUnitType::Sps && parsed.header.layer_id == 0 {
        let sps = Sps::parse(&parsed.rbsp).map_err(decoding)?;
        let bits = sps.bit_depth_luma.max(sps.bit_depth_chroma);
        check(coded.codec, chroma(sps.chroma_format_idc), bits)?;
    }
    stream.extend_from_slice(&START);
    stream.extend_from_slice(unit);
    Ok(())
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
