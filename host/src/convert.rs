//! Between the recipe crate's types and the contract's. Every match is exhaustive: a word added on one side does not
//! compile until the other has it.

use darkroom_recipe::{
    Color, Description, Edges, Fit, Flip, Format, Gravity, ImageInfo, LimitExceeded, LimitKind, Limits, Metadata,
    Oversize, Recipe, Rendition, Rotation, SourceFormat, Trim,
};

use crate::Error;
use crate::processor::bindings::exports::darkroom::image::processor as wit;

impl From<&Recipe> for wit::Recipe {
    fn from(recipe: &Recipe) -> Self {
        let Recipe { trim, flip, rotate, resize, background, blur, sharpen, encoding, metadata, animation } = recipe;
        Self {
            rotate: (*rotate).into(),
            flip: (*flip).into(),
            trim: (*trim).into(),
            width: resize.width,
            height: resize.height,
            dpr: resize.dpr,
            fit: resize.fit.into(),
            gravity: resize.gravity.into(),
            background: background.map(Into::into),
            blur: *blur,
            sharpen: *sharpen,
            format: encoding.format.into(),
            quality: encoding.quality,
            effort: encoding.effort,
            lossless: encoding.lossless,
            max_bytes: encoding.max_bytes,
            oversize: encoding.oversize.into(),
            metadata: (*metadata).into(),
            animation: *animation,
        }
    }
}

impl From<Rotation> for wit::Rotation {
    fn from(rotation: Rotation) -> Self {
        match rotation {
            Rotation::None => Self::None,
            Rotation::Quarter => Self::Quarter,
            Rotation::Half => Self::Half,
            Rotation::ThreeQuarters => Self::ThreeQuarters,
        }
    }
}

impl From<Flip> for wit::Flip {
    fn from(flip: Flip) -> Self {
        match flip {
            Flip::None => Self::None,
            Flip::Horizontal => Self::Horizontal,
            Flip::Vertical => Self::Vertical,
            Flip::Both => Self::Both,
        }
    }
}

impl From<Trim> for wit::Trim {
    fn from(trim: Trim) -> Self {
        match trim {
            Trim::None => Self::None,
            Trim::Border => Self::Border,
            Trim::Edges(Edges { top, right, bottom, left }) => Self::Edges(wit::Edges { top, right, bottom, left }),
        }
    }
}

impl From<Fit> for wit::Fit {
    fn from(fit: Fit) -> Self {
        match fit {
            Fit::ScaleDown => Self::ScaleDown,
            Fit::Contain => Self::Contain,
            Fit::Cover => Self::Cover,
            Fit::Crop => Self::Crop,
            Fit::Pad => Self::Pad,
            Fit::Squeeze => Self::Squeeze,
        }
    }
}

impl From<Gravity> for wit::Gravity {
    fn from(gravity: Gravity) -> Self {
        match gravity {
            Gravity::Center => Self::Center,
            Gravity::Left => Self::Left,
            Gravity::Right => Self::Right,
            Gravity::Top => Self::Top,
            Gravity::Bottom => Self::Bottom,
            Gravity::TopLeft => Self::TopLeft,
            Gravity::TopRight => Self::TopRight,
            Gravity::BottomLeft => Self::BottomLeft,
            Gravity::BottomRight => Self::BottomRight,
            Gravity::Auto => Self::Auto,
            Gravity::Focus { x, y } => Self::Focus(wit::Point { x, y }),
        }
    }
}

impl From<Color> for wit::Color {
    fn from(Color { red, green, blue, alpha }: Color) -> Self {
        Self { red, green, blue, alpha }
    }
}

impl From<Oversize> for wit::Oversize {
    fn from(oversize: Oversize) -> Self {
        match oversize {
            Oversize::ScaleDown => Self::ScaleDown,
            Oversize::Refuse => Self::Refuse,
        }
    }
}

impl From<Metadata> for wit::Metadata {
    fn from(metadata: Metadata) -> Self {
        match metadata {
            Metadata::None => Self::None,
            Metadata::Copyright => Self::Copyright,
            Metadata::Keep => Self::Keep,
        }
    }
}

