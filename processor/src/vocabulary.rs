//! What this build can do: it may lack codecs.

use darkroom_recipe::Format;
#[cfg(feature = "serde")]
use darkroom_recipe::{FormatEntry, formats_of};

/// Whether this build decodes that format.
#[must_use]
pub const fn decodes(format: Format) -> bool {
    match format {
        Format::Avif => cfg!(feature = "avif"),
        Format::Bmp => cfg!(feature = "bmp"),
        Format::Gif => cfg!(feature = "gif"),
        Format::Heic => cfg!(feature = "heic"),
        Format::Ico => cfg!(feature = "ico"),
        Format::Jxl => cfg!(feature = "jxl"),
        Format::Svg => cfg!(feature = "svg"),
        Format::Tiff => cfg!(feature = "tiff"),
        Format::Jpeg | Format::Png | Format::Qoi | Format::WebP => true,
    }
}

/// Whether this build encodes that format.
#[must_use]
pub const fn encodes(format: Format) -> bool {
    match format {
        Format::Avif => cfg!(feature = "avif"),
        Format::Gif => cfg!(feature = "gif"),
        Format::Jxl => cfg!(feature = "jxl-encode"),
        Format::Jpeg | Format::Png | Format::WebP => true,
        Format::Bmp | Format::Heic | Format::Ico | Format::Qoi | Format::Svg | Format::Tiff => false,
    }
}

/// Every format, and whether this build decodes and encodes it.
#[cfg(feature = "serde")]
#[must_use]
pub fn formats() -> Vec<FormatEntry> {
    formats_of(decodes, encodes)
}
