//! Recognizes a file's format, including some that are not supported.

use darkroom_recipe::{Format, Size, one_of};

use crate::{Error, decodes};

/// The format of `source`.
pub(super) fn sniff(source: &[u8]) -> Result<Format, Error> {
    Format::of(source).filter(|format| decodes(*format)).ok_or_else(|| {
        let found = match source {
            [] => "the source is empty",
            _ => known_by_name(source).unwrap_or("not the first bytes of any image format known here"),
        };
        let names: Vec<_> = Format::decodable().filter(|format| decodes(*format)).map(Format::name).collect();
        Error::UnrecognizedFormat(format!("{found}; must be {}", one_of(&names)))
    })
}

/// Columns and rows, for formats that store them at a fixed position.
pub(super) fn size(source: &[u8], format: Format) -> Option<Size> {
    let at = |start: usize| source.get(start..)?.first_chunk::<4>().copied();
    match format {
        // PNG 3 §11.2.1.
        Format::Png if source.get(12..16)? == b"IHDR" => {
            Some(Size::new(u32::from_be_bytes(at(16)?), u32::from_be_bytes(at(20)?)))
        }
        // BITMAPINFOHEADER and its successors; a negative row count means top to bottom.
        Format::Bmp if u32::from_le_bytes(at(14)?) >= 40 => {
            let side = |bytes| i32::from_le_bytes(bytes).unsigned_abs();
            Some(Size::new(side(at(18)?), side(at(22)?)))
        }
        _ => None,
    }
}

/// Names formats that users upload but that nothing here decodes.
fn known_by_name(source: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| source.starts_with(magic);
    if source.get(4..8) == Some(b"ftyp") {
        Some("a video, or an image in another codec than AV1 and HEVC")
    } else if starts(b"%PDF") {
        Some("PDF")
    } else if starts(b"8BPS") {
        Some("Photoshop")
    } else if starts(b"\0\0\0\x0CjP  ") || starts(b"\xFF\x4F\xFF\x51") {
        Some("JPEG 2000")
    } else if starts(b"\x1F\x8B") {
        Some("gzip data, such as a compressed SVG")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_decoded_is_named() {
        let cases: [(&[u8], &str); 6] = [
            (b"\0\0\0\x1Cftypisom\0\0\0\0", "a video"),
            (b"\x1F\x8B\x08", "gzip data, such as a compressed SVG"),
            (b"%PDF-1.7", "PDF"),
            (b"", "the source is empty"),
            (b"hello", "not the first bytes"),
            (b"RIFF\0\0\0\0WAVE", "not the first bytes"),
        ];
        for (source, named) in cases {
            let Err(Error::UnrecognizedFormat(message)) = sniff(source) else { panic!("{named} was recognized") };
            assert!(message.starts_with(named), "{message}");
        }
    }
}
