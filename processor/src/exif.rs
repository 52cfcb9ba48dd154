//! Reads the EXIF fields in use: orientation, rights and shooting parameters.

use std::collections::BTreeMap;

use darkroom_recipe::{Metadata, Orientation, Size};
use exif::{Exif, Field, In, Reader, Tag, Value, experimental::Writer};
use image::metadata::Orientation as Stored;

use crate::ifd::{Directory, Tiff, Values};

/// The orientation in a TIFF structure; the default if the structure is corrupt, as in browsers.
pub(crate) fn orientation(tiff: &[u8]) -> Orientation {
    Stored::from_exif_chunk(tiff).map_or(Orientation::default(), |found| Orientation::from_exif(found.to_exif().into()))
}

/// Builds a TIFF structure with the fields that `policy` keeps, for an image of `size`. Its orientation is 1, because
/// the pixels are already rotated. It has no thumbnail, because that would show the unedited image. If it exceeds
/// `most` bytes, only artist and copyright are kept.
pub(crate) fn keep(tiff: &[u8], policy: Metadata, size: Size, most: usize) -> Option<Vec<u8>> {
    match policy {
        Metadata::None => None,
        Metadata::Copyright => copyright(tiff),
        Metadata::Keep => {
            let mut kept = tiff.to_vec();
            let _ = Stored::remove_from_exif_chunk(&mut kept); // `None`: there was nothing to reset
            drop_thumbnail(&mut kept);
            set_size(&mut kept, size);
            if kept.len() <= most { Some(kept) } else { copyright(tiff) }
        }
    }
    .filter(|kept| kept.len() <= most)
}

/// Zeroes the second directory and the thumbnail that it describes. They are overwritten in place, because a camera's
/// maker note holds offsets; a part at the end is truncated instead.
fn drop_thumbnail(tiff: &mut Vec<u8>) {
    let Some(parts) = thumbnail(tiff) else { return };
    for (start, length) in parts {
        let start = start.min(tiff.len());
        let end = start.saturating_add(length).min(tiff.len());
        tiff[start..end].fill(0);
        if end == tiff.len() {
            tiff.truncate(start);
        }
    }
}

/// The positions and lengths of the thumbnail, its directory, and the offset of that directory.
fn thumbnail(tiff: &[u8]) -> Option<Vec<(usize, usize)>> {
    const PLACES: [(u16, u16); 2] = [(0x0201, 0x0202), (0x0111, 0x0117)]; // a JPEG, or strips
    let (file, offset) = Tiff::open(tiff).ok()?;
    let link = file.directory(offset).ok()?.end();
    let second = file.number(link, 4).ok().filter(|offset| *offset > 0)?;
    let directory = file.directory(second).ok()?;
    let numbers = |tag| directory.find(tag).ok().flatten();
    let pairs = PLACES.iter().filter_map(|(starts, lengths)| numbers(*starts).zip(numbers(*lengths)));
    let data = pairs.flat_map(|(starts, lengths): (Values<'_>, Values<'_>)| {
        (0..starts.len()).filter_map(move |n| Some((starts.get(n)? as usize, lengths.get(n)? as usize)))
    });
    let own = (second as usize, directory.end() + 4 - second as usize);
    Some(data.chain([own, (link, 4)]).collect())
}

/// Sets the size in every field that holds it.
fn set_size(tiff: &mut [u8], size: Size) {
    const EXIF: u16 = 0x8769;
    let Ok((file, offset)) = Tiff::open(tiff) else { return };
    let first = file.directory(offset).ok();
    let exif = first.and_then(|first| first.find(EXIF).ok()?.and_then(Values::first));
    let exif = exif.and_then(|offset| file.directory(offset).ok());
    let side = |tag| match tag {
        0x0100 | 0xA002 => Some(size.width),
        0x0101 | 0xA003 => Some(size.height),
        _ => None,
    };
    let fields = [first, exif].into_iter().flatten().flat_map(Directory::fields);
    let found: Vec<_> = fields.filter_map(|field| Some((field.at, side(field.tag)?))).collect();
    let big_endian = file.big_endian;
    for (at, side) in found {
        // One four-byte number, regardless of the original type.
        let (kind, count) = (4u16, 1u32);
        let bytes = if big_endian {
            [&kind.to_be_bytes()[..], &count.to_be_bytes(), &side.to_be_bytes()].concat()
        } else {
            [&kind.to_le_bytes()[..], &count.to_le_bytes(), &side.to_le_bytes()].concat()
        };
        if let Some(place) = tiff.get_mut(at + 2..at + 12) {
            place.copy_from_slice(&bytes);
        }
    }
}