impl From<Limits> for wit::Limits {
    fn from(limits: Limits) -> Self {
        let Limits { source_bytes, pixels, avif_pixels, outputs, output_side, output_pixels, enlargement, memory } =
            limits;
        Self { source_bytes, pixels, avif_pixels, outputs, output_side, output_pixels, enlargement, memory }
    }
}

impl From<Format> for wit::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::WebP => Self::Webp,
            Format::Avif => Self::Avif,
            Format::Jpeg => Self::Jpeg,
            Format::Png => Self::Png,
        }
    }
}

impl From<wit::Format> for Format {
    fn from(format: wit::Format) -> Self {
        match format {
            wit::Format::Webp => Self::WebP,
            wit::Format::Avif => Self::Avif,
            wit::Format::Jpeg => Self::Jpeg,
            wit::Format::Png => Self::Png,
        }
    }
}

impl From<wit::SourceFormat> for SourceFormat {
    fn from(format: wit::SourceFormat) -> Self {
        match format {
            wit::SourceFormat::Jpeg => Self::Jpeg,
            wit::SourceFormat::Png => Self::Png,
            wit::SourceFormat::Webp => Self::WebP,
            wit::SourceFormat::Gif => Self::Gif,
            wit::SourceFormat::Tiff => Self::Tiff,
            wit::SourceFormat::Bmp => Self::Bmp,
        }
    }
}

impl From<wit::ImageInfo> for ImageInfo {
    fn from(info: wit::ImageInfo) -> Self {
        let wit::ImageInfo {
            format,
            width,
            height,
            orientation,
            frames,
            alpha,
            bits_per_channel,
            icc_profile,
            metadata,
        } = info;
        let format = format.into();
        Self { format, width, height, orientation, frames, alpha, bits_per_channel, icc_profile, metadata }
    }
}

impl From<wit::Color> for Color {
    fn from(wit::Color { red, green, blue, alpha }: wit::Color) -> Self {
        Self { red, green, blue, alpha }
    }
}

impl From<wit::Description> for Description {
    fn from(description: wit::Description) -> Self {
        let wit::Description { thumb_hash, dominant_color, exif } = description;
        Self { thumb_hash, dominant_color: dominant_color.into(), exif }
    }
}

impl From<wit::Rendition> for Rendition {
    fn from(rendition: wit::Rendition) -> Self {
        let wit::Rendition { format, width, height, quality, bytes } = rendition;
        Self { format: format.into(), width, height, quality, bytes }
    }
}

impl From<wit::Error> for Error {
    fn from(error: wit::Error) -> Self {
        match error {
            wit::Error::UnrecognizedFormat(text) => Self::UnrecognizedFormat(text),
            wit::Error::UnsupportedFeature(text) => Self::UnsupportedFeature(text),
            wit::Error::Malformed(text) => Self::Malformed(text),
            wit::Error::LimitExceeded(limit) => Self::Limit(limit.into()),
            wit::Error::InvalidRecipe(text) => Self::InvalidRecipe(text),
            wit::Error::Internal(text) => Self::Internal(text),
        }
    }
}

impl From<wit::LimitExceeded> for LimitExceeded {
    fn from(wit::LimitExceeded { kind, actual, allowed }: wit::LimitExceeded) -> Self {
        let kind = match kind {
            wit::LimitKind::SourceBytes => LimitKind::SourceBytes,
            wit::LimitKind::Pixels => LimitKind::Pixels,
            wit::LimitKind::AvifPixels => LimitKind::AvifPixels,
            wit::LimitKind::Outputs => LimitKind::Outputs,
            wit::LimitKind::OutputSide => LimitKind::OutputSide,
            wit::LimitKind::OutputPixels => LimitKind::OutputPixels,
            wit::LimitKind::Enlargement => LimitKind::Enlargement,
            wit::LimitKind::Memory => LimitKind::Memory,
        };
        Self { kind, actual, allowed }
    }
}
