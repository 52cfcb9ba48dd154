//! Decodes components as planes, in bands of whole units.

use std::borrow::Cow;

use crate::bits::{Bits, Paused, Segment};
use crate::block;
use crate::coefficients::{self, Coefficients};
use crate::frame::{Component, Frame, Reduction};
use crate::huffman::Table;
use crate::idct::idct;
use crate::markers::{Markers, Scan, Tables, quantization, table};
use crate::scan::{BROKEN, LOST};
use crate::{Decoder, Error};

/// The resolution of subsampled components in a reduced image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// Proportional to the file's.
    Stored,
    /// Higher, up to the file's resolution and that of the largest component.
    Raised,
}

/// One component, with its last two bands.
pub struct Plane {
    width: usize,
    height: usize,
    stride: usize,
    /// Rows per band.
    band: usize,
    /// Samples per side of a decoded block.
    block: usize,
    /// Blocks per unit, across and down.
    unit: (usize, usize),
    table: [i16; 64],
    data: Vec<u8>,
}

impl Plane {
    /// Samples across and down.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Row `y`, counted from the top of the image.
    ///
    /// # Panics
    /// If `y` is below the plane. A row outside the last two bands returns another row.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        assert!(y < self.height, "row {y} of {}", self.height);
        let y = y % (2 * self.band);
        &self.data[y * self.stride..][..self.width]
    }

    /// Samples per unit, across and down.
    pub(crate) fn unit_samples(&self) -> (usize, usize) {
        (self.unit.0 * self.block, self.unit.1 * self.block)
    }

    /// The number of rows available once `bands` are decoded.
    #[must_use]
    pub fn rows(&self, bands: usize) -> usize {
        (bands * self.band).min(self.height)
    }

    fn memory(frame: &Frame, component: &Component, block: usize) -> u64 {
        2 * (frame.units.0 * component.h * component.v * block * block) as u64
    }

    fn new(frame: &Frame, component: &Component, block: usize) -> Self {
        let stride = component.padded.0 * block;
        let band = component.v * block;
        Self {
            width: (frame.width * component.h * block).div_ceil(8 * frame.h),
            height: (frame.height * component.v * block).div_ceil(8 * frame.v),
            stride,
            band,
            block,
            unit: (component.h, component.v),
            table: [0; 64],
            data: vec![0; 2 * band * stride],
        }
    }

    /// Fills a unit with grey.
    fn grey(&mut self, unit: usize, band: usize) {
        let (width, stride) = (self.unit.0 * self.block, self.stride);
        self.half(band).chunks_exact_mut(stride).for_each(|row| row[unit * width..][..width].fill(128));
    }

    /// The half of the buffer that holds band number `band`.
    fn half(&mut self, band: usize) -> &mut [u8] {
        let length = self.band * self.stride;
        &mut self.data[(band & 1) * length..][..length]
    }
}

/// All components, decoded band by band.
pub struct Planes<'a> {
    pub(crate) planes: Vec<Plane>,
    data: Cow<'a, [u8]>,
    source: Source,
    units: (usize, usize),
    bands: usize,
    /// The damage of an image with several scans.
    damage: Option<Error>,
}

enum Source {
    Sequential(Box<Sequential>, Paused),
    Stored(Vec<Coefficients>),
}

/// The single scan of an image, containing all components.
struct Sequential {
    scan: Scan,
    tables: Tables,
    previous: [i16; 4],
    /// Units before the next restart marker, and that marker's number.
    left: u32,
    number: u8,
    segment: Segment,
    damage: Option<Error>,
}

/// Whether the first scan is the only one.
fn is_single(frame: &Frame, scan: &Scan) -> bool {
    !frame.progressive && scan.components.len() == frame.components.len()
}

fn blocks(frame: &Frame, reduction: Reduction, sampling: Sampling) -> Vec<usize> {
    let block = |component| match sampling {
        Sampling::Stored => reduction.block(),
        Sampling::Raised => frame.block(component, reduction),
    };
    frame.components.iter().map(block).collect()
}

