//! `format=json`: facts about the image that would be sent, and about its original.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use darkroom_recipe::{Description, ImageInfo, Metadata};
use serde::Serialize;

use crate::flow::deliver::Made;
use crate::flow::shell::JSON;
use crate::{Original, Stored};

/// Cloudflare's names where it has some. File sizes are in bytes.
#[derive(Serialize)]
struct Facts<'a> {
    width: u32,
    height: u32,
    format: &'a str,
    file_size: usize,
    /// In Base64, as its libraries take it.
    thumbhash: String,
    /// As CSS writes it.
    dominant_color: String,
    original: Source<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    exif: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct Source<'a> {
    width: u32,
    height: u32,
    format: &'a str,
    file_size: usize,
    orientation: u8,
    frames: u32,
    alpha: bool,
    /// Whether pixels are missing in the file. Omitted if none are.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    damaged: bool,
}

/// The image's copyright fields: those that [`Metadata::Copyright`] keeps.
const RIGHTS: [&str; 2] = ["Artist", "Copyright"];

/// The facts as a file to send. They include the EXIF fields that a rendition with the same `metadata` keeps, and never
/// a place.
pub(crate) fn facts(
    info: &ImageInfo,
    description: &Description,
    original: &Original,
    made: &Made,
    metadata: Metadata,
) -> Stored {
    let told = |name: &str| match metadata {
        Metadata::None => false,
        Metadata::Copyright => RIGHTS.contains(&name),
        Metadata::Keep => true,
    };
    let exif = description.exif.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let facts = Facts {
        width: made.width,
        height: made.height,
        format: made.stored.media_type,
        file_size: made.stored.bytes.len(),
        thumbhash: STANDARD.encode(&description.thumb_hash),
        dominant_color: description.dominant_color.css(),
        exif: exif.filter(|(name, _)| told(name)).collect(),
        original: Source {
            width: info.width,
            height: info.height,
            format: info.format.media_type(),
            file_size: original.bytes.len(),
            orientation: info.orientation,
            frames: info.frames,
            alpha: info.alpha,
            damaged: info.damaged,
        },
    };
    Stored {
        bytes: serde_json::to_vec(&facts).unwrap_or_default().into(),
        media_type: JSON,
        stamp: made.stored.stamp.clone().of_facts(),
        last_modified: original.last_modified,
    }
}
