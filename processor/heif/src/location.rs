//! The positions of an item's bytes (`iloc`, ISO/IEC 14496-12 §8.11.3).

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::Error;
use crate::reader::Reader;

/// The offsets and lengths of an item's extents.
pub(crate) struct Location {
    /// 0: the file. 1: `idat`. 2: another item.
    method: u8,
    extents: Vec<(u64, u64)>,
}

impl Location {
    pub(crate) fn data<'a>(&self, source: &'a [u8], idat: &'a [u8]) -> Result<Cow<'a, [u8]>, Error> {
        let from = match self.method {
            0 => source,
            1 => idat,
            _ => return Err(Error::Unsupported("an item that is made of other items' bytes".into())),
        };
        if let [extent] = self.extents[..] {
            return slice(from, extent).map(Cow::Borrowed);
        }
        let parts = self.extents.iter().map(|extent| slice(from, *extent));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        // Extents may overlap, and could then add up to more than the file.
        if parts.iter().map(|part| part.len() as u64).sum::<u64>() > from.len() as u64 {
            return Err(Error::Malformed("an item has more bytes than the file"));
        }
        Ok(Cow::Owned(parts.concat()))
    }
}

/// An extent of length 0 extends to the end.
fn slice(from: &[u8], (offset, length): (u64, u64)) -> Result<&[u8], Error> {
    let start = usize::try_from(offset).map_err(|_| Error::Truncated)?;
    let rest = from.get(start..).ok_or(Error::Truncated)?;
    match usize::try_from(length).map_err(|_| Error::Truncated)? {
        0 => Ok(rest),
        length => rest.get(..length).ok_or(Error::Truncated),
    }
}

pub(crate) fn read(mut body: Reader<'_>) -> Result<BTreeMap<u32, Location>, Error> {
    let (version, _) = body.version()?;
    if version > 2 {
        return Err(Error::Unsupported(format!("`iloc` of version {version}: known are 0, 1 and 2")));
    }
    let sizes = body.u16()?;
    let size = |place: u32| (sizes >> (12 - 4 * place) & 15) as u8;
    let count = body.id(version > 1)?;
    let mut locations = BTreeMap::new();
    for _ in 0..count {
        let id = body.id(version > 1)?;
        let method = if version > 0 { (body.u16()? & 15) as u8 } else { 0 };
        body.u16()?;
        let base = body.sized(size(2))?;
        let mut extents = Vec::new();
        let count = body.u16()?;
        // Such extents would be counted without consuming any bytes.
        if count > 1 && sizes >> 8 == 0 {
            return Err(Error::Malformed("an item has several extents, which have no offset and no length"));
        }
        for _ in 0..count {
            body.sized(if version > 0 { size(3) } else { 0 })?;
            let offset = base.checked_add(body.sized(size(0))?).ok_or(Error::Truncated)?;
            extents.push((offset, body.sized(size(1))?));
        }
        locations.insert(id, Location { method, extents });
    }
    Ok(locations)
}