impl<'a> Planes<'a> {
    /// The memory for decoding in bytes.
    pub(crate) fn memory(frame: &Frame, scan: &Scan, reduction: Reduction, sampling: Sampling) -> u64 {
        let kept = !is_single(frame, scan);
        let bytes = |(component, block): (&Component, usize)| {
            let kept = if kept { Coefficients::memory(component, block == 1) } else { 0 };
            kept + Plane::memory(frame, component, block)
        };
        frame.components.iter().zip(blocks(frame, reduction, sampling)).map(bytes).sum()
    }

    /// Prepares the first band; an image of several scans is read to its end.
    pub(crate) fn new(decoder: Decoder<'a>, reduction: Reduction, sampling: Sampling) -> Result<Self, Error> {
        let Decoder { source: data, tables, frame, first: scan, left, .. } = decoder;
        let blocks = blocks(&frame, reduction, sampling);
        scan.check(&frame)?;
        let mut damage = None;
        let source = if is_single(&frame, &scan) {
            let at = Paused::at(left);
            let left = tables.restart;
            let (previous, number, segment) = ([0; 4], 0, Segment::There);
            Source::Sequential(Box::new(Sequential { scan, tables, previous, left, number, segment, damage: None }), at)
        } else {
            let only_dc: Vec<bool> = blocks.iter().map(|block| *block == 1).collect();
            let markers = Markers::between(&data[data.len() - left..], tables, frame.clone());
            let (all, broken) = coefficients::read(markers, &frame, scan, &only_dc)?;
            damage = broken;
            Source::Stored(all)
        };
        let pairs = frame.components.iter().zip(&blocks);
        let mut planes: Vec<_> = pairs.map(|(component, block)| Plane::new(&frame, component, *block)).collect();
        for (index, plane) in planes.iter_mut().enumerate() {
            plane.table = match &source {
                Source::Sequential(sequential, _) => quantization(&sequential.tables, &frame.components[index])?,
                Source::Stored(all) => all[index].table.unwrap_or([0; 64]),
            };
        }
        Ok(Self { planes, data, source, units: frame.units, bands: 0, damage })
    }

    /// The components, in the file's order.
    #[must_use]
    pub fn planes(&self) -> &[Plane] {
        &self.planes
    }

    /// The number of bands decoded so far.
    #[must_use]
    pub fn bands(&self) -> usize {
        self.bands
    }

    /// The first damage so far: some pixels are missing, and grey, or wrong.
    #[must_use]
    pub fn damage(&self) -> Option<&Error> {
        match &self.source {
            Source::Sequential(sequential, _) => sequential.damage.as_ref(),
            Source::Stored(_) => self.damage.as_ref(),
        }
    }

    /// The part of an owned source that will not be read again, for the caller to overwrite; empty for a borrowed
    /// source.
    pub(crate) fn spent(&mut self) -> &mut [u8] {
        let left = if let Source::Sequential(_, at) = &self.source { at.left } else { 0 };
        match &mut self.data {
            Cow::Owned(data) => {
                let spent = data.len() - left;
                &mut data[..spent]
            }
            Cow::Borrowed(_) => &mut [],
        }
    }

    pub(crate) fn into_source(self) -> Option<Vec<u8>> {
        match self.data {
            Cow::Owned(data) => Some(data),
            Cow::Borrowed(_) => None,
        }
    }

    /// Decodes one more band; `false` if there are none left.
    ///
    /// # Errors
    /// If a table is missing, or the data ends before the first unit does.
    pub fn next_band(&mut self) -> Result<bool, Error> {
        if self.bands == self.units.1 {
            return Ok(false);
        }
        match &mut self.source {
            Source::Sequential(sequential, at) => {
                let mut bits = at.resume(&self.data);
                sequential.band(&mut bits, &mut self.planes, self.units.0, self.bands)?;
                *at = bits.pause();
            }
            Source::Stored(all) => {
                for (plane, coefficients) in self.planes.iter_mut().zip(all) {
                    transform(plane, coefficients, self.bands);
                }
            }
        }
        self.bands += 1;
        Ok(true)
    }
}