/// Fields about the picture and its rights. Location, owner, serial numbers, and free text, which may contain these,
/// are left out.
const FACTS: [Tag; 17] = [
    Tag::Make,
    Tag::Model,
    Tag::LensModel,
    Tag::Software,
    Tag::DateTimeOriginal,
    Tag::OffsetTimeOriginal,
    Tag::ExposureTime,
    Tag::FNumber,
    Tag::PhotographicSensitivity,
    Tag::ExposureBiasValue,
    Tag::ExposureProgram,
    Tag::MeteringMode,
    Tag::Flash,
    Tag::FocalLength,
    Tag::FocalLengthIn35mmFilm,
    Tag::Artist,
    Tag::Copyright,
];

/// A text is cut after this many characters.
const LONGEST: usize = 200;

/// Names and values of the fields in [`FACTS`] that are present and readable.
pub(crate) fn facts(tiff: &[u8]) -> BTreeMap<String, String> {
    let Ok(exif) = Reader::new().read_raw(tiff.to_vec()) else { return BTreeMap::new() };
    let fields = FACTS.iter().filter_map(|tag| exif.get_field(*tag, In::PRIMARY));
    let facts = fields.map(|field| (field.tag.to_string(), text(field, &exif)));
    facts.filter(|(_, value)| !value.is_empty()).collect()
}

fn text(field: &Field, exif: &Exif) -> String {
    let text = match &field.value {
        Value::Ascii(lines) => lines.iter().map(|line| String::from_utf8_lossy(line)).collect::<Vec<_>>().join(" "),
        _ => field.display_value().with_unit(exif).to_string(),
    };
    text.trim().chars().filter(|character| !character.is_control()).take(LONGEST).collect()
}

fn copyright(tiff: &[u8]) -> Option<Vec<u8>> {
    let exif = Reader::new().read_raw(tiff.to_vec()).ok()?;
    let fields: Vec<&Field> =
        [Tag::Copyright, Tag::Artist].iter().filter_map(|tag| exif.get_field(*tag, In::PRIMARY)).collect();
    if fields.is_empty() {
        return None;
    }
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut kept = std::io::Cursor::new(Vec::new());
    writer.write(&mut kept, false).ok()?;
    Some(kept.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Width, orientation, a pointer to the EXIF directory, which has a width of its own, and a thumbnail at the end.
    fn structure() -> Vec<u8> {
        let field = |tag: u16, kind: u16, value: u32| {
            [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &1u32.to_le_bytes(), &value.to_le_bytes()].concat()
        };
        let directory = |fields: &[Vec<u8>], next: u32| {
            [&(fields.len() as u16).to_le_bytes()[..], &fields.concat(), &next.to_le_bytes()].concat()
        };
        let first = directory(&[field(0x0100, 3, 640), field(0x0112, 3, 6), field(0x8769, 4, 50)], 80);
        let exif = directory(&[field(0xA002, 3, 640), field(0xA003, 3, 480)], 0);
        let second = directory(&[field(0x0201, 4, 110), field(0x0202, 4, 9)], 0);
        [b"II*\0\x08\0\0\0".to_vec(), first, exif, second, b"THUMBNAIL".to_vec()].concat()
    }

    #[test]
    fn what_is_kept_tells_of_the_rendition() {
        let tiff = structure();
        assert_eq!((&tiff[110..], tiff.len()), (&b"THUMBNAIL"[..], 119), "the structure's own offsets");
        let kept = keep(&tiff, Metadata::Keep, Size::new(80, 60), usize::MAX).expect("EXIF");
        assert_eq!(kept.len(), 80, "neither thumbnail nor its directory");
        let (file, offset) = Tiff::open(&kept).expect("a header");
        let first = file.directory(offset).expect("a directory");
        let number = |directory: Directory<'_>, tag| directory.find(tag).expect("whole").and_then(Values::first);
        assert_eq!((number(first, 0x0100), number(first, 0x0112)), (Some(80), Some(1)));
        assert_eq!(file.number(first.end(), 4), Ok(0));
        let exif = file.directory(50).expect("a directory");
        assert_eq!((number(exif, 0xA002), number(exif, 0xA003)), (Some(80), Some(60)));
    }

    #[test]
    fn what_is_too_long_or_broken_never_fails() {
        let tiff = structure();
        assert_eq!(keep(&tiff, Metadata::Keep, Size::new(80, 60), 79), None, "no artist, no copyright");
        for length in 0..tiff.len() {
            let kept = keep(&tiff[..length], Metadata::Keep, Size::new(80, 60), usize::MAX);
            assert!(kept.is_some_and(|kept| kept.len() <= length), "{length}");
        }
    }
}
