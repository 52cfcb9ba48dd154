//! Reads and checks the pixel layout in a TIFF's directory (TIFF 6.0).

use darkroom_recipe::Size;

use super::colors::{Alpha, Photometric};
use super::samples::{Kind, Predictor, Sample};
use crate::Error;
use crate::decode::TOO_SHORT;
use crate::ifd::{Broken, Directory, Values};

/// The compression of chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Lzw,
    Deflate,
    PackBits,
    Jpeg,
    /// CCITT's modified Huffman code, without marks between rows.
    FaxRows,
    Fax3,
    Fax4,
    Zstd,
}

/// The position and structure of the pixels.
pub(super) struct Layout<'a> {
    pub(super) size: Size,
    pub(super) sample: Sample,
    /// Samples per pixel, including those that are not displayed.
    pub(super) samples: usize,
    pub(super) photometric: Photometric,
    pub(super) alpha: Option<Alpha>,
    /// Each sample's values have their own chunks.
    pub(super) planar: bool,
    /// The size of a strip or tile in pixels.
    pub(super) chunk: Size,
    pub(super) compression: Compression,
    pub(super) predictor: Predictor,
    /// The first pixel is in a byte's least significant bits.
    pub(super) reversed: bool,
    /// Pixels across and down that share their chroma, if it is subsampled.
    pub(super) subsampling: (usize, usize),
    /// JPEG chunks hold luma and chroma.
    pub(super) jpeg_ycbcr: bool,
    /// The tables that all JPEG chunks share.
    pub(super) jpeg_tables: &'a [u8],
    offsets: Values<'a>,
    counts: Option<Values<'a>>,
}

impl<'a> Layout<'a> {
    pub(super) fn read(directory: Directory<'a>) -> Result<Self, Error> {
        let tags = Tags(directory);
        let size = Size::new(tags.side(256, "ImageWidth")?, tags.side(257, "ImageLength")?);
        let samples = tags.number(277)?.unwrap_or(1) as usize;
        let compression = compression(&tags)?;
        let photometric = Photometric::read(&tags, samples)?;
        let alpha = Alpha::read(&tags, photometric.inks_or_lights(), samples)?;
        let sample = sample(&tags, &photometric)?;
        let tiled = tags.find(322)?.is_some();
        let chunk = if tiled { tile(&tags)? } else { strip(&tags, size)? };
        let planar = samples > 1 && tags.number(284)? == Some(2);
        let missing = || Error::Malformed("the offsets of strips or tiles are missing".into());
        let layout = Self {
            size,
            sample,
            samples,
            subsampling: subsampling(&tags, &photometric, compression)?,
            alpha,
            planar,
            chunk,
            compression,
            predictor: predictor(&tags, compression)?,
            reversed: tags.number(266)? == Some(2) && compression != Compression::Jpeg,
            jpeg_tables: tags.find(347)?.map_or(&[], |values| values.bytes),
            offsets: tags.find(if tiled { 324 } else { 273 })?.ok_or_else(missing)?,
            counts: tags.find(if tiled { 325 } else { 279 })?,
            jpeg_ycbcr: matches!(photometric, Photometric::YCbCr(_)),
            photometric: if compression == Compression::Jpeg && !planar { photometric.of_jpeg() } else { photometric },
        };
        layout.check()?;
        Ok(layout)
    }

    /// Rejects combinations of fields that are valid only individually.
    fn check(&self) -> Result<(), Error> {
        let Sample { bits, .. } = self.sample;
        if self.samples < self.photometric.inks_or_lights() {
            return Err(Error::Malformed(format!("{} samples a pixel are too few", self.samples)));
        }
        match self.compression {
            Compression::Jpeg if bits != 8 => return Err(unsupported(format!("JPEG of {bits} bits a sample"))),
            Compression::FaxRows | Compression::Fax3 | Compression::Fax4 if bits != 1 || self.in_stream() != 1 => {
                return Err(Error::Malformed(format!("fax compression of {bits} bits a sample; must be 1")));
            }
            _ => {}
        }
        if self.subsampling != (1, 1) && (self.planar || bits != 8 || self.samples != 3) {
            return Err(unsupported("subsampled chroma in planes, or of other than 8 bits".into()));
        }
        if self.predictor != Predictor::None && !matches!(bits, 8 | 16 | 32 | 64) {
            return Err(unsupported(format!("differences of {bits} bits a sample")));
        }
        if self.predictor == Predictor::Float && self.sample.kind != Kind::Float {
            return Err(Error::Malformed("a predictor for numbers that the file has not".into()));
        }
        let planes = if self.planar { self.samples as u64 } else { 1 };
        let (across, down) = self.chunks();
        let chunks = (u64::from(across) * u64::from(down)).saturating_mul(planes);
        if (self.offsets.len() as u64) < chunks {
            let found = self.offsets.len();
            return Err(Error::Malformed(format!("{found} strips or tiles; the image takes {chunks}")));
        }
        Ok(())
    }

    /// The number of chunks across and down.
    pub(super) const fn chunks(&self) -> (u32, u32) {
        (self.size.width.div_ceil(self.chunk.width), self.size.height.div_ceil(self.chunk.height))
    }

    /// Samples per pixel in one stream.
    pub(super) const fn in_stream(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// A chunk's offset in the file and its maximum length: up to the end of the file if no field gives it.
    pub(super) fn place(&self, chunk: usize) -> (u64, u64) {
        let count = self.counts.and_then(|counts| counts.get(chunk)).filter(|count| *count > 0);
        (self.offsets.get(chunk).unwrap_or(u64::MAX), count.unwrap_or(u64::MAX))
    }
}

/// A directory that reports the image core's errors.
pub(super) struct Tags<'a>(pub(super) Directory<'a>);

