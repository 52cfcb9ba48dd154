//! What is wanted of EXIF: how the image is to be shown, whose it is, and how it was taken.

use std::collections::BTreeMap;

use darkroom_recipe::{Metadata, Orientation};
use exif::{Exif, Field, In, Reader, Tag, Value, experimental::Writer};
use image::metadata::Orientation as Stored;

/// The orientation that a TIFF structure asks for; none where it is broken, as browsers read it.
pub(crate) fn orientation(tiff: &[u8]) -> Orientation {
    Stored::from_exif_chunk(tiff).map_or(Orientation::default(), |found| Orientation::from_exif(found.to_exif().into()))
}

/// What `policy` keeps of a TIFF structure, as another one. The orientation in it is 1: it is in the pixels by then.
pub(crate) fn keep(tiff: &[u8], policy: Metadata) -> Option<Vec<u8>> {
    match policy {
        Metadata::None => None,
        Metadata::Copyright => copyright(tiff),
        Metadata::Keep => {
            let mut kept = tiff.to_vec();
            let _ = Stored::remove_from_exif_chunk(&mut kept); // none in it: nothing to reset
            Some(kept)
        }
    }
}

/// About the picture and its rights. Left out are place, owner and serial numbers, and free text, which may have them.
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

/// Names and values of the fields in [`FACTS`] that are there and can be read.
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
