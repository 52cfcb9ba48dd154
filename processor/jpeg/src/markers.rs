//! Marker segments: tables, frame and scan headers (ITU-T T.81 Annex B).

use std::ops::Range;

use crate::Error;
use crate::block::ZIGZAG;
use crate::frame::{Component, Frame};
use crate::huffman::Table;
use crate::standard;

/// The tables that scans refer to, as of the last segment read.
#[derive(Default)]
pub(crate) struct Tables {
    /// In row order. Values are read as wrapping 16-bit numbers.
    pub(crate) quantization: [Option<[i16; 64]>; 4],
    pub(crate) dc: [Option<Box<Table>>; 4],
    pub(crate) ac: [Option<Box<Table>>; 4],
    /// Units between two restart markers; 0 if there are none.
    pub(crate) restart: u32,
}

/// A scan's header.
pub(crate) struct Scan {
    /// For each component, its index in the frame and the numbers of its DC and AC tables.
    pub(crate) components: Vec<(usize, usize, usize)>,
    /// The first and last coefficient of the zigzag sequence.
    pub(crate) band: (usize, usize),
    /// The previous scan's last bit (0 for none), and this scan's.
    pub(crate) approximation: (u32, u32),
}

/// Parses the segments before the first scan and between scans.
pub(crate) struct Markers<'a> {
    length: usize,
    rest: &'a [u8],
    pub(crate) tables: Tables,
    pub(crate) frame: Option<Frame>,
    /// The APP segments before the first scan: number, and range of the content in the source.
    pub(crate) applications: Vec<(u8, Range<usize>)>,
}

impl<'a> Markers<'a> {
    /// # Errors
    /// If `source` does not start like a JPEG.
    pub(crate) fn new(source: &'a [u8]) -> Result<Self, Error> {
        let Some(rest) = source.strip_prefix(&[0xFF, 0xD8]) else {
            return Err(Error::Malformed("not a JPEG: the first two bytes are not FF D8"));
        };
        let length = source.len();
        Ok(Self { length, rest, tables: Tables::default(), frame: None, applications: Vec::new() })
    }

    /// Starts between scans: with the current tables, after the header of the scan whose data starts `rest`.
    pub(crate) fn between(rest: &'a [u8], tables: Tables, frame: Frame) -> Self {
        Self { length: rest.len(), rest, tables, frame: Some(frame), applications: Vec::new() }
    }

    /// Reads up to the next scan and returns its header; `rest` is then its data. `None` at the end of the image.
    ///
    /// # Errors
    /// If a segment is corrupt, or the file ends.
    pub(crate) fn next_scan(&mut self) -> Result<Option<Scan>, Error> {
        loop {
            let (marker, segment) = match self.next_marker()? {
                0x01 | 0xD0..=0xD8 => continue,
                0xD9 => return Ok(None),
                marker => (marker, self.segment()?),
            };
            match marker {
                0xC4 => self.huffman(segment)?,
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCF => self.frame(marker, segment)?,
                0xDA => return Ok(Some(self.scan(segment)?)),
                0xDB => self.quantization(segment)?,
                0xDD => {
                    let interval = segment.first_chunk().ok_or(Error::Malformed("a restart interval is cut off"))?;
                    self.tables.restart = u16::from_be_bytes(*interval).into();
                }
                0xE0..=0xEF if self.applications.len() < 1 << 12 => {
                    let end = self.length - self.rest.len();
                    self.applications.push((marker & 15, end - segment.len()..end));
                }
                _ => {}
            }
        }
    }