/// Transforms one band of a plane from stored coefficients.
fn transform(plane: &mut Plane, coefficients: &Coefficients, band: usize) {
    let (block, stride, table) = (plane.block, plane.stride, plane.table);
    let (across, down) = (coefficients.across, plane.unit.1);
    let out = plane.half(band);
    let mut scratch = [0; 64];
    for row in 0..down {
        for x in 0..across {
            let (coefficients, seen) = coefficients.get(x, band * down + row, &mut scratch);
            idct(block, coefficients, &table, seen, &mut out[row * block * stride + x * block..], stride);
        }
    }
}

impl Sequential {
    /// Decodes a row of `units` into the planes' half for this band.
    fn band(&mut self, from: &mut Bits<'_>, planes: &mut [Plane], units: usize, band: usize) -> Result<(), Error> {
        if self.segment == Segment::Grey && self.tables.restart == 0 {
            planes.iter_mut().for_each(|plane| plane.half(band).fill(128));
            return Ok(());
        }
        let mut bits = from.clone(); // a local one stays in registers
        for unit in 0..units {
            if self.tables.restart > 0 {
                self.count_down(&mut bits);
            }
            if self.segment != Segment::There {
                self.make_up(bits.clone(), planes, unit, band)?;
                continue;
            }
            let mut whole = true;
            for &(index, dc, ac) in &self.scan.components {
                let (dc, ac) = (table(&self.tables.dc, dc)?, table(&self.tables.ac, ac)?);
                let previous = &mut self.previous[index];
                whole &= decode_unit(&mut bits, dc, ac, previous, &mut planes[index], unit, band);
            }
            if !whole || bits.is_short() {
                self.note(bits.clone(), unit == 0 && band == 0)?;
            }
        }
        *from = bits;
        Ok(())
    }

    /// Records the damage of a unit; an error if the data ends before the first unit does.
    #[cold]
    fn note(&mut self, bits: Bits<'_>, first: bool) -> Result<(), Error> {
        if !bits.is_short() {
            self.damage.get_or_insert(Error::Malformed(BROKEN));
            return Ok(());
        }
        if first {
            return Err(bits.shortage());
        }
        self.damage.get_or_insert_with(|| bits.shortage());
        self.segment = Segment::Grey;
        Ok(())
    }

    /// Reads a restart marker when one is due.
    fn count_down(&mut self, bits: &mut Bits<'_>) {
        if self.left == 0 {
            self.segment = bits.restart(self.number);
            self.previous = [0; 4];
            self.number = (self.number + 1) & 7;
            self.left = self.tables.restart;
        }
        self.left -= 1;
    }

    /// Handles a unit of a lost segment.
    #[cold]
    fn make_up(&mut self, mut zeros: Bits<'_>, planes: &mut [Plane], unit: usize, band: usize) -> Result<(), Error> {
        self.damage.get_or_insert(LOST);
        for &(index, dc, ac) in &self.scan.components {
            let (dc, ac) = (table(&self.tables.dc, dc)?, table(&self.tables.ac, ac)?);
            let (plane, previous) = (&mut planes[index], &mut self.previous[index]);
            if self.segment == Segment::Lost {
                decode_unit(&mut zeros, dc, ac, previous, plane, unit, band);
            } else {
                plane.grey(unit, band);
            }
        }
        self.segment = Segment::Grey;
        Ok(())
    }
}

/// Decodes a component's blocks in a unit; `false` if the data is corrupt.
#[inline(always)]
fn decode_unit(
    bits: &mut Bits<'_>,
    dc: &Table,
    ac: &Table,
    previous: &mut i16,
    plane: &mut Plane,
    unit: usize,
    band: usize,
) -> bool {
    let mut broken = 0;
    let (size, stride, (across, down)) = (plane.block, plane.stride, plane.unit);
    let length = plane.band * stride;
    let out = &mut plane.data[(band & 1) * length..][..length];
    for row in 0..down {
        for column in 0..across {
            let mut block = [0; 64];
            let seen = if size == 1 {
                broken |= block::decode_dc(bits, dc, ac, previous);
                block[0] = *previous;
                0
            } else {
                block::decode(bits, dc, ac, previous, &mut block)
            };
            broken |= seen;
            let at = row * size * stride + (unit * across + column) * size;
            idct(size, &block, &plane.table, seen, &mut out[at..], stride);
        }
    }
    broken & block::BROKEN == 0
}
