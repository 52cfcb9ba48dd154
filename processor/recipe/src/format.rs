//! The formats that Darkroom knows, one row each. Decoders, encoders, stores and servers all look them up here.

use crate::strip;
use crate::svg::svg_root;
use crate::value::one_of;

/// A format of image files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the format's own name")]
pub enum Format {
    Avif,
    WebP,
    Jpeg,
    Png,
    Gif,
    Tiff,
    Bmp,
    Jxl,
    Heic,
    Qoi,
    Ico,
    Svg,
}

/// Everything Darkroom knows about one format.
#[derive(Debug)]
pub struct FormatInfo {
    /// The name that recipes and facts use.
    pub name: &'static str,
    /// Alternative names.
    pub aliases: &'static [&'static str],
    /// File extensions, without the dot; output files get the first one.
    pub extensions: &'static [&'static str],
    /// The IANA media type.
    pub media_type: &'static str,
    /// Whether a file that starts with these bytes has this format.
    begins: fn(&[u8]) -> bool,
    /// Whether the image core can decode it.
    pub decoded: bool,
    /// Removes the metadata from a file; only for formats that browsers display.
    pub(crate) strip: Option<Strip>,
    /// The image core's encoder; `None` if it has none.
    pub encoder: Option<Encoder>,
}

/// Returns `None` if the file is not structured as its format requires.
pub(crate) type Strip = fn(&[u8]) -> Option<Vec<u8>>;

/// The capabilities of an encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoder {
    /// Whether pixels can be transparent.
    pub alpha: bool,
    /// Whether a file can have several timed frames.
    pub animation: bool,
    /// Whether the encoder preserves every opaque pixel.
    pub lossless: Lossless,
    /// Bits per channel of the output when a recipe keeps more than 8 of the source's.
    pub bits: u8,
    /// The colour spaces besides sRGB that a file can have.
    pub profiles: Profiles,
    /// The largest width and height that the format can express.
    pub max_side: u32,
    /// The quality if a recipe sets none, 1 to 100; docs/recipes.md describes the result.
    pub default_quality: u8,
    /// The effort if a recipe sets none, 0 to 10.
    pub default_effort: u8,
    /// Whether the encoder is so slow that `limits.slow-pixels` bounds its outputs.
    pub slow: bool,
    /// Rank among the formats negotiated by `Accept`: 1 is preferred. `None` for formats that every browser displays.
    pub negotiated: Option<u8>,
}

/// The colour spaces besides sRGB that a file can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profiles {
    /// None.
    #[default]
    None,
    /// Those defined by a matrix and three curves, from black to white; no high dynamic range.
    Simple,
    /// Everything that an ICC profile can describe.
    All,
}

/// Whether an encoder preserves every opaque pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each says when")]
pub enum Lossless {
    Never,
    Asked,
    Always,
}

static AVIF: FormatInfo = FormatInfo {
    name: "avif",
    aliases: &[],
    extensions: &["avif"],
    media_type: "image/avif",
    begins: |file| has_brand(file, &[b"avif", b"avis"]),
    decoded: true,
    strip: None,
    encoder: Some(Encoder {
        alpha: true,
        animation: false,
        lossless: Lossless::Never,
        bits: 10,
        profiles: Profiles::All,
        max_side: 65_535,
        default_quality: 75,
        default_effort: 1,
        slow: true,
        negotiated: Some(2),
    }),
};

static WEBP: FormatInfo = FormatInfo {
    name: "webp",
    aliases: &[],
    extensions: &["webp"],
    media_type: "image/webp",
    begins: |file| file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP"),
    decoded: true,
    strip: Some(strip::webp),
    encoder: Some(Encoder {
        alpha: true,
        animation: true,
        lossless: Lossless::Asked,
        bits: 8,
        profiles: Profiles::All,
        max_side: 16_383, // RFC 9649 §2.5
        default_quality: 80,
        default_effort: 6,
        slow: false,
        negotiated: Some(3),
    }),
};

static JPEG: FormatInfo = FormatInfo {
    name: "jpeg",
    aliases: &["jpg"],
    extensions: &["jpg", "jpeg", "jpe", "jfif"],
    media_type: "image/jpeg",
    begins: |file| file.starts_with(b"\xFF\xD8\xFF"),
    decoded: true,
    strip: Some(strip::jpeg),
    encoder: Some(Encoder {
        alpha: false,
        animation: false,
        lossless: Lossless::Never,
        bits: 8,
        profiles: Profiles::All,
        max_side: 65_535, // ITU-T T.81 B.2.2
        default_quality: 80,
        default_effort: 5,
        slow: false,
        negotiated: None,
    }),
};

static PNG: FormatInfo = FormatInfo {
    name: "png",
    aliases: &[],
    extensions: &["png"],
    media_type: "image/png",
    begins: |file| file.starts_with(b"\x89PNG\r\n\x1A\n"),
    decoded: true,
    strip: Some(strip::png),
    encoder: Some(Encoder {
        alpha: true,
        animation: false,
        lossless: Lossless::Always,
        bits: 16,
        profiles: Profiles::All,
        max_side: i32::MAX as u32, // PNG 3 §11.2.1
        default_quality: 100,
        default_effort: 4,
        slow: false,
        negotiated: None,
    }),
};

