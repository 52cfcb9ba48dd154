//! The contract's types and the core's: the same things by other names. The matches are exhaustive, so that neither
//! side can grow without the other.

use crate::core;
use crate::exports::darkroom::image::processor as wit;

/// Two enums with the same words become each other.
macro_rules! pair {
    ($name:ident { $($wit:ident = $core:ident),* $(,)? }) => {
        impl From<wit::$name> for core::$name {
            fn from(value: wit::$name) -> Self {
                match value { $(wit::$name::$wit => Self::$core),* }
            }
        }

        impl From<core::$name> for wit::$name {
            fn from(value: core::$name) -> Self {
                match value { $(core::$name::$core => Self::$wit),* }
            }
        }
    };
}

pair!(Rotation { None = None, Quarter = Quarter, Half = Half, ThreeQuarters = ThreeQuarters });
pair!(Flip { None = None, Horizontal = Horizontal, Vertical = Vertical, Both = Both });
pair!(Fit { ScaleDown = ScaleDown, Contain = Contain, Cover = Cover, Crop = Crop, Pad = Pad, Squeeze = Squeeze });
pair!(Oversize { ScaleDown = ScaleDown, Refuse = Refuse });
pair!(Metadata { None = None, Copyright = Copyright, Keep = Keep });
pair!(Format { Webp = WebP, Avif = Avif, Jpeg = Jpeg, Png = Png });
pair!(SourceFormat { Jpeg = Jpeg, Png = Png, Webp = WebP, Gif = Gif, Tiff = Tiff, Bmp = Bmp });
pair!(LimitKind {
    SourceBytes = SourceBytes, Pixels = Pixels, AvifPixels = AvifPixels, Outputs = Outputs, OutputSide = OutputSide,
    OutputPixels = OutputPixels, Enlargement = Enlargement, Memory = Memory,
});

impl From<wit::Recipe> for core::Recipe {
    fn from(recipe: wit::Recipe) -> Self {
        Self {
            trim: recipe.trim.into(),
            flip: recipe.flip.into(),
            rotate: recipe.rotate.into(),
            resize: core::Resize {
                width: recipe.width,
                height: recipe.height,
                dpr: recipe.dpr,
                fit: recipe.fit.into(),
                gravity: recipe.gravity.into(),
            },
            background: recipe.background.map(Into::into),
            blur: recipe.blur,
            sharpen: recipe.sharpen,
            encoding: core::Encoding {
                format: recipe.format.into(),
                quality: recipe.quality,
                effort: recipe.effort,
                lossless: recipe.lossless,
                max_bytes: recipe.max_bytes,
                oversize: recipe.oversize.into(),
            },
            metadata: recipe.metadata.into(),
            animation: recipe.animation,
        }
    }
}

impl From<core::Recipe> for wit::Recipe {
    fn from(recipe: core::Recipe) -> Self {
        let core::Recipe { trim, flip, rotate, resize, background, blur, sharpen, encoding, metadata, animation } =
            recipe;
        let core::Resize { width, height, dpr, fit, gravity } = resize;
        let core::Encoding { format, quality, effort, lossless, max_bytes, oversize } = encoding;
        Self {
            rotate: rotate.into(),
            flip: flip.into(),
            trim: trim.into(),
            width,
            height,
            dpr,
            fit: fit.into(),
            gravity: gravity.into(),
            background: background.map(Into::into),
            blur,
            sharpen,
            format: format.into(),
            quality,
            effort,
            lossless,
            max_bytes,
            oversize: oversize.into(),
            metadata: metadata.into(),
            animation,
        }
    }
}

impl From<core::Trim> for wit::Trim {
    fn from(trim: core::Trim) -> Self {
        match trim {
            core::Trim::None => Self::None,
            core::Trim::Border => Self::Border,
            core::Trim::Edges(core::Edges { top, right, bottom, left }) => {
                Self::Edges(wit::Edges { top, right, bottom, left })
            }
        }
    }
}

impl From<core::Gravity> for wit::Gravity {
    fn from(gravity: core::Gravity) -> Self {
        match gravity {
            core::Gravity::Center => Self::Center,
            core::Gravity::Left => Self::Left,
            core::Gravity::Right => Self::Right,
            core::Gravity::Top => Self::Top,
            core::Gravity::Bottom => Self::Bottom,
            core::Gravity::TopLeft => Self::TopLeft,
            core::Gravity::TopRight => Self::TopRight,
            core::Gravity::BottomLeft => Self::BottomLeft,
            core::Gravity::BottomRight => Self::BottomRight,
            core::Gravity::Auto => Self::Auto,
            core::Gravity::Focus { x, y } => Self::Focus(wit::Point { x, y }),
        }
    }
}

