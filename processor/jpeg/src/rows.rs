//! Rows of whole pixels: upsamples planes to one resolution, and converts their colours.

use crate::Error;
use crate::color;
use crate::frame::Frame;
use crate::metadata::Colors;
use crate::planes::{Plane, Planes};
use crate::upsample;

/// How to upsample a plane to the image's width and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Upsampling {
    None,
    Wide,
    High,
    WideAndHigh,
    /// Repeats each sample, across and down.
    Repeat(usize, usize),
}

impl Upsampling {
    /// Chooses as libjpeg does: interpolates by two, unless blocks have been reduced to single samples.
    fn choose(frame: &Frame, plane: &Plane, least: usize) -> Result<Self, Error> {
        let (full_h, full_v) = (frame.h * least, frame.v * least);
        let (h, v) = plane.unit_samples();
        if !full_h.is_multiple_of(h) || !full_v.is_multiple_of(v) {
            let (h, v) = (frame.h, frame.v);
            return Err(Error::Unsupported(format!("components subsampled by other than whole numbers of {h} × {v}")));
        }
        let smooth = least > 1;
        let smooth_wide = smooth && plane.size().0 > 2;
        Ok(match (full_h / h, full_v / v) {
            (1, 1) => Self::None,
            (2, 1) if smooth_wide => Self::Wide,
            (1, 2) if smooth => Self::High,
            (2, 2) if smooth_wide => Self::WideAndHigh,
            (across, down) => Self::Repeat(across, down),
        })
    }

    /// For a plane of `height` rows: the row that contains row `y` of the image, and the other row that it needs.
    fn rows(self, y: usize, height: usize) -> (usize, usize) {
        let down = match self {
            Self::High | Self::WideAndHigh => 2,
            Self::Repeat(_, down) => down,
            Self::None | Self::Wide => 1,
        };
        let near = (y / down).min(height - 1);
        match self {
            Self::High | Self::WideAndHigh if y.is_multiple_of(2) => (near, near.saturating_sub(1)),
            Self::High | Self::WideAndHigh => (near, (near + 1).min(height - 1)),
            _ => (near, near),
        }
    }
}

/// An image, row by row: grey, RGB, or four inks of which 255 is full.
pub struct Rows<'a> {
    planes: Planes<'a>,
    colors: Colors,
    size: (usize, usize),
    ways: Vec<Upsampling>,
    lines: Vec<Vec<u8>>,
    sums: Vec<u16>,
    y: usize,
}

impl<'a> Rows<'a> {
    /// The memory in bytes, excluding the planes.
    pub(crate) fn memory(frame: &Frame) -> u64 {
        // Lines are as wide as whole blocks. Repeat may exceed that by less than a block of four.
        (frame.components.len() as u64 + 2) * (frame.units.0 * frame.h * 8 + 64) as u64
    }

    pub(crate) fn new(planes: Planes<'a>, frame: &Frame, colors: Colors, least: usize) -> Result<Self, Error> {
        let size = ((frame.width * least).div_ceil(8), (frame.height * least).div_ceil(8));
        let ways = planes.planes.iter().map(|plane| Upsampling::choose(frame, plane, least));
        let ways = ways.collect::<Result<Vec<_>, _>>()?;
        let length = |plane: &Plane, way: &Upsampling| match way {
            Upsampling::None => 0,
            Upsampling::High => plane.size().0,
            Upsampling::Wide | Upsampling::WideAndHigh => 2 * plane.size().0,
            Upsampling::Repeat(across, _) => across * plane.size().0,
        };
        let lines = planes.planes.iter().zip(&ways).map(|(plane, way)| vec![0; length(plane, way)]).collect();
        let sums = if ways.contains(&Upsampling::WideAndHigh) { vec![0; size.0 + 4] } else { Vec::new() };
        Ok(Self { planes, colors, size, ways, lines, sums, y: 0 })
    }

    /// Pixels across and down.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Bytes per pixel: 1, 3 or 4.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.colors.channels()
    }

    /// Decodes the next row into `out`, which has the length of a row.
    ///
    /// # Errors
    /// If the data ends before the first unit does.
    ///
    /// # Panics
    /// If `out` has another length, or there is no row left.
    pub fn read(&mut self, out: &mut [u8]) -> Result<(), Error> {
        assert!(out.len() == self.size.0 * self.channels() && self.y < self.size.1, "a row too many, or too long");
        for index in 0..self.ways.len() {
            self.fill(index)?;
        }
        let line = |index: usize| match self.ways[index] {
            Upsampling::None => self.planes.planes[index].row(self.y),
            _ => &self.lines[index][..],
        };
        let width = self.size.0;
        let [first, others @ ..] = [0, 1, 2, 3].map(|index| line(index.min(self.ways.len() - 1)).get(..width));
        let (Some(a), [Some(b), Some(c), Some(d)]) = (first, others) else {
            return Err(Error::Unsupported("components that do not cover the image".into()));
        };
        match self.colors {
            Colors::Gray => out.copy_from_slice(a),
            Colors::YCbCr => color::rgb(a, b, c, out),
            Colors::Rgb => color::interleave([a, b, c], out, |pixel| pixel),
            Colors::Cmyk => color::interleave([a, b, c, d], out, |inks| inks.map(|ink| 255 - ink)),
            // Inks are stored as light and, as luma and chroma, inverted again: the conversion returns ink.
            Colors::Ycck => color::interleave([a, b, c, d], out, |[y, cb, cr, k]| {
                let [c, m, y] = color::convert(y, cb, cr);
                [c, m, y, 255 - k]
            }),
        }
        self.y += 1;
        Ok(())
    }

    /// The first damage so far: some pixels are missing, and grey, or wrong.
    #[must_use]
    pub fn damage(&self) -> Option<&Error> {
        self.planes.damage()
    }

    /// The part of an owned source that will not be read again. The caller can store results made from the rows there,
    /// in place of the file. Empty for a borrowed source.
    pub fn spent(&mut self) -> &mut [u8] {
        self.planes.spent()
    }

    /// The owned source, including the bytes written over it.
    #[must_use]
    pub fn into_source(self) -> Option<Vec<u8>> {
        self.planes.into_source()
    }

    /// Makes sure that the rows that component `index` needs are decoded, and upsamples them.
    fn fill(&mut self, index: usize) -> Result<(), Error> {
        let way = self.ways[index];
        let (near, far) = way.rows(self.y, self.planes.planes[index].size().1);
        while self.planes.planes[index].rows(self.planes.bands()) <= near.max(far) {
            if !self.planes.next_band()? {
                return Err(Error::Malformed("components of different heights"));
            }
        }
        let plane = &self.planes.planes[index];
        let (near, far, bias) = (plane.row(near), plane.row(far), 1 + (self.y & 1) as u16);
        let line = &mut self.lines[index][..];
        match way {
            Upsampling::None => {}
            Upsampling::Wide => upsample::wide(near, line),
            Upsampling::High => upsample::high(near, far, bias, line),
            Upsampling::WideAndHigh => upsample::wide_and_high(near, far, &mut self.sums, line),
            Upsampling::Repeat(across, _) => upsample::repeat(near, across, line),
        }
        Ok(())
    }
}
