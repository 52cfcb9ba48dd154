//! Encodes frames to bytes, with one codec per file; [`Encode`] is their common interface.

#[cfg(feature = "avif")]
mod avif;
mod fit;
#[cfg(feature = "gif")]
mod gif;
mod jpeg;
#[cfg(feature = "jxl-encode")]
mod jxl;
mod png;
mod webp;

#[cfg(feature = "jxl-encode")]
use darkroom_libjxl::Kept;
use darkroom_recipe::{Encoding, Format, Rendition, Size};
#[cfg(feature = "jxl-encode")]
use darkroom_recipe::{Metadata, Recipe};

pub(crate) use fit::fit;

use crate::Error;
use crate::budget::{Budget, Reservation};
use crate::color::Space;
use crate::embedded::Embedded;
#[cfg(feature = "jxl-encode")]
use crate::exif;
use crate::pixels::{Image, Pixels};
use crate::sample::Sample;

/// An animation's properties besides its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Animation {
    /// The number of frames.
    pub(crate) frames: u32,
    /// The number of times that it plays; 0 means forever.
    pub(crate) plays: u32,
}

/// The settings for one output file.
struct Settings {
    /// The size of every frame.
    size: Size,
    /// Whether a still has alpha.
    alpha: bool,
    /// 1 to 100; unused for a lossless file.
    quality: u8,
    /// 0 (fastest) to 10 (smallest).
    effort: u8,
    lossless: bool,
    /// 16 bits per channel.
    wide: bool,
    /// The colour space of the pixels.
    space: Space,
    /// The metadata to embed.
    embedded: Embedded,
    /// `None` for a still.
    animation: Option<Animation>,
}

/// A frame to encode; a still has only one.
struct Frame<'a> {
    image: Image<'a>,
    /// The duration in milliseconds; unused for a still.
    delay: u32,
}

/// An encoder that builds up one file.
trait Encode {
    /// Adds the next frame, whose size is that of the settings.
    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Error>;

    /// Returns the file.
    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error>;
}

/// Makes a file of one frame.
type EncodeStill = fn(Image<'_>, &Settings) -> Result<Vec<u8>, Error>;

/// An encoder of one frame, implemented as one function.
struct Still {
    encode: EncodeStill,
    settings: Settings,
    bytes: Vec<u8>,
}

impl Encode for Still {
    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        self.bytes = (self.encode)(frame.image, &self.settings)?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        Ok(self.bytes)
    }
}

/// The encoder, and its working memory in bytes, including the output: measured on photos, and rounded up.
fn codec(format: Format, settings: Settings) -> Result<(u64, Box<dyn Encode>), Error> {
    let all = |each: u64| settings.size.pixels().saturating_mul(each);
    let (working, encode): (u64, EncodeStill) = match format {
        Format::WebP if settings.animation.is_some() => {
            return Ok((all(webp::animated_working(&settings)), Box::new(webp::Animated::new(settings))));
        }
        #[cfg(feature = "gif")]
        Format::Gif => return Ok((all(gif::working(&settings)), Box::new(gif::Gif::new(settings)))),
        Format::WebP => (all(webp::working(&settings)), webp::encode),
        #[cfg(feature = "avif")]
        Format::Avif => (avif::working(settings.size), avif::encode),
        Format::Jpeg => (all(jpeg::WORKING), jpeg::encode),
        Format::Png => (all(png::working(&settings)), png::encode),
        #[cfg(feature = "jxl-encode")]
        Format::Jxl => (jxl::working(&settings), jxl::encode),
        other => return Err(Error::UnsupportedFeature(format!("{} is not encoded", other.name()))),
    };
    Ok((working, Box::new(Still { encode, settings, bytes: Vec::new() })))
}

/// The most bytes of EXIF that a file of `format` can hold.
pub(crate) const fn longest_exif(format: Format) -> usize {
    match format {
        Format::Jpeg => jpeg::LONGEST_EXIF,
        _ => usize::MAX,
    }
}

/// A JPEG XL with a JPEG's own coefficients, displayed at the size `shown`, and the metadata that the recipe keeps. If
/// that is all of it, the JPEG can be reconstructed exactly. `None` if JPEG XL can't represent it.
#[cfg(feature = "jxl-encode")]
pub(crate) fn transcode(
    jpeg: &[u8],
    shown: Size,
    recipe: &Recipe,
    exif: Option<&[u8]>,
    budget: &Budget,
) -> Result<Option<Rendition>, Error> {
    let exif = exif.and_then(|exif| exif::keep(exif, recipe.metadata, shown, usize::MAX));
    let kept = match (recipe.metadata, &exif) {
        (Metadata::Keep, _) => Kept::File,
        (_, Some(exif)) => Kept::Exif(exif),
        (_, None) => Kept::Image,
    };
    let Some(bytes) = jxl::transcode(jpeg, shown.pixels(), kept, budget)? else { return Ok(None) };
    let made = Rendition { format: Format::Jxl, width: shown.width, height: shown.height, quality: None, bytes };
    fit(&recipe.encoding, made, |_| Err(Error::Internal("no quality to look for".into()))).map(Some)
}

/// A rendition in progress, with the memory reserved for its encoder.
pub(crate) struct Output {
    format: Format,
    size: Size,
    /// `None` for a lossless file.
    quality: Option<u8>,
    encoder: Box<dyn Encode>,
    _working: Reservation,
}

impl Output {
    /// Starts a file whose first image is `first`, encoded as `encoding` says except for the quality, which is
    /// `quality`. `embedded` is the metadata to keep.
    pub(crate) fn open<S: Sample>(
        first: &Pixels<S>,
        encoding: &Encoding,
        quality: u8,
        embedded: Embedded,
        animation: Option<Animation>,
        budget: &Budget,
    ) -> Result<Self, Error> {
        let format = encoding.format;
        let lossless = encoding.lossless || format.is_lossless();
        let (size, alpha, space) = (first.size, first.alpha, first.space.clone());
        let (wide, effort) = (size_of::<S>() > 1, encoding.effort());
        let settings = Settings { size, alpha, wide, space, quality, effort, lossless, embedded, animation };
        let (working, encoder) = codec(format, settings)?;
        let working = budget.reserve(working)?;
        Ok(Self { format, size, quality: (!lossless).then_some(quality), encoder, _working: working })
    }

    /// A file of one frame.
    pub(crate) fn still<S: Sample>(
        pixels: &Pixels<S>,
        encoding: &Encoding,
        quality: u8,
        embedded: Embedded,
        budget: &Budget,
    ) -> Result<Rendition, Error> {
        let mut output = Self::open(pixels, encoding, quality, embedded, None, budget)?;
        output.frame(S::image(pixels), 0)?;
        output.finish()
    }

    /// Adds the next frame, displayed for `delay` milliseconds.
    pub(crate) fn frame(&mut self, image: Image<'_>, delay: u32) -> Result<(), Error> {
        if image.size() != self.size {
            return Err(Error::Internal("frames of two sizes".into()));
        }
        self.encoder.frame(&Frame { image, delay })
    }

    /// Returns the rendition.
    pub(crate) fn finish(self) -> Result<Rendition, Error> {
        let Self { format, size, quality, encoder, .. } = self;
        Ok(Rendition { format, width: size.width, height: size.height, quality, bytes: encoder.finish()? })
    }
}