impl From<core::Color> for wit::Color {
    fn from(core::Color { red, green, blue, alpha }: core::Color) -> Self {
        Self { red, green, blue, alpha }
    }
}

impl From<wit::Trim> for core::Trim {
    fn from(trim: wit::Trim) -> Self {
        match trim {
            wit::Trim::None => Self::None,
            wit::Trim::Border => Self::Border,
            wit::Trim::Edges(wit::Edges { top, right, bottom, left }) => {
                Self::Edges(core::Edges { top, right, bottom, left })
            }
        }
    }
}

impl From<wit::Gravity> for core::Gravity {
    fn from(gravity: wit::Gravity) -> Self {
        match gravity {
            wit::Gravity::Center => Self::Center,
            wit::Gravity::Left => Self::Left,
            wit::Gravity::Right => Self::Right,
            wit::Gravity::Top => Self::Top,
            wit::Gravity::Bottom => Self::Bottom,
            wit::Gravity::TopLeft => Self::TopLeft,
            wit::Gravity::TopRight => Self::TopRight,
            wit::Gravity::BottomLeft => Self::BottomLeft,
            wit::Gravity::BottomRight => Self::BottomRight,
            wit::Gravity::Auto => Self::Auto,
            wit::Gravity::Focus(wit::Point { x, y }) => Self::Focus { x, y },
        }
    }
}

impl From<wit::Color> for core::Color {
    fn from(wit::Color { red, green, blue, alpha }: wit::Color) -> Self {
        Self { red, green, blue, alpha }
    }
}

impl From<wit::Limits> for core::Limits {
    fn from(limits: wit::Limits) -> Self {
        let wit::Limits { source_bytes, pixels, avif_pixels, outputs, output_side, output_pixels, enlargement, memory } =
            limits;
        Self { source_bytes, pixels, avif_pixels, outputs, output_side, output_pixels, enlargement, memory }
    }
}

impl From<core::Limits> for wit::Limits {
    fn from(limits: core::Limits) -> Self {
        let core::Limits {
            source_bytes,
            pixels,
            avif_pixels,
            outputs,
            output_side,
            output_pixels,
            enlargement,
            memory,
        } = limits;
        Self { source_bytes, pixels, avif_pixels, outputs, output_side, output_pixels, enlargement, memory }
    }
}

impl From<core::ImageInfo> for wit::ImageInfo {
    fn from(info: core::ImageInfo) -> Self {
        let core::ImageInfo {
            width, height, orientation, frames, alpha, bits_per_channel, icc_profile, metadata, ..
        } = info;
        let format = info.format.into();
        Self { format, width, height, orientation, frames, alpha, bits_per_channel, icc_profile, metadata }
    }
}

impl From<core::Description> for wit::Description {
    fn from(description: core::Description) -> Self {
        let core::Description { thumb_hash, dominant_color, exif } = description;
        Self { thumb_hash, dominant_color: dominant_color.into(), exif }
    }
}

impl From<core::Rendition> for wit::Rendition {
    fn from(rendition: core::Rendition) -> Self {
        let core::Rendition { format, width, height, quality, bytes } = rendition;
        Self { format: format.into(), width, height, quality, bytes }
    }
}

impl From<core::Error> for wit::Error {
    /// The case says what kind of error it is; the text keeps only what the case does not say.
    fn from(error: core::Error) -> Self {
        match error {
            core::Error::UnrecognizedFormat(text) => Self::UnrecognizedFormat(text),
            core::Error::UnsupportedFeature(text) => Self::UnsupportedFeature(text),
            core::Error::Malformed(text) => Self::Malformed(text),
            core::Error::Limit(core::LimitExceeded { kind, actual, allowed }) => {
                Self::LimitExceeded(wit::LimitExceeded { kind: kind.into(), actual, allowed })
            }
            core::Error::InvalidRecipe(error) => Self::InvalidRecipe(error.to_string()),
            core::Error::Internal(text) => Self::Internal(text),
        }
    }
}
