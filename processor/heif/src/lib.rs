//! A decoder of still images in HEIF files: AVIF (AV1) and, with the feature `heic`, HEIC (HEVC).
//!
//! The container (ISO/IEC 14496-12, ISO/IEC 23008-12) is read here; AV1 is decoded by rav1d and HEVC by heifer. Single
//! images and grids are decoded tile by tile, and reduced as they are, so that a grid needs memory for one tile and for
//! what becomes of it. Pixels are grey or RGB in the file's own colours, with straight alpha, of 8 bits a channel or of 16,
//! which keep all of samples of 10 and 12. Not decoded: overlays, identity items, sequences, and items of other codecs.
//!
//! ```
//! # fn f(source: &[u8]) -> Result<Vec<u8>, darkroom_heif::Error> {
//! let decoder = darkroom_heif::Decoder::new(source)?;
//! assert!(decoder.memory(4)? < 96 << 20);
//! let image = decoder.decode(4)?;
//! # Ok(image.data)
//! # }
//! ```

mod canvas;
mod codec;
mod color;
mod decode;
mod error;
mod geometry;
mod location;
mod meta;
mod metadata;
mod picture;
mod properties;
mod reader;
mod sample;
mod upsample;

pub use color::Nclx;
pub use error::Error;

use std::borrow::Cow;

use color::Chroma;
use meta::Meta;
use picture::Picture;
use sample::Sample;

/// A file whose `meta` box has been parsed.
pub struct Decoder<'a> {
    meta: Meta<'a>,
    picture: Picture<'a>,
    alpha: Option<(Picture<'a>, bool)>,
}

/// Decoded pixels, without [`Decoder::orientation`] applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image<S = u8> {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 1: grey. 2: grey and alpha. 3: RGB. 4: RGB and alpha. Alpha is straight.
    pub channels: usize,
    /// Rows from the top, without padding. The largest value of a channel is full light, and fully opaque.
    pub data: Vec<S>,
    /// What is the matter with the first tile that is missing, where one is: those are grey, and their alpha is opaque.
    pub damage: Option<Error>,
}

impl<'a> Decoder<'a> {
    /// Parses the description of the primary item, without decoding pixels.
    ///
    /// # Errors
    /// If there is no primary item, its type is not supported, or a required box is corrupt.
    pub fn new(source: &'a [u8]) -> Result<Self, Error> {
        let meta = Meta::read(source)?;
        let picture = Picture::read(&meta, meta.primary)?;
        let alpha = match metadata::alpha(&meta) {
            Some(id) => {
                let premultiplied = meta.targets(meta.primary, *b"prem").any(|target| target == id);
                Some((Picture::read(&meta, id)?, premultiplied))
            }
            None => None,
        };
        Ok(Self { meta, picture, alpha })
    }

    /// Columns and rows after cropping (`clap`), before rotation. Neither is 0.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        let part = self.picture.shown.part;
        (part.width, part.height)
    }

    /// The orientation to apply, in EXIF's numbering: 1 to 8. HEIF ignores the orientation in EXIF data.
    #[must_use]
    pub fn orientation(&self) -> u8 {
        self.picture.shown.orientation()
    }

    /// Whether there is alpha.
    #[must_use]
    pub fn alpha(&self) -> bool {
        self.alpha.is_some()
    }

    /// Whether the image is grayscale.
    #[must_use]
    pub fn gray(&self) -> bool {
        self.picture.chroma() == Chroma::None
    }

    /// Bits per stored sample: 8 to 12.
    #[must_use]
    pub fn bits(&self) -> u8 {
        self.picture.bits()
    }

    /// The number of coded images that make up the image.
    #[must_use]
    pub fn tiles(&self) -> usize {
        self.picture.tiles()
    }

    /// The ICC profile. It takes precedence over the primaries and transfer of [`Self::nclx`].
    #[must_use]
    pub fn icc_profile(&self) -> Option<&'a [u8]> {
        self.picture.icc
    }

    /// The colour space according to the container. If it is `None`, the bitstream may still specify one.
    #[must_use]
    pub fn nclx(&self) -> Option<Nclx> {
        self.picture.nclx
    }

    /// The EXIF data: a TIFF structure.
    #[must_use]
    pub fn exif(&self) -> Option<Cow<'a, [u8]>> {
        metadata::exif(&self.meta)
    }

    /// The XMP packet.
    #[must_use]
    pub fn xmp(&self) -> Option<Cow<'a, [u8]>> {
        metadata::xmp(&self.meta)
    }

    /// Whether there is a gain map: Apple's, or ISO 21496-1's.
    #[must_use]
    pub fn gain_map(&self) -> bool {
        metadata::gain_map(&self.meta)
    }

    /// The most bytes that [`Self::decode`] allocates, including the pixels that it returns. Reads each item's length,
    /// but no samples.
    ///
    /// # Errors
    /// If a tile is missing, or differs from the others.
    pub fn memory(&self, reduction: u32) -> Result<u64, Error> {
        self.memory_for::<u8>(reduction)
    }

    /// The same for [`Self::decode_wide`].
    ///
    /// # Errors
    /// As [`Self::memory`].
    pub fn memory_wide(&self) -> Result<u64, Error> {
        self.memory_for::<u16>(1)
    }

    fn memory_for<S>(&self, reduction: u32) -> Result<u64, Error> {
        let canvas = decode::plan(&self.picture, reduction, self.alpha()).memory::<S>();
        let colors = canvas + decode::memory(&self.meta, &self.picture)?;
        let Some((alpha, _)) = &self.alpha else { return Ok(colors) };
        let plane = decode::alpha_plan(alpha).memory::<S>();
        Ok(plane + colors.max(decode::memory(&self.meta, alpha)?))
    }

    /// Decodes the image. Each output pixel merges `reduction` (1, 2, 4 or 8) stored pixels along both axes, or fewer
    /// at the right and lower edges.
    ///
    /// # Errors
    /// If no tile can be decoded, because its data is corrupt, truncated, or of an unsupported profile.
    ///
    /// # Panics
    /// If `reduction` has another value.
    pub fn decode(&self, reduction: u32) -> Result<Image, Error> {
        assert!(matches!(reduction, 1 | 2 | 4 | 8), "reduction={reduction}: must be 1, 2, 4 or 8");
        self.decode_as(reduction)
    }

    /// Decodes the image at full size with 16 bits a channel.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn decode_wide(&self) -> Result<Image<u16>, Error> {
        self.decode_as(1)
    }

    fn decode_as<S: Sample>(&self, reduction: u32) -> Result<Image<S>, Error> {
        let mut damage = None;
        let alpha = match &self.alpha {
            Some((picture, premultiplied)) => Some(decode::alpha(&self.meta, picture, *premultiplied, &mut damage)?),
            None => None,
        };
        let plan = decode::plan(&self.picture, reduction, alpha.is_some());
        let missing = decode::Missing { sample: 128, damage: &mut damage };
        let data = decode::pixels(&self.meta, &self.picture, plan, alpha.as_ref(), missing)?;
        Ok(Image { width: plan.width(), height: plan.height(), channels: plan.channels(), data, damage })
    }
}
