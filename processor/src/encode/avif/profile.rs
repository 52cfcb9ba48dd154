//! Inserts an ICC profile into a file from avif-serialize, which does not support profiles.

/// The same file with the profile added to its first item (ISO/IEC 14496-12 §12.1.5, ISO/IEC 23008-12 §9.3). `None` if
/// the file does not have the expected structure.
pub(super) fn add(file: &[u8], icc: &[u8]) -> Option<Vec<u8>> {
    const FULL: usize = 12;
    const PLAIN: usize = 8;
    let meta = find(file, 0..file.len(), b"meta")?;
    let inside = meta.start + FULL..meta.end;
    let properties = find(file, inside.clone(), b"iprp")?;
    let list = find(file, properties.start + PLAIN..properties.end, b"ipco")?;
    let uses = find(file, properties.start + PLAIN..properties.end, b"ipma")?;
    let locations = find(file, inside, b"iloc")?;
    let mut file = file.to_vec();
    // The first item's entry: its ID, the number of its properties, and the properties.
    let count = uses.start + FULL + 4 + 2;
    let used = usize::from(*file.get(count)?);
    let number = boxes(&file, list.start + PLAIN..list.end).count() as u8 + 1;
    let property = [&(12 + icc.len() as u32).to_be_bytes()[..], b"colrprof", icc].concat();
    // The offset of the items' data, which moves back.
    let added = property.len() as u32 + 1;
    let items = u16::from_be_bytes([*file.get(locations.start + FULL + 2)?, *file.get(locations.start + FULL + 3)?]);
    let mut at = locations.start + FULL + 4;
    for _ in 0..items {
        let extents = u16::from_be_bytes([*file.get(at + 4)?, *file.get(at + 5)?]);
        at += 6;
        for _ in 0..extents {
            grow(&mut file, at, added)?;
            at += 8;
        }
    }
    for (start, by) in [(meta.start, added), (properties.start, added), (list.start, added - 1), (uses.start, 1)] {
        grow(&mut file, start, by)?;
    }
    file[count] += 1;
    file.insert(count + 1 + used, number);
    file.splice(list.end..list.end, property);
    Some(file)
}

/// Adds to a four-byte number.
fn grow(file: &mut [u8], at: usize, by: u32) -> Option<()> {
    let bytes = file.get_mut(at..)?.first_chunk_mut::<4>()?;
    *bytes = u32::from_be_bytes(*bytes).checked_add(by)?.to_be_bytes();
    Some(())
}

fn find(file: &[u8], within: std::ops::Range<usize>, kind: &[u8; 4]) -> Option<std::ops::Range<usize>> {
    boxes(file, within).find(|found| file.get(found.start + 4..found.start + 8) == Some(kind))
}

/// The ranges of the boxes in a part of the file.
fn boxes(file: &[u8], within: std::ops::Range<usize>) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut start = within.start;
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(*file.get(start..within.end)?.first_chunk()?) as usize;
        let found = start..start.checked_add(length).filter(|end| length >= 8 && *end <= within.end)?;
        start = found.end;
        Some(found)
    })
}
