//! Decodes source bytes to pixels, with one codec per file; [`Decode`] is their common interface.

#[cfg(feature = "bmp")]
mod bmp;
mod canvas;
#[cfg(any(feature = "bmp", feature = "ico"))]
mod dib;
#[cfg(feature = "gif")]
mod gif;
#[cfg(any(feature = "avif", feature = "heic"))]
mod heif;
#[cfg(feature = "ico")]
mod ico;
mod jpeg;
#[cfg(feature = "jxl")]
mod jxl;
mod missing;
mod png;
mod png_colors;
mod png_rows;
mod qoi;
mod raster;
mod rows;
mod sniff;
#[cfg(feature = "svg")]
mod svg;
#[cfg(feature = "tiff")]
mod tiff;
mod webp;

use std::borrow::Cow;
use std::rc::Rc;

use darkroom_recipe::{Format, ImageInfo, LimitKind, Limits, Orientation, Rect, Size};

pub(crate) use rows::Rows;

use crate::Error;
use crate::budget::{Budget, Reservation};
use crate::sample::Sample;

/// Image headers, with the facts that the pipeline needs.
pub(crate) struct Header {
    pub(crate) format: Format,
    /// As stored.
    pub(crate) size: Size,
    pub(crate) orientation: Orientation,
    pub(crate) frames: u32,
    pub(crate) alpha: bool,
    pub(crate) bits_per_channel: u8,
    pub(crate) icc: Option<Vec<u8>>,
    /// A TIFF structure, without the container's prefix.
    pub(crate) exif: Option<Vec<u8>>,
    pub(crate) xmp: Option<Vec<u8>>,
    /// IIM's data sets, without Photoshop's resource around them.
    pub(crate) iptc: Option<Vec<u8>>,
    /// Whether there is metadata in a form that is not read: it is not kept, but an original that has it tells more than a
    /// rendition.
    pub(crate) metadata: bool,
}

impl Header {
    /// The header of an image in that format with 8 bits per channel and nothing besides its pixels.
    fn plain(format: Format, size: Size, alpha: bool) -> Self {
        Self {
            format,
            size,
            orientation: Orientation::default(),
            frames: 1,
            alpha,
            bits_per_channel: 8,
            icc: None,
            exif: None,
            xmp: None,
            iptc: None,
            metadata: false,
        }
    }

    pub(crate) fn info(&self) -> ImageInfo {
        let shown = self.orientation.apply(self.size);
        ImageInfo {
            format: self.format,
            width: shown.width,
            height: shown.height,
            orientation: self.orientation.to_exif(),
            frames: self.frames,
            alpha: self.alpha,
            bits_per_channel: self.bits_per_channel,
            icc_profile: self.icc.is_some(),
            metadata: self.metadata || [&self.exif, &self.xmp, &self.iptc].into_iter().any(Option::is_some),
            damaged: false,
        }
    }
}

/// How to interpret the samples of a decoded pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColorModel {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
    /// The largest value means full ink.
    Cmyk,
}

impl ColorModel {
    pub(crate) const fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }
}

/// Decoded pixels in the source's own colour space and orientation.
pub(crate) struct Decoded<S = u8> {
    pub(crate) size: Size,
    pub(crate) model: ColorModel,
    pub(crate) data: Vec<S>,
    pub(crate) reservation: Reservation,
    /// The number of source pixels per decoded pixel, along both axes.
    pub(crate) reduction: u32,
}

impl<S: Sample> Decoded<S> {
    /// A copy of the pixels, with `f` applied to each sample.
    pub(crate) fn map<T: Sample>(&self, budget: &Budget, f: impl Fn(S) -> T) -> Result<Decoded<T>, Error> {
        let Self { size, model, reduction, .. } = *self;
        let (mut data, reservation) = budget.samples(self.data.len() as u64)?;
        data.iter_mut().zip(&self.data).for_each(|(to, from)| *to = f(*from));
        Ok(Decoded { size, model, data, reservation, reduction })
    }
}

/// The message of every codec about a truncated file.
const TOO_SHORT: &str = "the file ends before the image does";

fn too_short() -> Error {
    Error::Malformed(TOO_SHORT.into())
}

/// A source whose headers have been read.
pub(crate) trait Decode<'a> {
    /// The first frame row by row, reduced by 1, 2, 4 or 8 along both axes. `None` if the format does not support rows,
    /// or they have already been taken.
    fn rows(&mut self, _reduction: u32, _budget: &Budget) -> Result<Option<Rows<'a>>, Error> {
        Ok(None)
    }

    /// The file, if its coefficients have the same meaning in a JPEG XL: a JPEG that has not been read yet.
    #[cfg_attr(not(feature = "jxl-encode"), expect(dead_code, reason = "JPEG XL alone asks for it"))]
    fn jpeg(&self) -> Option<&[u8]> {
        None
    }

    /// The next frame; `None` after the last one that can be decoded. `reduction` (1, 2, 4 or 8) is the number of
    /// source pixels that may be merged into one; a codec without that ability reports 1 in its result.
    fn next_frame(&mut self, reduction: u32, budget: &Budget) -> Result<Option<Decoded>, Error>;

    /// The first frame with 16 bits per channel, at full size. `None` if the source or its decoder has no more than 8;
    /// [`Self::next_frame`] then decodes it.
    fn wide(&mut self, _budget: &Budget) -> Result<Option<Decoded<u16>>, Error> {
        Ok(None)
    }

    /// The error if pixels of the frames so far are missing. They are filled with grey, or in an animation with the
    /// previous frame's pixels.
    fn damage(&self) -> Option<Error> {
        None
    }

    /// The number of times that an animation plays; 0 means forever. `None` for a still, and if only the first frame
    /// can be decoded.
    fn plays(&self) -> Option<u32> {
        None
    }

    /// The duration of the last decoded frame in milliseconds.
    fn delay(&self) -> u32 {
        0
    }

    /// The number of pages, each of which has its own headers: 1 except for a TIFF.
    fn pages(&self) -> u32 {
        1
    }

    /// A page by its number, counted from 1; `None` if it does not exist.
    fn page(&self, _number: u32) -> Result<Option<Opened<'a>>, Error> {
        Ok(None)
    }

    /// The image as a drawing that can be rendered at any size; `None` if it consists of pixels.
    fn drawing(&mut self, _budget: &Budget) -> Result<Option<Box<dyn Drawing>>, Error> {
        Ok(None)
    }

    /// Rewinds an animation to before its first frame.
    fn restart(&mut self) -> Result<(), Error> {
        Err(Error::Internal("a still has no second frame".into()))
    }
}