impl<'a> Tags<'a> {
    pub(super) fn find(&self, tag: u16) -> Result<Option<Values<'a>>, Error> {
        self.0.find(tag).map_err(broken)
    }

    /// The first integer of a field.
    pub(super) fn number(&self, tag: u16) -> Result<Option<u64>, Error> {
        Ok(self.find(tag)?.and_then(Values::first))
    }

    fn side(&self, tag: u16, name: &str) -> Result<u32, Error> {
        let found = self.number(tag)?.ok_or_else(|| Error::Malformed(format!("{name} is missing")))?;
        u32::try_from(found).map_err(|_| Error::Malformed(format!("{name} {found}: must be below 2^32")))
    }
}

pub(super) fn broken(broken: Broken) -> Error {
    Error::Malformed(match broken {
        Broken::TooShort => TOO_SHORT.into(),
        Broken::Malformed(what) => what.into(),
    })
}

pub(super) fn unsupported(what: String) -> Error {
    Error::UnsupportedFeature(format!("TIFF: {what}"))
}

fn compression(tags: &Tags<'_>) -> Result<Compression, Error> {
    let options = |tag| Ok::<_, Error>(tags.number(tag)?.unwrap_or(0));
    let name = match tags.number(259)?.unwrap_or(1) {
        1 => return Ok(Compression::None),
        2 => return Ok(Compression::FaxRows),
        3 if options(292)? & 3 == 0 => return Ok(Compression::Fax3),
        4 if options(293)? & 2 == 0 => return Ok(Compression::Fax4),
        5 => return Ok(Compression::Lzw),
        7 => return Ok(Compression::Jpeg),
        8 | 32_946 => return Ok(Compression::Deflate),
        32_773 => return Ok(Compression::PackBits),
        50_000 => return Ok(Compression::Zstd),
        3 | 4 => "two-dimensional or uncompressed CCITT",
        6 => "old-style JPEG",
        34_661 => "JBIG",
        34_712 => "JPEG 2000",
        34_887 => "LERC",
        34_925 => "LZMA",
        50_001 => "WebP",
        other => return Err(unsupported(format!("compression {other}"))),
    };
    Err(unsupported(format!("{name} compression")))
}

fn sample(tags: &Tags<'_>, photometric: &Photometric) -> Result<Sample, Error> {
    let depths = tags.find(258)?;
    let bits = depths.and_then(Values::first).unwrap_or(1);
    let differs = |depths: Values<'_>| (0..depths.len()).any(|n| depths.get(n) != Some(bits));
    if depths.is_some_and(differs) {
        return Err(unsupported("samples of different lengths".into()));
    }
    let kind = match tags.number(339)?.unwrap_or(1) {
        2 => Kind::Signed,
        3 => Kind::Float,
        5 | 6 => return Err(unsupported("complex numbers".into())),
        _ => Kind::Unsigned,
    };
    let fits = match kind {
        Kind::Float => matches!(bits, 16 | 32 | 64),
        Kind::Signed => matches!(bits, 8 | 16 | 32),
        Kind::Unsigned => matches!(bits, 1..=16 | 32),
    };
    let indices = matches!(photometric, Photometric::Palette(_));
    if !fits || indices && (bits > 8 || kind != Kind::Unsigned) {
        return Err(unsupported(format!("samples of {bits} bits, {}", kind.name())));
    }
    Ok(Sample { bits: bits as u32, kind, big_endian: tags.0.tiff().big_endian, scaled: !indices })
}

fn predictor(tags: &Tags<'_>, compression: Compression) -> Result<Predictor, Error> {
    if !matches!(compression, Compression::Lzw | Compression::Deflate | Compression::Zstd) {
        return Ok(Predictor::None);
    }
    match tags.number(317)?.unwrap_or(1) {
        1 => Ok(Predictor::None),
        2 => Ok(Predictor::Horizontal),
        3 => Ok(Predictor::Float),
        other => Err(unsupported(format!("predictor {other}"))),
    }
}

fn subsampling(tags: &Tags<'_>, photometric: &Photometric, compression: Compression) -> Result<(usize, usize), Error> {
    if !matches!(photometric, Photometric::YCbCr(_)) || compression == Compression::Jpeg {
        return Ok((1, 1));
    }
    let factor = |n, values: Values<'_>| match values.get(n) {
        Some(factor @ (1 | 2 | 4)) => Ok(factor as usize),
        other => Err(Error::Malformed(format!("subsampling of chroma by {other:?}; must be 1, 2 or 4"))),
    };
    tags.find(530)?.map_or(Ok((2, 2)), |values| Ok((factor(0, values)?, factor(1, values)?)))
}

fn strip(tags: &Tags<'_>, size: Size) -> Result<Size, Error> {
    let height = tags.number(278)?.filter(|rows| *rows > 0).unwrap_or(u64::MAX).min(size.height.max(1).into());
    Ok(Size::new(size.width.max(1), height as u32))
}

/// The size of a tile. Sides are multiples of 16 (TIFF 6.0 section 15); smaller tiles would only cost time.
fn tile(tags: &Tags<'_>) -> Result<Size, Error> {
    let side = |tag, name| match tags.side(tag, name)? {
        side if side > 0 && side % 16 == 0 => Ok(side),
        side => Err(Error::Malformed(format!("{name} {side}: must be a multiple of 16"))),
    };
    Ok(Size::new(side(322, "TileWidth")?, side(323, "TileLength")?))
}
