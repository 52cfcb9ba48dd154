//! An ICC profile and XMP in a file that avif-serialize has written, which has no place for either.

use std::ops::Range;

/// Bytes before the content of a box, with and without version and flags (ISO/IEC 14496-12 §4.2).
const FULL: usize = 12;
const PLAIN: usize = 8;

/// The item that is the image, as avif-serialize numbers it, and one after all of its own.
const IMAGE: u16 = 1;
const XMP: u16 = 4;

/// The same file, whose image has the profile too (ISO/IEC 14496-12 §12.1.5, ISO/IEC 23008-12 §9.3). None where the file is
/// not built as expected.
pub(super) fn add_profile(file: &[u8], icc: &[u8]) -> Option<Vec<u8>> {
    let mut file = file.to_vec();
    let properties = in_meta(&file, b"iprp")?;
    let inside = properties.start + PLAIN..properties.end;
    let list = find(&file, inside.clone(), b"ipco")?;
    let uses = find(&file, inside, b"ipma")?;
    // The first item's entry: its number, how many properties it has, and these.
    let count = uses.start + FULL + 4 + 2;
    let used = usize::from(*file.get(count)?);
    let number = boxes(&file, list.start + PLAIN..list.end).count() as u8 + 1;
    let property = [&(12 + icc.len() as u32).to_be_bytes()[..], b"colrprof", icc].concat();
    let added = property.len() as u32 + 1;
    shift_data(&mut file, added)?;
    for (start, by) in [(properties.start, added), (list.start, added - 1), (uses.start, 1)] {
        grow(&mut file, start, by)?;
    }
    file[count] += 1;
    file.insert(count + 1 + used, number);
    file.splice(list.end..list.end, property);
    grow_meta(&mut file, added)?;
    Some(file)
}

/// The same file with XMP about the image (ISO/IEC 23008-12 annex A.3). None where the file is not built as expected.
pub(super) fn add_xmp(file: &[u8], xmp: &[u8]) -> Option<Vec<u8>> {
    let mut file = file.to_vec();
    let item = [&[2, 0, 0, 0][..], &XMP.to_be_bytes(), &[0, 0], b"mime\0application/rdf+xml\0"].concat();
    let item = boxed(b"infe", &item);
    let about = boxed(b"cdsc", &[XMP, 1, IMAGE].map(u16::to_be_bytes).concat());
    // Number, where data is, how many parts, and where the only one begins and its length.
    let location = [&[XMP, 0, 1].map(u16::to_be_bytes).concat()[..], &[0; 8]].concat();
    let others = in_meta(&file, b"iref").is_some();
    let references = if others { about } else { boxed(b"iref", &[&[0; 4][..], &about].concat()) };
    let added = (item.len() + location.len() + references.len()) as u32;
    shift_data(&mut file, added)?;

    let items = in_meta(&file, b"iinf")?;
    count_up(&mut file, items.start + FULL)?;
    insert(&mut file, b"iinf", &item)?;
    let locations = in_meta(&file, b"iloc")?;
    count_up(&mut file, locations.start + FULL + 2)?;
    insert(&mut file, b"iloc", &location)?;
    if others {
        insert(&mut file, b"iref", &references)?;
    } else {
        let end = meta(&file)?.end;
        file.splice(end..end, references.iter().copied());
        grow_meta(&mut file, references.len() as u32)?;
    }
    let data = boxes(&file, 0..file.len()).find(|found| file.get(found.start + 4..found.start + 8) == Some(b"mdat"))?;
    let place = in_meta(&file, b"iloc")?.end - 8;
    let (begin, length) = (u32::try_from(data.end).ok()?, u32::try_from(xmp.len()).ok()?);
    file[place..place + 4].copy_from_slice(&begin.to_be_bytes());
    file[place + 4..place + 8].copy_from_slice(&length.to_be_bytes());
    grow(&mut file, data.start, length)?;
    file.splice(data.end..data.end, xmp.iter().copied());
    Some(file)
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&((PLAIN + content.len()) as u32).to_be_bytes()[..], kind, content].concat()
}

/// Puts content at the end of a box in `meta`.
fn insert(file: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) -> Option<()> {
    let found = in_meta(file, kind)?;
    grow(file, found.start, content.len() as u32)?;
    file.splice(found.end..found.end, content.iter().copied());
    grow_meta(file, content.len() as u32)
}

/// The data of the items comes to lie further behind.
fn shift_data(file: &mut [u8], by: u32) -> Option<()> {
    let locations = in_meta(file, b"iloc")?.start;
    let mut at = locations + FULL + 4;
    for _ in 0..u16_at(file, at - 2)? {
        let extents = u16_at(file, at + 4)?;
        at += 6;
        for _ in 0..extents {
            grow(file, at, by)?;
            at += 8;
        }
    }
    Some(())
}

fn u16_at(file: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*file.get(at..)?.first_chunk()?))
}

/// One more in a number of two bytes.
fn count_up(file: &mut [u8], at: usize) -> Option<()> {
    let count = u16_at(file, at)?.checked_add(1)?;
    file[at..at + 2].copy_from_slice(&count.to_be_bytes());
    Some(())
}

fn grow_meta(file: &mut [u8], by: u32) -> Option<()> {
    let start = meta(file)?.start;
    grow(file, start, by)
}

/// Adds to a number of four bytes.
fn grow(file: &mut [u8], at: usize, by: u32) -> Option<()> {
    let bytes = file.get_mut(at..)?.first_chunk_mut::<4>()?;
    *bytes = u32::from_be_bytes(*bytes).checked_add(by)?.to_be_bytes();
    Some(())
}

fn meta(file: &[u8]) -> Option<Range<usize>> {
    find(file, 0..file.len(), b"meta")
}

fn in_meta(file: &[u8], kind: &[u8; 4]) -> Option<Range<usize>> {
    let meta = meta(file)?;
    find(file, meta.start + FULL..meta.end, kind)
}

fn find(file: &[u8], within: Range<usize>, kind: &[u8; 4]) -> Option<Range<usize>> {
    boxes(file, within).find(|found| file.get(found.start + 4..found.start + 8) == Some(kind))
}

/// Beginnings and ends of the boxes within a part of the file.
fn boxes(file: &[u8], within: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut start = within.start;
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(*file.get(start..within.end)?.first_chunk()?) as usize;
        let found = start..start.checked_add(length).filter(|end| length >= 8 && *end <= within.end)?;
        start = found.end;
        Some(found)
    })
}
