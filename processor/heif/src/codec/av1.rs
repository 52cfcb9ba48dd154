//! AV1, with rav1d.

use darkroom_rav1d::{Layout, Picture, Settings};

use super::{Coded, Format, Frame, check};
use crate::Error;
use crate::color::{Chroma, Nclx};

/// The reference frames of a stream, plus the one being decoded (AV1 §3: `NUM_REF_FRAMES`).
const FRAMES: u64 = 9;

/// The most bytes that decoding allocates.
pub(super) fn memory(coded: &Coded<'_>) -> u64 {
    // Frames are padded to whole superblocks, and a little more.
    let padded = |side: u32| (u64::from(side) + 64).next_multiple_of(128);
    let pixels = padded(coded.size.0) * padded(coded.size.1);
    let samples = pixels * coded.codec.chroma.samples() / 2;
    let frame = samples * if coded.codec.bits > 8 { 2 } else { 1 };
    // Every frame may be kept. The rest is contexts, motion vectors and masks, as measured, and a copy of the data.
    frame * frames(coded.data).min(FRAMES) + pixels / 2 + coded.data.len() as u64 + (4 << 20)
}

pub(super) fn decode(coded: &Coded<'_>) -> Result<Box<dyn Frame>, Error> {
    let sequence = darkroom_rav1d::sequence(coded.data).map_err(decoding)?;
    check(coded.codec, chroma(sequence.layout), sequence.bits)?;
    let pixels = coded.size.0.saturating_mul(coded.size.1);
    let settings = Settings { operating_point: coded.operating_point, pixels };
    let picture = darkroom_rav1d::decode(coded.data, &settings).map_err(decoding)?;
    // A second sequence header may differ.
    check(coded.codec, chroma(picture.sequence().layout), picture.sequence().bits)?;
    Ok(Box::new(picture))
}

/// The number of frames in an item's data (AV1 §5.3): one, unless there are layers. Unparsable data counts as many.
pub(super) fn frames(data: &[u8]) -> u64 {
    let mut rest = data;
    let mut frames = 0;
    while let Some((&header, mut after)) = rest.split_first() {
        if header & 4 != 0 {
            after = after.get(1..).unwrap_or_default();
        }
        // A frame with its header, or a header followed by its tiles; a repeated header is neither.
        frames += u64::from(matches!(header >> 3 & 15, 3 | 6));
        if header & 2 == 0 {
            break;
        }
        let Some((length, skipped)) = leb128(after) else { return FRAMES };
        let end = usize::try_from(length).ok().and_then(|length| length.checked_add(skipped));
        rest = end.and_then(|end| after.get(end..)).unwrap_or_default();
    }
    frames.max(1)
}

/// A number, and its length in bytes (AV1 §4.10.5).
fn leb128(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (place, &byte) in bytes.iter().take(8).enumerate() {
        value |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((value, place + 1));
        }
    }
    None
}

fn chroma(layout: Layout) -> Chroma {
    match layout {
        Layout::I400 => Chroma::None,
        Layout::I420 => Chroma::Quarter,
        Layout::I422 => Chroma::Half,
        Layout::I444 => Chroma::Full,
    }
}

impl Frame for Picture {
    fn format(&self) -> Format {
        let sequence = self.sequence();
        let nclx = Nclx {
            primaries: sequence.primaries.into(),
            transfer: sequence.transfer.into(),
            matrix: sequence.matrix.into(),
            full_range: sequence.full_range,
        };
        let (width, height) = (sequence.width, sequence.height);
        Format { width, height, bits: sequence.bits, chroma: chroma(sequence.layout), nclx }
    }

    fn row(&self, plane: usize, y: usize, samples: &mut [u16]) {
        Picture::row(self, plane, y, samples);
    }
}

fn decoding(error: darkroom_rav1d::Error) -> Error {
    match error {
        darkroom_rav1d::Error::Unsupported => Error::Unsupported(error.to_string()),
        darkroom_rav1d::Error::TooLarge => Error::Malformed("a coded image is larger than `ispe` says"),
        darkroom_rav1d::Error::Memory => Error::Unsupported(error.to_string()),
        darkroom_rav1d::Error::Malformed => Error::Malformed("the AV1 data is broken, or has no picture"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted() {
        let cases: [(&[u8], u64); 5] = [
            (&[0x12, 0, 0x0A, 1, 0, 0x32, 2, 0, 0], 1),
            (&[0x32, 1, 0, 0x32, 1, 0, 0x1A, 0], 3),
            (&[0x36, 0, 1, 0, 0x30, 9, 9], 2),
            (&[0x32, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], FRAMES),
            (&[], 1),
        ];
        for (data, expected) in cases {
            assert_eq!(frames(data), expected, "{data:?}");
        }
    }
}
