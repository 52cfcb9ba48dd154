//! `format=json`: what the image would be, and what it would be made of.

use darkroom_recipe::ImageInfo;
use serde::Serialize;

use crate::deliver::Made;
use crate::{Image, Original};

/// Cloudflare's names where it has some. Sizes of files are in bytes.
#[derive(Serialize)]
struct Facts<'a> {
    width: u32,
    height: u32,
    format: &'a str,
    file_size: usize,
    original: Source<'a>,
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
}

/// The facts as a file to be sent.
pub(crate) fn facts(info: &ImageInfo, original: &Original, made: &Made) -> Image {
    let facts = Facts {
        width: made.width,
        height: made.height,
        format: made.stored.media_type,
        file_size: made.stored.bytes.len(),
        original: Source {
            width: info.width,
            height: info.height,
            format: info.format.media_type(),
            file_size: original.bytes.len(),
            orientation: info.orientation,
            frames: info.frames,
            alpha: info.alpha,
        },
    };
    Image {
        bytes: serde_json::to_vec(&facts).unwrap_or_default().into(),
        media_type: "application/json",
        etag: made.stored.stamp.etag.clone(),
        last_modified: original.last_modified,
        provisional: false,
        reason: None,
    }
}