/// The result of decoding a file in one step: the pixels, and the error if some are missing.
type Whole = Result<(Decoded, Option<Error>), Error>;

/// A file of one image that has not been decoded yet. `decode` gets the file, the reduction and the budget.
struct OneImage<'a, F> {
    source: Option<Cow<'a, [u8]>>,
    decode: F,
    damage: Option<Error>,
}

impl<'a, F: Fn(&[u8], u32, &Budget) -> Whole> OneImage<'a, F> {
    fn new(source: Cow<'a, [u8]>, decode: F) -> Self {
        Self { source: Some(source), decode, damage: None }
    }
}

impl<'a, F: Fn(&[u8], u32, &Budget) -> Whole> Decode<'a> for OneImage<'a, F> {
    fn next_frame(&mut self, reduction: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let Some(source) = self.source.take() else { return Ok(None) };
        let (decoded, damage) = (self.decode)(&source, reduction, budget)?;
        self.damage = damage;
        Ok(Some(decoded))
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
    }
}

/// An image without pixels of its own.
pub(crate) trait Drawing {
    /// Renders `part` of the image, in pixels of the header's size, at `size`.
    fn draw(&self, part: Rect, size: Size, budget: &Budget) -> Result<Decoded, Error>;
}

/// How long browsers display a frame with this duration: Chromium, Firefox and WebKit treat 10 ms or less as 100 ms, a
/// convention from GIF.
const fn shown_for(milliseconds: u32) -> u32 {
    if milliseconds <= 10 { 100 } else { milliseconds }
}

/// A source that several readers share.
#[derive(Clone)]
struct Shared<'a>(Rc<Cow<'a, [u8]>>);

impl<'a> Shared<'a> {
    fn new(source: Cow<'a, [u8]>) -> Self {
        Self(Rc::new(source))
    }
}

impl AsRef<[u8]> for Shared<'_> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Headers, and the decoder that has read them.
pub(crate) type Opened<'a> = (Header, Box<dyn Decode<'a> + 'a>);

/// Reads the headers, and checks them against the limits.
pub(crate) fn open<'a>(source: Cow<'a, [u8]>, limits: &Limits) -> Result<Opened<'a>, Error> {
    limits.check(LimitKind::SourceBytes, source.len() as u64)?;
    let format = sniff::sniff(&source)?;
    // Checked first, because the decoder's own refusal would not state the limit.
    if let Some(size) = sniff::size(&source, format) {
        limits.check(LimitKind::Pixels, size.pixels())?;
    }
    let (header, decoder) = codec(format, source)?;
    check(&header, limits)?;
    Ok((header, decoder))
}

/// Checks headers against the limits.
pub(crate) fn check(header: &Header, limits: &Limits) -> Result<(), Error> {
    if header.size.pixels() == 0 {
        let Size { width, height } = header.size;
        return Err(Error::Malformed(format!("the size is {width} × {height}; both must be at least 1")));
    }
    Ok(limits.check(LimitKind::Pixels, header.size.pixels())?)
}

fn codec(format: Format, source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    match format {
        Format::Jpeg => jpeg::open(source),
        Format::Png => png::open(source),
        Format::WebP => webp::open(source),
        #[cfg(feature = "gif")]
        Format::Gif => gif::open(source),
        #[cfg(feature = "tiff")]
        Format::Tiff => tiff::open(source),
        #[cfg(feature = "bmp")]
        Format::Bmp => bmp::open(source),
        #[cfg(feature = "avif")]
        Format::Avif => heif::open(source, format),
        #[cfg(feature = "heic")]
        Format::Heic => heif::open(source, format),
        #[cfg(feature = "jxl")]
        Format::Jxl => jxl::open(source),
        Format::Qoi => qoi::open(source),
        #[cfg(feature = "ico")]
        Format::Ico => ico::open(source),
        #[cfg(feature = "svg")]
        Format::Svg => svg::open(source),
        #[allow(unreachable_patterns, reason = "a build may lack codecs")]
        other => Err(Error::UnrecognizedFormat(format!("{} is not decoded", other.name()))),
    }
}

/// Converts `part` of the source to pixels of a reduced decode.
pub(crate) fn reduced(part: Rect, reduction: u32) -> Rect {
    let scale = |length: f64| length / f64::from(reduction);
    Rect { x: scale(part.x), y: scale(part.y), width: scale(part.width), height: scale(part.height) }
}
