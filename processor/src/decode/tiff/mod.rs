//! TIFF, with our own decoder: strips and tiles are decompressed row by row, and each row is converted to pixels
//! immediately. Several pages are not an animation: the image is the first page, unless a recipe requests another one.

mod colors;
mod exif;
mod fax;
mod layout;
mod samples;
mod stream;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

use darkroom_recipe::{Format, Orientation};

use self::colors::Photometric;
use self::layout::{Layout, Tags, broken};
use self::stream::Stream;
use super::{Decode, Decoded, Header, Opened, Shared, missing};
use crate::Error;
use crate::budget::{Budget, Reservation};
use crate::ifd::{Directory, Tiff as File};
use crate::sample::Sample;

/// One page of a file that has not been read yet.
struct Tiff<'a> {
    source: Option<Shared<'a>>,
    /// The offset of its directory.
    offset: u64,
    /// The offsets of all pages' directories.
    pages: Rc<[u64]>,
    damage: Option<Error>,
}

/// Reads the headers of the first page.
pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let (file, first) = File::open(&source).map_err(broken)?;
    let pages = pages(file, first);
    page(Shared::new(source), first, pages)
}

/// The offsets of all reachable directories; a cycle ends the list.
fn pages(file: File<'_>, first: u64) -> Rc<[u64]> {
    let (mut pages, mut seen) = (Vec::new(), BTreeSet::new());
    let mut next = Some(first);
    while let Some(offset) = next.filter(|offset| *offset != 0 && seen.insert(*offset)) {
        let directory = file.directory(offset).ok();
        pages.extend(directory.map(|_| offset));
        next = directory.and_then(|directory| directory.next().ok());
    }
    pages.into()
}

fn page<'a>(source: Shared<'a>, offset: u64, pages: Rc<[u64]>) -> Result<Opened<'a>, Error> {
    let header = header(directory(source.as_ref(), offset)?)?;
    Ok((header, Box::new(Tiff { source: Some(source), offset, pages, damage: None })))
}

fn directory(source: &[u8], offset: u64) -> Result<Directory<'_>, Error> {
    File::open(source).and_then(|(file, _)| file.directory(offset)).map_err(broken)
}

fn header(directory: Directory<'_>) -> Result<Header, Error> {
    const XMP: u16 = 700;
    const IPTC: u16 = 33_723;
    let layout = Layout::read(directory)?;
    let tags = Tags(directory);
    let exif = exif::of(directory);
    Ok(Header {
        format: Format::Tiff,
        size: layout.size,
        orientation: Orientation::from_exif(tags.number(274)?.unwrap_or(1) as u16),
        frames: 1,
        alpha: layout.alpha.is_some(),
        bits_per_channel: layout.sample.bits as u8,
        icc: tags.find(34_675)?.map(|profile| profile.bytes.to_vec()),
        exif,
        xmp: tags.find(XMP)?.map(|packet| packet.bytes.to_vec()),
        iptc: tags.find(IPTC)?.map(|data| data.bytes.to_vec()),
        metadata: false,
    })
}

impl<'a> Decode<'a> for Tiff<'a> {
    fn next_frame(&mut self, _: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let Some(source) = self.source.take() else { return Ok(None) };
        let (decoded, damage) = pixels(directory(source.as_ref(), self.offset)?, budget)?;
        self.damage = damage;
        Ok(Some(decoded))
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
    }

    fn wide(&mut self, budget: &Budget) -> Result<Option<Decoded<u16>>, Error> {
        let Some(source) = &self.source else { return Ok(None) };
        let layout = Layout::read(directory(source.as_ref(), self.offset)?)?;
        if layout.sample.bits <= 8 || !matches!(layout.photometric, Photometric::Gray { .. } | Photometric::Rgb) {
            return Ok(None);
        }
        let Some(source) = self.source.take() else { return Ok(None) };
        let (decoded, damage) = pixels(directory(source.as_ref(), self.offset)?, budget)?;
        self.damage = damage;
        Ok(Some(decoded))
    }

    fn pages(&self) -> u32 {
        u32::try_from(self.pages.len()).unwrap_or(u32::MAX).max(1)
    }

    fn page(&self, number: u32) -> Result<Option<Opened<'a>>, Error> {
        let offset = (number as usize).checked_sub(1).and_then(|at| self.pages.get(at));
        let source = self.source.clone().ok_or_else(|| Error::Internal("a page after the image".into()))?;
        // A single page has no further pages.
        offset.map(|offset| page(source, *offset, Rc::new([*offset]))).transpose()
    }
}

