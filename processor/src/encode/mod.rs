//! Frames become bytes. One codec a file; what a codec does for the others stands in [`Encode`].

#[cfg(feature = "avif")]
mod avif;
mod fit;
#[cfg(feature = "gif")]
mod gif;
mod jpeg;
mod png;
mod webp;

use darkroom_recipe::{Encoding, Format, Rendition, Size};

pub(crate) use fit::fit;

use crate::Error;
use crate::budget::{Budget, Reservation};
use crate::pixels::Pixels;

/// What an animation has beside its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Animation {
    /// How many.
    pub(crate) frames: u32,
    /// How often it is played, 0 for ever.
    pub(crate) plays: u32,
}

/// How one file is to be encoded.
struct Settings {
    /// Of every frame.
    size: Size,
    /// 1 to 100; without meaning for a lossless file.
    quality: u8,
    /// 0 (fastest) to 10 (smallest).
    effort: u8,
    lossless: bool,
    /// A TIFF structure to embed.
    exif: Option<Vec<u8>>,
    /// None for a still.
    animation: Option<Animation>,
}

/// What is encoded: of a still the only one.
pub(crate) struct Frame<'a> {
    pub(crate) pixels: &'a Pixels,
    /// For so many milliseconds it is shown; without meaning for a still.
    pub(crate) delay: u32,
}

/// A file in the making.
trait Encode {
    /// The next frame, as large as the settings say.
    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Error>;

    /// The file.
    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error>;
}

/// Makes a file of one frame.
type EncodeStill = fn(&Pixels, &Settings) -> Result<Vec<u8>, Error>;

/// An encoder of one frame, as one function.
struct Still {
    encode: EncodeStill,
    settings: Settings,
    bytes: Vec<u8>,
}

impl Encode for Still {
    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        self.bytes = (self.encode)(frame.pixels, &self.settings)?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        Ok(self.bytes)
    }
}

/// The encoder, and what it takes for each pixel of a frame: bytes of working memory, the output included, measured on
/// photos, and rounded up.
fn codec(format: Format, settings: Settings) -> Result<(u64, Box<dyn Encode>), Error> {
    let (working, encode): (u64, EncodeStill) = match format {
        Format::WebP if settings.animation.is_some() => {
            return Ok((webp::animated_working(&settings), Box::new(webp::Animated::new(settings))));
        }
        #[cfg(feature = "gif")]
        Format::Gif => return Ok((gif::working(&settings), Box::new(gif::Gif::new(settings)))),
        Format::WebP => (webp::working(&settings), webp::encode),
        #[cfg(feature = "avif")]
        Format::Avif => (avif::WORKING, avif::encode),
        Format::Jpeg => (jpeg::WORKING, jpeg::encode),
        Format::Png => (png::WORKING, png::encode),
        other => return Err(Error::UnsupportedFeature(format!("{} is not encoded", other.name()))),
    };
    Ok((working, Box::new(Still { encode, settings, bytes: Vec::new() })))
}

/// A rendition in the making, with the memory that its encoder has set aside.
pub(crate) struct Output {
    format: Format,
    size: Size,
    /// None for a lossless file.
    quality: Option<u8>,
    encoder: Box<dyn Encode>,
    _working: Reservation,
}

impl Output {
    /// As `encoding` says, but at `quality`; `exif` is what is kept of the metadata.
    pub(crate) fn open(
        size: Size,
        encoding: &Encoding,
        quality: u8,
        exif: Option<Vec<u8>>,
        animation: Option<Animation>,
        budget: &Budget,
    ) -> Result<Self, Error> {
        let format = encoding.format;
        let lossless = encoding.lossless || format.is_lossless();
        let settings = Settings { size, quality, effort: encoding.effort(), lossless, exif, animation };
        let (working, encoder) = codec(format, settings)?;
        let working = budget.reserve(size.pixels().saturating_mul(working))?;
        Ok(Self { format, size, quality: (!lossless).then_some(quality), encoder, _working: working })
    }

    /// A file of one frame.
    pub(crate) fn still(
        pixels: &Pixels,
        encoding: &Encoding,
        quality: u8,
        exif: Option<Vec<u8>>,
        budget: &Budget,
    ) -> Result<Rendition, Error> {
        let mut output = Self::open(pixels.size, encoding, quality, exif, None, budget)?;
        output.frame(&Frame { pixels, delay: 0 })?;
        output.finish()
    }

    /// The next frame.
    pub(crate) fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        if frame.pixels.size != self.size {
            return Err(Error::Internal("frames of two sizes".into()));
        }
        self.encoder.frame(frame)
    }

    /// The file.
    pub(crate) fn finish(self) -> Result<Rendition, Error> {
        let Self { format, size, quality, encoder, .. } = self;
        Ok(Rendition { format, width: size.width, height: size.height, quality, bytes: encoder.finish()? })
    }
}
