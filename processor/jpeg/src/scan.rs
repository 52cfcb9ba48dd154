//! Decodes one of several scans into the stored coefficients.

use crate::Error;
use crate::bits::{Bits, Segment, skip_data};
use crate::block;
use crate::coefficients::Coefficients;
use crate::frame::Frame;
use crate::huffman::Table;
use crate::markers::{Scan, Tables, table};
use crate::progressive::Ac;

/// A code that is in no table, or too many coefficients for a block.
pub(crate) const BROKEN: &str = "codes that do not exist";

/// The error of the units after a missing restart marker.
pub(crate) const LOST: Error = Error::Malformed("a restart marker is missing");

/// The decoder for each block of a scan.
trait Decode {
    /// Decodes block `at` of the scan's component `nth`; `false` if the data is corrupt.
    fn block(&mut self, bits: &mut Bits<'_>, nth: usize, at: usize) -> bool;

    /// Resets the state.
    fn restart(&mut self);
}

/// Reads the available part of a scan. Returns the bytes after it, and the first damage.
///
/// # Errors
/// If a table is missing, or nothing of the scan is available.
pub(crate) fn read<'a>(
    scan: &Scan,
    frame: &Frame,
    tables: &Tables,
    data: &'a [u8],
    all: &mut [Coefficients],
) -> Result<(&'a [u8], Option<Error>), Error> {
    let nth = &scan.components[..];
    let dc = || nth.iter().map(|(_, dc, _)| table(&tables.dc, *dc)).collect::<Result<Vec<_>, _>>();
    let ac = || nth.iter().map(|(.., ac)| table(&tables.ac, *ac)).collect::<Result<Vec<_>, _>>();
    let walk = Walk { scan, frame, restart: tables.restart, data };
    let previous = [0; 4];
    let bit = scan.approximation.1;
    if !frame.progressive {
        return walk.each(all, |all| Ok(Sequential { all, scan, dc: dc()?, ac: ac()?, previous }));
    }
    match (scan.band.0, scan.approximation.0) {
        (0, 0) => walk.each(all, |all| Ok(DcFirst { all, scan, dc: dc()?, previous, bit })),
        (0, _) => walk.each(all, |all| Ok(DcRefine { all, scan, bit })),
        _ if all[nth[0].0].blocks.is_empty() => Ok((skip(data), None)),
        (_, before) => {
            let tables = ac()?;
            let ac = Ac { table: tables[0], band: scan.band, bit, skip: 0 };
            let all = &mut all[nth[0].0];
            if before == 0 {
                walk.each(all, |all| Ok(AcFirst { all, ac }))
            } else {
                walk.each(all, |all| Ok(AcRefine { all, ac }))
            }
        }
    }
}

/// Returns the bytes after an unwanted scan.
pub(crate) fn skip(data: &[u8]) -> &[u8] {
    let mut rest = skip_data(data);
    while let [0xFF, 0xD0..=0xD7 | 0xFF, ..] = rest {
        rest = skip_data(&rest[1..]);
    }
    rest
}

struct Walk<'s, 'a> {
    scan: &'s Scan,
    frame: &'s Frame,
    restart: u32,
    data: &'a [u8],
}

