use std::collections::BTreeMap;

use crate::{Color, Format, Metadata, Recipe};

/// What a source is, from its headers alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub struct ImageInfo {
    /// The format that its bytes have, whatever its name says.
    pub format: Format,
    /// Columns as shown: after EXIF orientation.
    pub width: u32,
    /// Rows as shown.
    pub height: u32,
    /// EXIF orientation, 1 to 8; 1 where there is none.
    pub orientation: u8,
    /// 1 for a still.
    pub frames: u32,
    /// Whether pixels can be transparent.
    pub alpha: bool,
    /// 1 to 16; of a TIFF also 32 or 64.
    pub bits_per_channel: u8,
    /// Whether an ICC profile is embedded.
    pub icc_profile: bool,
    /// Whether EXIF, XMP or IPTC metadata is embedded.
    pub metadata: bool,
    /// Whether pixels that were asked for are missing in the file. Headers don't tell: it is `false` before the pixels
    /// are decoded, and left out of JSON while it is.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    pub damaged: bool,
}

/// What can stand in for an image until it is there, and what its camera wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "camelCase"))]
pub struct Description {
    /// [ThumbHash](https://evanw.github.io/thumbhash/) of the image as shown: at most 25 bytes.
    /// As text it is Base64.
    #[cfg_attr(feature = "serde", serde(with = "crate::json::base64"))]
    pub thumb_hash: Vec<u8>,
    /// The mean of the most frequent colours; transparent where every pixel is.
    #[cfg_attr(feature = "serde", serde(with = "crate::json::color"))]
    pub dominant_color: Color,
    /// Names (EXIF 2.32) and values of fields about the picture and its rights, never about place, owner or serial
    /// numbers.
    pub exif: BTreeMap<String, String>,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// As the recipe asked.
    pub format: Format,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The quality used: below the recipe's where `max-bytes` asked for it; none for a lossless output.
    pub quality: Option<u8>,
    /// A complete image file.
    pub bytes: Vec<u8>,
}

impl ImageInfo {
    /// Whether `recipe`, in the one format that it names, makes an animation of the source.
    #[must_use]
    pub fn stays_animated(&self, recipe: &Recipe) -> bool {
        self.frames > 1 && recipe.keeps_frames() && recipe.encoding.format.has_animation()
    }

    /// `source` as it is sent in a rendition's place: with no more metadata than `recipe` keeps. None where browsers
    /// don't show its format, or it is not built as its format wants it.
    #[must_use]
    pub fn stand_in(&self, source: &[u8], recipe: &Recipe) -> Option<Vec<u8>> {
        // What has no encoder is shown by none, or by some with its scripts: an SVG.
        self.format.encoder()?;
        if recipe.metadata == Metadata::Keep { Some(source.to_vec()) } else { self.format.without_metadata(source) }
    }

    /// Whether the source, `length` bytes without its metadata, does better in place of `rendition`: it is no larger,
    /// whole, and browsers show it, with the same pixels in the same size.
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
