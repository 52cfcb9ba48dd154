//! The two things that are wanted of EXIF: how the image is to be shown, and whose it is.

use darkroom_recipe::{Metadata, Orientation};
use exif::{Field, In, Reader, Tag, experimental::Writer};
use image::metadata::Orientation as Exif;

/// The orientation that a TIFF structure asks for; none where it is broken, as browsers read it.
pub(crate) fn orientation(tiff: &[u8]) -> Orientation {
    Exif::from_exif_chunk(tiff).map_or(Orientation::default(), |found| Orientation::from_exif(found.to_exif().into()))
}

/// What `policy` keeps of a TIFF structure, as another one. The orientation in it is 1: it is in the pixels by then.
pub(crate) fn keep(tiff: &[u8], policy: Metadata) -> Option<Vec<u8>> {
    match policy {
        Metadata::None => None,
        Metadata::Copyright => copyright(tiff),
        Metadata::Keep => {
            let mut kept = tiff.to_vec();
            let _ = Exif::remove_from_exif_chunk(&mut kept); // none in it: nothing to reset
            Some(kept)
        }
    }
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
