/// What a rendition can be encoded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Format {
    /// Lossy or lossless; at most 16,383 pixels a side.
    WebP,
    /// The smallest, and the slowest to make.
    Avif,
    /// No transparency.
    Jpeg,
    /// Lossless.
    Png,
}

impl Format {
    /// All of them, in the order in which ties are decided: AVIF before WebP before the others.
    pub const ALL: [Self; 4] = [Self::Avif, Self::WebP, Self::Jpeg, Self::Png];

    /// The word that recipes use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WebP => "webp",
            Self::Avif => "avif",
            Self::Jpeg => "jpeg",
            Self::Png => "png",
        }
    }

    /// The file name's ending, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            other => other.name(),
        }
    }

    /// The media type, as registered with IANA.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::WebP => "image/webp",
            Self::Avif => "image/avif",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The largest width and height that the format can express (WebP: RFC 9649 §2.5; JPEG: ITU-T T.81 B.2.2).
    #[must_use]
    pub const fn max_side(self) -> u32 {
        match self {
            Self::WebP => 16_383,
            Self::Avif | Self::Jpeg => 65_535,
            Self::Png => i32::MAX as u32,
        }
    }

    /// The quality that is used where a recipe names none; docs/recipes.md says what it gives.
    #[must_use]
    pub const fn default_quality(self) -> u8 {
        match self {
            Self::WebP | Self::Jpeg => 80,
            Self::Avif => 75,
            Self::Png => 100,
        }
    }

    /// The effort that is used where a recipe names none.
    #[must_use]
    pub const fn default_effort(self) -> u8 {
        match self {
            Self::WebP => 6,
            Self::Avif => 1,
            Self::Jpeg => 5,
            Self::Png => 4,
        }
    }

    /// Whether pixels can be transparent.
    #[must_use]
    pub const fn has_alpha(self) -> bool {
        !matches!(self, Self::Jpeg)
    }
}

/// What a source can be decoded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[allow(missing_docs, reason = "each is the format's own name")]
pub enum SourceFormat {
    Jpeg,
    Png,
    WebP,
    Gif,
    Tiff,
    Bmp,
}

impl SourceFormat {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Jpeg, Self::Png, Self::WebP, Self::Gif, Self::Tiff, Self::Bmp];

    /// What the first bytes of a file say: names and media types lie.
    #[must_use]
    pub fn of(source: &[u8]) -> Option<Self> {
        let starts = |magic: &[u8]| source.starts_with(magic);
        if starts(b"\xFF\xD8\xFF") {
            Some(Self::Jpeg)
        } else if starts(b"\x89PNG\r\n\x1A\n") {
            Some(Self::Png)
        } else if starts(b"RIFF") && source.get(8..12) == Some(b"WEBP") {
            Some(Self::WebP)
        } else if starts(b"GIF87a") || starts(b"GIF89a") {
            Some(Self::Gif)
        } else if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
            Some(Self::Tiff)
        } else if starts(b"BM") {
            Some(Self::Bmp)
        } else {
            None
        }
    }

    /// The word that people use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
        }
    }

    /// The media type, as registered with IANA.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
        }
    }

    /// The format of a rendition whose bytes could be a source of this one; none for those that browsers lack.
    #[must_use]
    pub const fn as_format(self) -> Option<Format> {
        match self {
            Self::Jpeg => Some(Format::Jpeg),
            Self::Png => Some(Format::Png),
            Self::WebP => Some(Format::WebP),
            Self::Gif | Self::Tiff | Self::Bmp => None,
        }
    }
}