    /// The unread bytes.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Continues after the data of a scan.
    pub(crate) fn resume(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    /// Whether all bytes have been read.
    pub(crate) fn at_end(&self) -> bool {
        self.rest.len() < 2
    }

    /// The next marker. Bytes before it are skipped.
    fn next_marker(&mut self) -> Result<u8, Error> {
        loop {
            match self.rest {
                [0xFF, marker @ 1..=0xFE, rest @ ..] => {
                    self.rest = rest;
                    return Ok(*marker);
                }
                [] | [_] => return Err(Error::Truncated),
                [_, rest @ ..] => self.rest = rest,
            }
        }
    }

    fn segment(&mut self) -> Result<&'a [u8], Error> {
        let (length, _) = self.rest.split_first_chunk().ok_or(Error::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length < 2 {
            return Err(Error::Malformed("a segment is shorter than its own length"));
        }
        let (segment, rest) = self.rest.split_at_checked(length).ok_or(Error::Truncated)?;
        self.rest = rest;
        Ok(&segment[2..])
    }

    fn quantization(&mut self, mut segment: &[u8]) -> Result<(), Error> {
        while let [first, rest @ ..] = segment {
            let wide = first >> 4 != 0;
            let length = if wide { 128 } else { 64 };
            let (values, rest) =
                rest.split_at_checked(length).ok_or(Error::Malformed("a quantization table is cut off"))?;
            let slot = self.tables.quantization.get_mut(usize::from(first & 15));
            let slot = slot.ok_or(Error::Malformed("a quantization table has a number above 3"))?;
            let table = slot.insert([0; 64]);
            for (k, at) in ZIGZAG[..64].iter().enumerate() {
                let value =
                    if wide { u16::from_be_bytes([values[2 * k], values[2 * k + 1]]) } else { values[k].into() };
                table[usize::from(*at)] = value as i16;
            }
            segment = rest;
        }
        Ok(())
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Result<(), Error> {
        while let [first, rest @ ..] = segment {
            let cut = Error::Malformed("a Huffman table is cut off");
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(cut.clone())?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(total).ok_or(cut)?;
            if total > 256 {
                return Err(Error::Malformed("a Huffman table has too many codes"));
            }
            let ac = first >> 4 & 1 == 1;
            let (slots, largest) = if ac { (&mut self.tables.ac, 255) } else { (&mut self.tables.dc, 15) };
            let slot = slots.get_mut(usize::from(first & 15));
            *slot.ok_or(Error::Malformed("a Huffman table has a number above 3"))? =
                Some(Box::new(Table::new(counts, symbols, largest)?));
            segment = rest;
        }
        Ok(())
    }

    fn frame(&mut self, marker: u8, segment: &[u8]) -> Result<(), Error> {
        if self.frame.is_some() {
            return Err(Error::Malformed("a second frame header"));
        }
        self.frame = Some(Frame::parse(marker, segment)?);
        Ok(())
    }

    fn scan(&mut self, segment: &[u8]) -> Result<Scan, Error> {
        let broken = Error::Malformed("a scan header is broken");
        let frame = self.frame.as_ref().ok_or(Error::Malformed("a scan before the frame header"))?;
        let (count, rest) = segment.split_first().ok_or(broken.clone())?;
        let (named, rest) = rest.split_at_checked(2 * usize::from(*count)).ok_or(broken.clone())?;
        let [first, last, approximation, ..] = *rest else { return Err(broken) };
        let mut components: Vec<(usize, usize, usize)> = Vec::new();
        for [name, tables] in named.as_chunks().0 {
            let mut named =
                frame.components.iter().enumerate().filter(|(_, component)| component.name == *name).peekable();
            if named.peek().is_none() {
                return Err(Error::Malformed("a scan of a component that the frame does not have"));
            }
            // Some cameras give all components the same ID: each use means the next one.
            let unused = named.find(|(index, _)| components.iter().all(|(other, ..)| other != index));
            let ((index, _), dc, ac) = (unused.ok_or(broken.clone())?, tables >> 4, tables & 15);
            if dc > 3 || ac > 3 {
                return Err(broken);
            }
            components.push((index, dc.into(), ac.into()));
        }
        if !frame.progressive {
            components.iter().try_for_each(|(_, dc, ac)| standard::fill(&mut self.tables, *dc, *ac))?;
        }
        let (band, approximation) = if frame.progressive {
            ((first.into(), last.into()), ((approximation >> 4).into(), (approximation & 15).into()))
        } else {
            ((0, 63), (0, 0))
        };
        Ok(Scan { components, band, approximation })
    }
}

impl Scan {
    /// Checks the limits of T.81: at most ten blocks per unit (§B.2.3) and, in progressive images, certain bands and
    /// bits (§G.1.1.1).
    pub(crate) fn check(&self, frame: &Frame) -> Result<(), Error> {
        let blocks = |(index, ..): &(usize, usize, usize)| frame.components[*index].h * frame.components[*index].v;
        let blocks: usize = self.components.iter().map(blocks).sum();
        if self.components.is_empty() || (self.components.len() > 1 && blocks > 10) {
            return Err(Error::Malformed("a scan of no component, or of more than ten blocks a unit"));
        }
        let ((first, last), (before, now)) = (self.band, self.approximation);
        let band = if first == 0 { last == 0 } else { first <= last && last < 64 && self.components.len() == 1 };
        if frame.progressive && (!band || now > 13 || (before != 0 && before != now + 1)) {
            return Err(Error::Malformed("a progressive scan of coefficients or bits that it may not have"));
        }
        Ok(())
    }
}

/// The quantization table of a component.
///
/// # Errors
/// If it was not defined.
pub(crate) fn quantization(tables: &Tables, component: &Component) -> Result<[i16; 64], Error> {
    tables.quantization[component.table].ok_or(Error::Malformed("a quantization table is missing"))
}

/// Table `number` for DC or AC.
///
/// # Errors
/// If it was not defined.
pub(crate) fn table(slots: &[Option<Box<Table>>; 4], number: usize) -> Result<&Table, Error> {
    slots[number].as_deref().ok_or(Error::Malformed("a Huffman table is missing"))
}