/// Decodes the image. If strips or tiles, or parts of them, are missing, they are grey and it also returns the error.
///
/// # Errors
/// If not a single row of any of them is available.
fn pixels<S: Sample>(directory: Directory<'_>, budget: &Budget) -> Result<(Decoded<S>, Option<Error>), Error> {
    let layout = Layout::read(directory)?;
    let model = layout.photometric.model(layout.alpha.is_some());
    let (size, chunk) = (layout.size, layout.chunk);
    let (mut data, reservation) = budget.samples(size.pixels().saturating_mul(model.channels() as u64))?;
    let mut row = Row::new(&layout, budget)?;
    let (across, down) = layout.chunks();
    let stride = size.width as usize * model.channels();
    let (mut damage, mut begun) = (None, false);
    for (number, (y, x)) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))).enumerate() {
        let (left, top) = (x * chunk.width, y * chunk.height);
        let (width, height) = (chunk.width.min(size.width - left), chunk.height.min(size.height - top));
        let mut chunk = Chunk::open(&layout, directory.tiff(), number, height, budget);
        for line in data.chunks_exact_mut(stride).skip(top as usize).take(height as usize) {
            let at = left as usize * model.channels();
            let line = &mut line[at..at + width as usize * model.channels()];
            let read = match &mut chunk {
                Ok(chunk) => chunk.next(&layout, &mut row),
                Err(error) => Err(error.clone()),
            };
            match read {
                Ok(samples) => {
                    let samples = &samples[..width as usize * layout.samples];
                    layout.photometric.convert(samples, layout.samples, layout.alpha, line);
                    begun = true;
                }
                Err(error @ Error::Malformed(_)) => {
                    missing::grey(model, line);
                    damage.get_or_insert_with(|| error.clone());
                    chunk = Err(error);
                }
                Err(error) => return Err(error),
            }
        }
        let broken = chunk.ok().and_then(|chunk| chunk.damage());
        damage = damage.or(broken);
    }
    match damage {
        Some(error) if !begun => Err(error),
        damage => Ok((Decoded { size, model, data, reservation, reduction: 1 }, damage)),
    }
}

/// Buffers for a row of a chunk.
struct Row<S> {
    stored: Vec<u8>,
    spare: Vec<u8>,
    /// Interleaved by pixel.
    samples: Vec<S>,
    _reserved: [Reservation; 3],
}

impl<S: Sample> Row<S> {
    fn new(layout: &Layout<'_>, budget: &Budget) -> Result<Self, Error> {
        let width = u64::from(layout.chunk.width);
        let (across, down) = layout.subsampling;
        let length = match layout.subsampling {
            (1, 1) => (width * layout.in_stream() as u64 * u64::from(layout.sample.bits)).div_ceil(8),
            _ => width.div_ceil(across as u64) * (across * down + 2) as u64,
        };
        let (stored, first) = budget.buffer(length)?;
        let (spare, second) = budget.buffer(length)?;
        let (samples, third) = budget.samples(width * layout.samples as u64)?;
        Ok(Self { stored, spare, samples, _reserved: [first, second, third] })
    }
}

/// A partly read strip or tile.
struct Chunk<'a> {
    /// One stream, or one per sample.
    streams: Vec<Stream<'a>>,
    read: usize,
}

impl<'a> Chunk<'a> {
    fn open(layout: &Layout<'a>, file: File<'a>, number: usize, rows: u32, budget: &Budget) -> Result<Self, Error> {
        let (across, down) = layout.chunks();
        let apart = across as usize * down as usize;
        let planes = if layout.planar { layout.samples } else { 1 };
        let open = |plane| Stream::open(layout, file, number + plane * apart, rows, budget);
        Ok(Self { streams: (0..planes).map(open).collect::<Result<_, _>>()?, read: 0 })
    }