static GIF: FormatInfo = FormatInfo {
    name: "gif",
    aliases: &[],
    extensions: &["gif"],
    media_type: "image/gif",
    begins: |file| file.starts_with(b"GIF87a") || file.starts_with(b"GIF89a"),
    decoded: true,
    strip: Some(strip::gif),
    encoder: Some(Encoder {
        alpha: true, // a pixel is either opaque or transparent
        animation: true,
        lossless: Lossless::Never,
        bits: 8,
        profiles: Profiles::None,
        max_side: 65_535, // GIF89a §18
        default_quality: 100,
        default_effort: 0,
        slow: false,
        negotiated: None,
    }),
};

static TIFF: FormatInfo = FormatInfo {
    name: "tiff",
    aliases: &["tif"],
    extensions: &["tiff", "tif"],
    media_type: "image/tiff",
    // TIFF 6.0 section 2, and BigTIFF.
    begins: |file| [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|magic| file.starts_with(*magic)),
    decoded: true,
    strip: None,
    encoder: None,
};

static BMP: FormatInfo = FormatInfo {
    name: "bmp",
    aliases: &[],
    extensions: &["bmp"],
    media_type: "image/bmp",
    begins: |file| file.starts_with(b"BM"),
    decoded: true,
    strip: None,
    encoder: None,
};

static JXL: FormatInfo = FormatInfo {
    name: "jxl",
    aliases: &[],
    extensions: &["jxl"],
    media_type: "image/jxl",
    // ISO/IEC 18181-1 Annex D, and 18181-2 §9.1.
    begins: |file| file.starts_with(b"\xFF\x0A") || file.starts_with(b"\0\0\0\x0CJXL \r\n\x87\n"),
    decoded: true,
    strip: None,
    encoder: Some(Encoder {
        alpha: true,
        animation: false,
        lossless: Lossless::Asked,
        bits: 16,
        profiles: Profiles::Simple,
        max_side: 262_144, // the limit of level 5: ISO/IEC 18181-1 Annex M
        default_quality: 80,
        default_effort: 5,
        slow: false,
        negotiated: Some(1),
    }),
};

static HEIC: FormatInfo = FormatInfo {
    name: "heic",
    aliases: &["heif"],
    extensions: &["heic", "heif"],
    media_type: "image/heic",
    begins: |file| has_brand(file, &[b"heic", b"heix", b"heim", b"heis"]),
    decoded: true,
    strip: None,
    encoder: None,
};

static QOI: FormatInfo = FormatInfo {
    name: "qoi",
    aliases: &[],
    extensions: &["qoi"],
    media_type: "image/qoi",
    begins: |file| file.starts_with(b"qoif"),
    decoded: true,
    strip: None,
    encoder: None,
};

static ICO: FormatInfo = FormatInfo {
    name: "ico",
    aliases: &["cur"],
    extensions: &["ico", "cur"],
    media_type: "image/vnd.microsoft.icon",
    begins: |file| file.starts_with(b"\0\0\x01\0") || is_cursor(file),
    decoded: true,
    strip: None,
    encoder: None,
};

static SVG: FormatInfo = FormatInfo {
    name: "svg",
    aliases: &[],
    extensions: &["svg"],
    media_type: "image/svg+xml",
    begins: |file| svg_root(file).is_some(),
    decoded: true,
    // Never passed through: it may contain scripts.
    strip: None,
    encoder: None,
};

/// Whether a file contains cursors. Many TGA files start with the same four bytes, so this also checks that the first
/// image of the cursor is behind the list of images.
fn is_cursor(file: &[u8]) -> bool {
    let Some([0, 0, 2, 0, c0, c1, _, _, _, 0, rest @ ..]) = file.first_chunk::<22>() else { return false };
    let [_, _, _, _, _, _, _, _, offset @ ..] = *rest;
    let end = 6 + 16 * u32::from(u16::from_le_bytes([*c0, *c1]));
    u32::from_le_bytes(offset) >= end && end > 6
}

