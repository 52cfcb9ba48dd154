use darkroom_recipe::{Format, SourceFormat};

/// What a source is, from its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageInfo {
    /// What the bytes are, whatever the file's name says.
    pub format: SourceFormat,
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
    /// 1 to 16, or 32 for floating point.
    pub bits_per_channel: u8,
    /// Whether an ICC profile is embedded.
    pub icc_profile: bool,
    /// Whether EXIF metadata is embedded.
    pub exif: bool,
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
