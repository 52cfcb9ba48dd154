//! Collects a TIFF's fields about its picture in the structure that other formats embed as EXIF, which is itself a
//! TIFF.

use crate::ifd::{Directory, Field};

const EXIF: u16 = 34_665;
const GPS: u16 = 34_853;
/// Description, make, model, software, date, artist, host computer, copyright.
const WANTED: [u16; 8] = [270, 271, 272, 305, 306, 315, 316, 33_432];
/// A camera's maker note, and a directory of thumbnails: both hold offsets that would be wrong elsewhere.
const LEFT_OUT: [u16; 2] = [37_500, 40_965];
/// A longer value is left out: it is data rather than a description.
const LONGEST: usize = 4096;
/// The most fields of a directory: EXIF defines fewer.
const MOST: usize = 256;

/// `None` if no fields are wanted.
pub(super) fn of(directory: Directory<'_>) -> Option<Vec<u8>> {
    let wanted = |field: &Field<'_>| WANTED.contains(&field.tag);
    let mut parts = vec![(0, chosen(directory, wanted))];
    for tag in [EXIF, GPS] {
        let pointer = directory.find(tag).ok().flatten().and_then(|pointer| pointer.first());
        let part = pointer.and_then(|offset| directory.tiff().directory(offset).ok());
        parts.extend(part.map(|part| (tag, chosen(part, |field| !LEFT_OUT.contains(&field.tag)))));
    }
    parts.retain(|(tag, fields)| *tag == 0 || !fields.is_empty());
    let empty = parts.iter().all(|(_, fields)| fields.is_empty());
    (!empty).then(|| written(&parts, directory.tiff().big_endian))
}

fn chosen<'a>(directory: Directory<'a>, wanted: impl Fn(&Field<'a>) -> bool) -> Vec<Field<'a>> {
    // Other readers don't know BigTIFF's own types.
    let known =
        |field: &Field<'_>| field.kind <= 12 && !field.values.bytes.is_empty() && field.values.bytes.len() <= LONGEST;
    let mut fields: Vec<_> = directory.fields().filter(|field| known(field) && wanted(field)).take(MOST).collect();
    fields.sort_by_key(|field| field.tag);
    fields.dedup_by_key(|field| field.tag);
    fields
}

/// Writes the first directory, which points to the others; each is followed by its values.
fn written(parts: &[(u16, Vec<Field<'_>>)], big_endian: bool) -> Vec<u8> {
    let mut file = Writer { bytes: Vec::new(), big_endian };
    file.bytes.extend_from_slice(if big_endian { b"MM" } else { b"II" });
    file.number(42, 2);
    file.number(8, 4);
    let mut pointers = Vec::new();
    for (n, (_, fields)) in parts.iter().enumerate() {
        let others = if n == 0 { &parts[1..] } else { &[] };
        let start = file.bytes.len();
        if let Some(pointer) = n.checked_sub(1).and_then(|n| pointers.get(n).copied()) {
            file.set(pointer, start);
        }
        let count = fields.len() + others.len();
        file.number(count, 2);
        let mut values = start + 2 + 12 * count + 4;
        for field in fields {
            let Field { tag, kind, values: found, .. } = field;
            file.number((*tag).into(), 2);
            file.number((*kind).into(), 2);
            file.number(found.len(), 4);
            if found.bytes.len() > 4 {
                file.number(values, 4);
                values += found.bytes.len().next_multiple_of(2);
            } else {
                let end = file.bytes.len() + 4;
                file.bytes.extend_from_slice(found.bytes);
                file.bytes.resize(end, 0);
            }
        }
        for (tag, _) in others {
            file.number((*tag).into(), 2);
            file.number(4, 2);
            file.number(1, 4);
            pointers.push(file.bytes.len());
            file.number(0, 4);
        }
        file.number(0, 4);
        for field in fields.iter().filter(|field| field.values.bytes.len() > 4) {
            file.bytes.extend_from_slice(field.values.bytes);
            file.bytes.resize(file.bytes.len().next_multiple_of(2), 0);
        }
    }
    file.bytes
}

struct Writer {
    bytes: Vec<u8>,
    big_endian: bool,
}

impl Writer {
    fn number(&mut self, number: usize, length: usize) {
        self.bytes.resize(self.bytes.len() + length, 0);
        self.put(self.bytes.len() - length, number, length);
    }

    fn set(&mut self, at: usize, number: usize) {
        self.put(at, number, 4);
    }

    fn put(&mut self, at: usize, number: usize, length: usize) {
        for (n, byte) in self.bytes[at..at + length].iter_mut().enumerate() {
            let weight = if self.big_endian { length - 1 - n } else { n };
            *byte = (number >> (8 * weight)) as u8;
        }
    }
}