/// Whether a file type box names one of these brands, as its major brand or a compatible one (ISO/IEC 14496-12 §4.3).
fn has_brand(file: &[u8], brands: &[&[u8; 4]]) -> bool {
    let Some((length, rest)) = file.split_first_chunk::<4>() else { return false };
    let length = (u32::from_be_bytes(*length) as usize).min(file.len());
    rest.starts_with(b"ftyp")
        && file
            .get(8..length)
            .is_some_and(|named| named.chunks_exact(4).any(|found| brands.iter().any(|brand| found == *brand)))
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 12] = [
        Self::Avif,
        Self::WebP,
        Self::Jpeg,
        Self::Png,
        Self::Gif,
        Self::Tiff,
        Self::Bmp,
        Self::Jxl,
        Self::Heic,
        Self::Qoi,
        Self::Ico,
        Self::Svg,
    ];

    /// This format's row.
    #[must_use]
    pub const fn info(self) -> &'static FormatInfo {
        match self {
            Self::Avif => &AVIF,
            Self::WebP => &WEBP,
            Self::Jpeg => &JPEG,
            Self::Png => &PNG,
            Self::Gif => &GIF,
            Self::Tiff => &TIFF,
            Self::Bmp => &BMP,
            Self::Jxl => &JXL,
            Self::Heic => &HEIC,
            Self::Qoi => &QOI,
            Self::Ico => &ICO,
            Self::Svg => &SVG,
        }
    }

    /// Formats that a rendition can have. Negotiated formats come first, which also decides ties.
    pub fn encodable() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|format| format.encoder().is_some())
    }

    /// Formats that a source can have.
    pub fn decodable() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|format| format.info().decoded)
    }

    /// Formats that a client must list in `Accept`, best first.
    #[must_use]
    pub fn negotiable() -> Vec<Self> {
        let rank = |format: Self| format.encoder()?.negotiated.map(|rank| (rank, format));
        let mut ranked: Vec<_> = Self::ALL.into_iter().filter_map(rank).collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, format)| format).collect()
    }

    /// The format of [`Format::negotiable`] with this name.
    ///
    /// # Errors
    /// If there is no such format; the message lists the valid names.
    pub fn negotiable_named(word: &str) -> Result<Self, String> {
        let all = Self::negotiable();
        let found = all.iter().find(|format| format.name() == word);
        found.copied().ok_or_else(|| format!("must be {}", one_of(&all.iter().map(|it| it.name()).collect::<Vec<_>>())))
    }

    /// Detects a decodable format from a file's first bytes, because names and media types can be wrong.
    #[must_use]
    pub fn of(source: &[u8]) -> Option<Self> {
        Self::decodable().find(|format| (format.info().begins)(source))
    }

    /// The format with that name or alias.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == word || format.info().aliases.contains(&word))
    }

    /// The name that recipes and facts use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The file extension for outputs, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        self.info().extensions[0]
    }

    /// The IANA media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        self.info().media_type
    }

    /// This format's encoder; `None` if there is none.
    #[must_use]
    pub const fn encoder(self) -> Option<&'static Encoder> {
        self.info().encoder.as_ref()
    }

    /// Whether a rendition in this format can be transparent.
    #[must_use]
    pub fn has_alpha(self) -> bool {
        self.encoder().is_some_and(|encoder| encoder.alpha)
    }

    /// Whether a rendition in this format can have several frames.
    #[must_use]
    pub fn has_animation(self) -> bool {
        self.encoder().is_some_and(|encoder| encoder.animation)
    }

    /// Whether a rendition in this format can preserve every opaque pixel.
    #[must_use]
    pub fn can_be_lossless(self) -> bool {
        self.encoder().is_some_and(|encoder| encoder.lossless != Lossless::Never)
    }

    /// Whether a rendition in this format always preserves every opaque pixel.
    #[must_use]
    pub fn is_lossless(self) -> bool {
        self.encoder().is_some_and(|encoder| encoder.lossless == Lossless::Always)
    }

    /// Whether its encoder is one of the slow ones.
    #[must_use]
    pub fn is_slow(self) -> bool {
        self.encoder().is_some_and(|encoder| encoder.slow)
    }

    /// `source`, a file of this format, without its metadata and so without its orientation. `None` if the file is not
    /// structured as its format requires, or if browsers don't display the format.
    #[must_use]
    pub fn without_metadata(self, source: &[u8]) -> Option<Vec<u8>> {
        self.info().strip.and_then(|strip| strip(source))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Format {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Format {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::named(&word).ok_or_else(|| serde::de::Error::custom(format!("{word}: must be the name of a format")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_targa_is_no_cursor() {
        let cursor = b"\0\0\x02\0\x01\0\x10\x10\0\0\x01\0\x01\0\x30\0\0\0\x16\0\0\0";
        let targa = b"\0\0\x02\0\0\0\0\0\0\0\0\0\x10\0\x10\0\x18\0\0\0\0\0";
        assert_eq!(Format::of(cursor), Some(Format::Ico));
        assert_eq!(Format::of(targa), None);
        assert_eq!(Format::of(&cursor[..21]), None);
    }

    #[test]
    fn names_types_and_ranks_are_unique() {
        let words: Vec<_> =
            Format::ALL.iter().flat_map(|format| [&[format.name()], format.info().aliases].concat()).collect();
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
        for format in Format::ALL {
            assert_eq!(Format::named(format.name()), Some(format));
            assert!(format.info().decoded || format.encoder().is_some(), "{format:?} is of no use");
        }
        assert_eq!(Format::negotiable(), [Format::Jxl, Format::Avif, Format::WebP]);
        assert_eq!(Format::negotiable_named("webp"), Ok(Format::WebP));
        assert_eq!(Format::negotiable_named("png"), Err("must be jxl, avif or webp".into()));
    }
}
