//! Items besides the image.

use std::borrow::Cow;

use crate::meta::Meta;
use crate::properties::Property;

/// The types of auxiliary images that are alpha: MIAF's and HEVC's.
const ALPHA: [&[u8]; 2] = [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"];

/// The types of auxiliary images that are gain maps.
const GAIN_MAPS: [&[u8]; 2] = [b"urn:com:apple:photo:2020:aux:hdrgainmap", b"urn:iso:std:iso:ts:21496:-1"];

fn auxiliary<'m>(meta: &'m Meta<'_>, kinds: &'m [&[u8]]) -> impl Iterator<Item = u32> + 'm {
    let is = |property: &Property<'_>| matches!(property, Property::Auxiliary(kind) if kinds.contains(kind));
    meta.sources(meta.primary, *b"auxl").filter(move |&id| meta.properties(id).any(|(property, _)| is(property)))
}

/// The primary image's alpha.
pub(crate) fn alpha(meta: &Meta<'_>) -> Option<u32> {
    auxiliary(meta, &ALPHA).next()
}

pub(crate) fn gain_map(meta: &Meta<'_>) -> bool {
    let derived = meta.items().filter(|(_, item)| &item.kind == b"tmap");
    let of_primary = |(id, _)| meta.targets(id, *b"dimg").any(|target| target == meta.primary);
    auxiliary(meta, &GAIN_MAPS).next().is_some() || derived.into_iter().any(of_primary)
}

/// ISO/IEC 23008-12 annex A.2: the first four bytes are the offset of the TIFF structure from their end.
pub(crate) fn exif<'a>(meta: &Meta<'a>) -> Option<Cow<'a, [u8]>> {
    let data = about(meta, |kind, _| kind == b"Exif")?;
    let offset = u32::from_be_bytes(*data.first_chunk()?) as usize;
    part(data, offset.checked_add(4)?)
}

fn part(data: Cow<'_, [u8]>, start: usize) -> Option<Cow<'_, [u8]>> {
    match data {
        Cow::Borrowed(data) => data.get(start..).map(Cow::Borrowed),
        Cow::Owned(data) => data.get(start..).map(<[u8]>::to_vec).map(Cow::Owned),
    }
}

pub(crate) fn xmp<'a>(meta: &Meta<'a>) -> Option<Cow<'a, [u8]>> {
    about(meta, |kind, media_type| kind == b"mime" && media_type == b"application/rdf+xml")
}

/// The first item that satisfies `is` and describes the primary image.
fn about<'a>(meta: &Meta<'a>, is: impl Fn(&[u8], &[u8]) -> bool) -> Option<Cow<'a, [u8]>> {
    let of_primary = |id: u32| meta.targets(id, *b"cdsc").any(|target| target == meta.primary);
    let (id, _) = meta.items().find(|(id, item)| is(&item.kind, item.media_type) && of_primary(*id))?;
    meta.data(id).ok()
}
