use std::collections::BTreeMap;

use crate::{Color, Format, Metadata, Recipe};

/// Facts about a source, read from its headers alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub struct ImageInfo {
    /// The format detected from the bytes; the file name is ignored.
    pub format: Format,
    /// Columns as displayed, after EXIF orientation.
    pub width: u32,
    /// Rows as displayed.
    pub height: u32,
    /// EXIF orientation, 1 to 8; 1 if the file has none.
    pub orientation: u8,
    /// 1 for a still.
    pub frames: u32,
    /// Whether pixels can be transparent.
    pub alpha: bool,
    /// 1 to 16; a TIFF can also have 32 or 64.
    pub bits_per_channel: u8,
    /// Whether an ICC profile is embedded.
    pub icc_profile: bool,
    /// Whether EXIF, XMP or IPTC metadata is embedded.
    pub metadata: bool,
    /// Whether requested pixels are missing from the file. Headers can't show that, so this is `false` until the pixels
    /// are decoded; JSON omits it while it is `false`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    pub damaged: bool,
}

/// A placeholder for an image that is still loading, and the camera's EXIF fields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub struct Description {
    /// [ThumbHash](https://evanw.github.io/thumbhash/) of the image as displayed: at most 25 bytes. Its text form is
    /// Base64.
    #[cfg_attr(feature = "serde", serde(with = "crate::json::base64"))]
    pub thumb_hash: Vec<u8>,
    /// The mean of the most frequent colours; transparent if every pixel is.
    #[cfg_attr(feature = "serde", serde(with = "crate::json::color"))]
    pub dominant_color: Color,
    /// EXIF 2.32 names and values of fields about the picture and its rights; never location, owner or serial numbers.
    pub exif: BTreeMap<String, String>,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// The format that the recipe chose.
    pub format: Format,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The quality used. It is below the recipe's if `max-bytes` required that, and `None` for a lossless output.
    pub quality: Option<u8>,
    /// A complete image file.
    pub bytes: Vec<u8>,
}

impl ImageInfo {
    /// Whether `recipe`, with the single format that it names, turns the source into an animation.
    #[must_use]
    pub fn stays_animated(&self, recipe: &Recipe) -> bool {
        self.frames > 1 && recipe.keeps_frames() && recipe.encoding.format.has_animation()
    }

    /// `source` prepared for sending in place of a rendition: with no more metadata than `recipe` keeps. `None` if
    /// browsers don't display its format, or if the file is not structured as its format requires.
    #[must_use]
    pub fn stand_in(&self, source: &[u8], recipe: &Recipe) -> Option<Vec<u8>> {
        // Browsers either don't display formats without an encoder or, as with SVG, could run their scripts.
        self.format.encoder()?;
        if recipe.metadata == Metadata::Keep { Some(source.to_vec()) } else { self.format.without_metadata(source) }
    }

    /// Whether to send the source, `length` bytes without its metadata, instead of `rendition`: it is no larger, it is
    /// undamaged, and browsers display it with the same pixels at the same size.
    #[must_use]
    pub fn does_better_than(&self, length: u64, rendition: &Rendition, recipe: &Recipe) -> bool {
        let lossy = rendition.quality.is_some();
        let full_size = (rendition.width, rendition.height) == (self.width, self.height);
        let flattened = self.alpha && (recipe.background.is_some() || !rendition.format.has_alpha());
        let shown_alike = self.format.encoder().is_some() && self.orientation == 1 && !flattened;
        let nothing_to_keep = recipe.metadata == Metadata::None;
        let same_frames = self.frames == 1 || self.stays_animated(recipe);
        let smaller = (rendition.bytes.len() as u64) < length;
        !smaller
            && !self.damaged
            && lossy
            && full_size
            && same_frames
            && shown_alike
            && nothing_to_keep
            && !recipe.changes_pixels()
    }
}