impl<'a> Walk<'_, 'a> {
    /// Visits all blocks in the order of T.81 §A.2. The blocks of missing units stay unchanged.
    fn each<T, D: Decode>(
        &self,
        all: T,
        decoder: impl FnOnce(T) -> Result<D, Error>,
    ) -> Result<(&'a [u8], Option<Error>), Error> {
        let mut decoder = decoder(all)?;
        let mut bits = Bits::new(self.data);
        let mut left = self.restart;
        let mut number = 0;
        let mut segment = Segment::There;
        let mut damage = None;
        let (across, down) = self.units();
        for y in 0..down {
            for x in 0..across {
                if self.restart > 0 {
                    if left == 0 {
                        segment = bits.restart(number);
                        decoder.restart();
                        number = (number + 1) & 7;
                        left = self.restart;
                    }
                    left -= 1;
                }
                if segment != Segment::There {
                    damage.get_or_insert(LOST);
                    if segment == Segment::Lost {
                        // The result of decoding zeros, if they are a valid code.
                        self.unit(&mut decoder, &mut bits.clone(), x, y);
                    }
                    segment = Segment::Grey;
                    continue;
                }
                let whole = self.unit(&mut decoder, &mut bits, x, y);
                if whole && !bits.is_short() {
                    continue;
                }
                damage.get_or_insert_with(|| if whole { bits.shortage() } else { Error::Malformed(BROKEN) });
                if bits.is_short() {
                    segment = Segment::Grey;
                    match (x, y) {
                        (0, 0) => return Err(bits.shortage()),
                        _ if self.restart == 0 => return Ok((bits.marker(), damage)),
                        _ => {}
                    }
                }
            }
        }
        Ok((bits.marker(), damage))
    }

    /// A scan of a single component omits blocks that only pad units.
    fn units(&self) -> (usize, usize) {
        match self.scan.components[..] {
            [(only, ..)] => self.frame.components[only].blocks,
            _ => self.frame.units,
        }
    }

    #[inline(always)]
    fn unit<D: Decode>(&self, decoder: &mut D, bits: &mut Bits<'_>, x: usize, y: usize) -> bool {
        if let [(only, ..)] = self.scan.components[..] {
            return decoder.block(bits, 0, y * self.frame.components[only].padded.0 + x);
        }
        let mut whole = true;
        for (nth, (index, ..)) in self.scan.components.iter().enumerate() {
            let component = &self.frame.components[*index];
            for row in 0..component.v {
                let start = (y * component.v + row) * component.padded.0 + x * component.h;
                for at in start..start + component.h {
                    whole &= decoder.block(bits, nth, at);
                }
            }
        }
        whole
    }
}

struct Sequential<'t> {
    all: &'t mut [Coefficients],
    scan: &'t Scan,
    dc: Vec<&'t Table>,
    ac: Vec<&'t Table>,
    previous: [i16; 4],
}

impl Decode for Sequential<'_> {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, nth: usize, at: usize) -> bool {
        let component = &mut self.all[self.scan.components[nth].0];
        let (dc, ac, previous) = (self.dc[nth], self.ac[nth], &mut self.previous[nth]);
        if component.blocks.is_empty() {
            let broken = block::decode_dc(bits, dc, ac, previous);
            component.levels[at] = *previous;
            return broken == 0;
        }
        let block = &mut component.blocks[at];
        *block = [0; 64];
        let seen = block::decode(bits, dc, ac, previous, block);
        component.masks[at] = if seen == 0 { 0 } else { !1 };
        seen & block::BROKEN == 0
    }

    fn restart(&mut self) {
        self.previous = [0; 4];
    }
}

struct DcFirst<'t> {
    all: &'t mut [Coefficients],
    scan: &'t Scan,
    dc: Vec<&'t Table>,
    previous: [i16; 4],
    bit: u32,
}

impl Decode for DcFirst<'_> {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, nth: usize, at: usize) -> bool {
        let previous = &mut self.previous[nth];
        let broken = block::first(bits, self.dc[nth], previous);
        *self.all[self.scan.components[nth].0].level(at) = *previous << self.bit;
        broken == 0
    }

    fn restart(&mut self) {
        self.previous = [0; 4];
    }
}

struct DcRefine<'t> {
    all: &'t mut [Coefficients],
    scan: &'t Scan,
    bit: u32,
}

impl Decode for DcRefine<'_> {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, nth: usize, at: usize) -> bool {
        bits.refill();
        *self.all[self.scan.components[nth].0].level(at) |= (bits.take(1) << self.bit) as i16;
        true
    }

    fn restart(&mut self) {}
}

struct AcFirst<'t> {
    all: &'t mut Coefficients,
    ac: Ac<'t>,
}

impl Decode for AcFirst<'_> {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, _: usize, at: usize) -> bool {
        self.ac.first(bits, &mut self.all.blocks[at], &mut self.all.masks[at])
    }

    fn restart(&mut self) {
        self.ac.skip = 0;
    }
}

struct AcRefine<'t> {
    all: &'t mut Coefficients,
    ac: Ac<'t>,
}

impl Decode for AcRefine<'_> {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, _: usize, at: usize) -> bool {
        self.ac.refine(bits, &mut self.all.blocks[at], &mut self.all.masks[at])
    }

    fn restart(&mut self) {
        self.ac.skip = 0;
    }
}
