//! Images with several scans: keeps their coefficients until the last scan has been read.

use crate::Error;
use crate::block::{Block, ZIGZAG};
use crate::frame::{Component, Frame};
use crate::markers::{Markers, Scan, Tables, quantization};
use crate::scan;

/// The most scans that are read; encoders write about ten. Each costs time, and can be as short as 14 bytes.
const SCANS: usize = 500;

/// The coefficients in the lower four rows, and in the right four columns, as masks of the zigzag sequence.
const LOWER: u64 = mask(0b100_000);
const RIGHT: u64 = mask(0b000_100);

const fn mask(bit: u8) -> u64 {
    let (mut mask, mut k) = (0, 0);
    while k < 64 {
        if ZIGZAG[k] & bit != 0 {
            mask |= 1 << k;
        }
        k += 1;
    }
    mask
}

/// All blocks of one component.
pub(crate) struct Coefficients {
    /// Blocks per row.
    pub(crate) across: usize,
    /// Empty if [`Self::levels`] is sufficient.
    pub(crate) blocks: Vec<Block>,
    /// For each block, a mask of non-zero coefficients in the zigzag sequence, excluding the first one.
    pub(crate) masks: Vec<u64>,
    /// First coefficients only.
    pub(crate) levels: Vec<i16>,
    pub(crate) table: Option<Block>,
    /// The coefficients that are known to their last bit.
    exact: u64,
}

impl Coefficients {
    /// The memory for `component` in bytes; `only_dc` means that only the first coefficients are needed.
    pub(crate) fn memory(component: &Component, only_dc: bool) -> u64 {
        let blocks = component.padded.0 as u64 * component.padded.1 as u64;
        blocks * if only_dc { 2 } else { 128 + 8 }
    }

    fn new(component: &Component, only_dc: bool) -> Self {
        let (across, down) = component.padded;
        let count = across * down;
        let (levels, whole) = if only_dc { (count, 0) } else { (0, count) };
        Self {
            across,
            blocks: vec![[0; 64]; whole],
            masks: vec![0; whole],
            levels: vec![0; levels],
            table: None,
            exact: 0,
        }
    }

    /// A block's coefficients, and the bitwise OR of the positions of all but the first.
    pub(crate) fn get<'a>(&'a self, x: usize, y: usize, scratch: &'a mut Block) -> (&'a Block, u32) {
        let at = y * self.across + x;
        if self.blocks.is_empty() {
            scratch[0] = self.levels[at];
            return (scratch, 0);
        }
        let mask = self.masks[at];
        let seen = u32::from(mask != 0) | u32::from(mask & LOWER != 0) << 5 | u32::from(mask & RIGHT != 0) << 2;
        (&self.blocks[at], seen)
    }

    /// The first coefficient of a block.
    #[inline(always)]
    pub(crate) fn level(&mut self, at: usize) -> &mut i16 {
        if self.blocks.is_empty() { &mut self.levels[at] } else { &mut self.blocks[at][0] }
    }

    fn is_complete(&self) -> bool {
        if self.blocks.is_empty() { self.exact & 1 == 1 } else { self.exact == !0 }
    }
}

/// Reads all scans; the header of the first has already been read. If only the first coefficients are needed, scans of
/// others are skipped. Missing data is left out, and the first damage is reported.
///
/// # Errors
/// If nothing of the first scan is available, or there are too many scans.
pub(crate) fn read(
    mut markers: Markers<'_>,
    frame: &Frame,
    first: Scan,
    only_dc: &[bool],
) -> Result<(Vec<Coefficients>, Option<Error>), Error> {
    let mut all: Vec<_> = frame
        .components
        .iter()
        .zip(only_dc)
        .map(|(component, only_dc)| Coefficients::new(component, *only_dc))
        .collect();
    let (rest, mut damage) = one(&first, frame, &markers, &mut all)?;
    markers.resume(rest);
    let mut scans = 1;
    // The end marker may be missing.
    while !(markers.at_end() && all.iter().all(Coefficients::is_complete)) {
        let scan = match markers.next_scan() {
            Ok(Some(scan)) => scan,
            Ok(None) => break,
            Err(error) => {
                damage.get_or_insert(error);
                break;
            }
        };
        scans += 1;
        if scans > SCANS {
            return Err(Error::Malformed("more than 500 scans"));
        }
        let read = one(&scan, frame, &markers, &mut all);
        let (rest, broken) = read.unwrap_or_else(|error| (scan::skip(markers.rest()), Some(error)));
        damage = damage.or(broken);
        markers.resume(rest);
    }
    if all.iter().any(|component| component.table.is_none()) {
        damage.get_or_insert(Error::Malformed("the image ends before its last scan"));
    }
    Ok((all, damage))
}

/// Reads one scan with [`scan::read`].
fn one<'a>(
    scan: &Scan,
    frame: &Frame,
    markers: &Markers<'a>,
    all: &mut [Coefficients],
) -> Result<(&'a [u8], Option<Error>), Error> {
    scan.check(frame)?;
    latch(scan, frame, &markers.tables, all)?;
    scan::read(scan, frame, &markers.tables, markers.rest(), all)
}

/// A component's quantization table is the one in effect when its first scan starts.
fn latch(scan: &Scan, frame: &Frame, tables: &Tables, all: &mut [Coefficients]) -> Result<(), Error> {
    let (first, last) = scan.band;
    for (index, ..) in &scan.components {
        let component = &mut all[*index];
        if component.table.is_none() {
            component.table = Some(quantization(tables, &frame.components[*index])?);
        }
        if scan.approximation.1 == 0 {
            component.exact |= (!0 << first) & (!0 >> (63 - last));
        }
    }
    Ok(())
}
