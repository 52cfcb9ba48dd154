//! A decoder for baseline, extended sequential and progressive JPEG (ITU-T T.81, Huffman coding, 8 bits).
//!
//! It scales by 1/2, 1/4 and 1/8 in the inverse DCT, returns planes or whole pixels row by row, and holds at most two
//! rows of units of a baseline image in memory. Its samples are bit-exact with libjpeg-turbo at default settings,
//! natively and with simd128, even for truncated or corrupt files: available data is shown, missing data is grey, and a
//! restart marker that is missing or misnumbered costs at most the data between two markers. [`Rows::damage`] reports
//! it. A file without any data is an error. Unlike libjpeg, the decoder does not estimate a progressive image's missing
//! coefficients from neighbouring blocks.
//!
//! ```
//! # fn f(source: &[u8]) -> Result<Vec<u8>, darkroom_jpeg::Error> {
//! let decoder = darkroom_jpeg::Decoder::new(source)?;
//! let mut rows = decoder.rows(darkroom_jpeg::Reduction::Quarter)?;
//! let (width, height) = rows.size();
//! let stride = width * rows.channels();
//! let mut pixels = vec![0; stride * height];
//! for row in pixels.chunks_exact_mut(stride) {
//!     rows.read(row)?;
//! }
//! # Ok(pixels)
//! # }
//! ```

mod bits;
mod block;
mod coefficients;
mod color;
mod error;
mod frame;
mod huffman;
mod idct;
mod markers;
mod metadata;
mod planes;
mod progressive;
mod rows;
mod scan;
mod standard;
mod upsample;

pub use error::Error;
pub use frame::Reduction;
pub use metadata::Colors;
pub use planes::{Plane, Planes, Sampling};
pub use rows::Rows;

use std::borrow::Cow;
use std::ops::Range;

use frame::Frame;
use markers::{Markers, Scan, Tables};

/// A JPEG whose headers have been read.
pub struct Decoder<'a> {
    source: Cow<'a, [u8]>,
    applications: Vec<(u8, Range<usize>)>,
    tables: Tables,
    frame: Frame,
    first: Scan,
    /// The number of bytes after the first scan's header.
    left: usize,
}

impl<'a> Decoder<'a> {
    /// Reads up to the first scan. An owned source can be overwritten while it is decoded: see [`Rows::spent`].
    ///
    /// # Errors
    /// If there is no scan, a header is corrupt, or the process is not supported.
    pub fn new(source: impl Into<Cow<'a, [u8]>>) -> Result<Self, Error> {
        let source = source.into();
        let mut markers = Markers::new(&source)?;
        let first = markers.next_scan()?.ok_or(Error::Malformed("no image in the file"))?;
        let left = markers.rest().len();
        let Markers { tables, frame, applications, .. } = markers;
        let frame = frame.ok_or(Error::Malformed("no frame header"))?;
        Ok(Self { source, applications, tables, frame, first, left })
    }

    fn applications(&self) -> Vec<(u8, &[u8])> {
        self.applications.iter().map(|(number, at)| (*number, &self.source[at.clone()])).collect()
    }

    /// The file.
    #[must_use]
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// Pixels across and down, as stored. Either may be 0: such an image has no rows.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.frame.width, self.frame.height)
    }

    /// The colour model of the components.
    #[must_use]
    pub fn colors(&self) -> Colors {
        Colors::of(&self.frame, &self.applications())
    }

    /// The EXIF data: a TIFF structure.
    #[must_use]
    pub fn exif(&self) -> Option<&[u8]> {
        metadata::find(&self.applications(), 1, b"Exif\0\0")
    }

    /// The reassembled ICC profile.
    #[must_use]
    pub fn icc_profile(&self) -> Option<Vec<u8>> {
        metadata::icc(&self.applications())
    }

    /// The XMP packet.
    #[must_use]
    pub fn xmp(&self) -> Option<&[u8]> {
        metadata::find(&self.applications(), 1, b"http://ns.adobe.com/xap/1.0/\0")
    }

    /// Photoshop's resources, of which IPTC's data is one.
    #[must_use]
    pub fn photoshop(&self) -> Option<&[u8]> {
        metadata::find(&self.applications(), 13, b"Photoshop 3.0\0")
    }

    /// Bytes that [`Self::planes`] allocates, give or take some hundred thousand for tables: two rows of units and, for
    /// an image of several scans, every coefficient.
    #[must_use]
    pub fn planes_memory(&self, reduction: Reduction, sampling: Sampling) -> u64 {
        Planes::memory(&self.frame, &self.first, reduction, sampling)
    }

    /// Bytes that [`Self::rows`] allocates; the caller allocates the rows' buffer.
    #[must_use]
    pub fn rows_memory(&self, reduction: Reduction) -> u64 {
        self.planes_memory(reduction, Sampling::Raised) + Rows::memory(&self.frame)
    }

    /// Decodes components, each at its own resolution.
    ///
    /// # Errors
    /// If a table is missing or, for an image of several scans, if nothing of the first scan is available.
    pub fn planes(self, reduction: Reduction, sampling: Sampling) -> Result<Planes<'a>, Error> {
        Planes::new(self, reduction, sampling)
    }

    /// Decodes pixels.
    ///
    /// # Errors
    /// As for [`Self::planes`], and if the components' resolutions are not integer multiples of each other.
    pub fn rows(self, reduction: Reduction) -> Result<Rows<'a>, Error> {
        let (frame, colors) = (self.frame.clone(), self.colors());
        let planes = self.planes(reduction, Sampling::Raised)?;
        Rows::new(planes, &frame, colors, reduction.block())
    }
}