    /// The error in rows that were returned nevertheless.
    fn damage(&self) -> Option<Error> {
        self.streams.iter().find_map(Stream::damage)
    }

    /// The samples of the next row, interleaved by pixel.
    fn next<'r, S: Sample>(&mut self, layout: &Layout<'_>, row: &'r mut Row<S>) -> Result<&'r [S], Error> {
        let Row { stored, spare, samples, .. } = row;
        let (across, down) = layout.subsampling;
        let step = if layout.planar { layout.samples } else { 1 };
        for (plane, stream) in self.streams.iter_mut().enumerate() {
            // Rows that share their chroma are stored together.
            if self.read.is_multiple_of(down) {
                stream.read(stored)?;
                samples::undo(layout.predictor, stored, layout.in_stream(), layout.sample, spare);
            }
            if layout.subsampling == (1, 1) {
                samples::channels(stored, layout.sample, &mut samples[plane..], step);
            } else {
                unpack(stored, across, down, self.read % down, samples);
            }
        }
        self.read += 1;
        Ok(samples)
    }
}

/// Unpacks one row of data units: all luma samples of a unit, row by row, then its two chroma samples (TIFF 6.0 section
/// 21).
fn unpack<S: Sample>(units: &[u8], across: usize, down: usize, row: usize, samples: &mut [S]) {
    let luma = across * down;
    for (unit, pixels) in units.chunks_exact(luma + 2).zip(samples.chunks_mut(3 * across)) {
        for (x, pixel) in pixels.chunks_exact_mut(3).enumerate() {
            pixel.copy_from_slice(&[unit[row * across + x], unit[luma], unit[luma + 1]].map(S::of));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grayscale image in one uncompressed strip.
    fn one_strip(side: u32) -> Vec<u8> {
        let pixels = side * side;
        let fields: [(u16, u32); 8] =
            [(256, side), (257, side), (258, 8), (259, 1), (262, 1), (273, 200), (278, side), (279, pixels)];
        let long = |(tag, value): (u16, u32)| {
            [&tag.to_le_bytes()[..], &4u16.to_le_bytes(), &1u32.to_le_bytes(), &value.to_le_bytes()].concat()
        };
        let mut file = [b"II*\0\x08\0\0\0\x08\0".to_vec(), fields.map(long).concat()].concat();
        file.resize(200, 0);
        file.extend((0..pixels).map(|n| n as u8));
        file
    }

    #[test]
    fn pages_are_found_and_circles_are_ends() {
        let little = b"II*\0\x08\0\0\0\0\0\x0E\0\0\0\0\0\0\0\0\0".to_vec();
        let big = b"MM\0*\0\0\0\x08\0\0\0\0\0\x0E\0\0\0\0\0\0".to_vec();
        let mut wide = b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0".to_vec();
        wide.extend([&[0; 8][..], &32u64.to_le_bytes(), &[0; 16]].concat());
        let circle = b"II*\0\x08\0\0\0\0\0\x08\0\0\0".to_vec();
        let nowhere = b"II*\0\xFF\0\0\0".to_vec();
        for (file, expected) in
            [(little, &[8u64, 14][..]), (big, &[8, 14]), (wide, &[16, 32]), (circle, &[8]), (nowhere, &[])]
        {
            let (opened, first) = File::open(&file).expect("a header");
            assert_eq!(&*pages(opened, first), expected);
        }
    }

    #[test]
    fn a_long_strip_takes_memory_for_a_row() {
        const SIDE: u32 = 1300;
        let source = one_strip(SIDE);
        let read = |memory| {
            let (_, mut decoder) = open(Cow::Borrowed(&source)).expect("headers");
            decoder.next_frame(1, &Budget::new(memory))
        };
        let pixels = u64::from(SIDE * SIDE);
        let enough = pixels + 3 * u64::from(SIDE) + stream::STATE;
        let image = read(enough).expect("enough memory").expect("an image");
        assert_eq!(image.data, source[200..]);
        assert!(matches!(read(enough - 1), Err(Error::Limit(_))));
    }
}
