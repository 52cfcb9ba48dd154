//! One scan of several, into the coefficients that are kept.

use crate::Error;
use crate::bits::{Bits, Segment, skip_data};
use crate::block;
use crate::coefficients::Coefficients;
use crate::frame::Frame;
use crate::huffman::Table;
use crate::markers::{Scan, Tables, table};
use crate::progressive::Ac;

/// A code that no table has, or more coefficients than a block.
pub(crate) const BROKEN: &str = "codes that do not exist";

/// What each block of a scan does, in turn.
trait Decode {
    /// Decodes block `at` of the scan's component `nth`; none when the data is broken.
    fn block(&mut self, bits: &mut Bits<'_>, nth: usize, at: usize) -> Option<()>;

    /// Forgets what was before.
    fn restart(&mut self);
}

/// Reads a scan and returns what follows it.
pub(crate) fn read<'a>(
    scan: &Scan,
    frame: &Frame,
    tables: &Tables,
    data: &'a [u8],
    all: &mut [Coefficients],
) -> Result<&'a [u8], Error> {
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
        _ if all[nth[0].0].blocks.is_empty() => Ok(skip(data)),
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

/// What follows a scan that is not wanted.
fn skip(data: &[u8]) -> &[u8] {
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
    /// Visits all blocks in the order of T.81 §A.2.
    fn each<T, D: Decode>(&self, all: T, decoder: impl FnOnce(T) -> Result<D, Error>) -> Result<&'a [u8], Error> {
        let mut decoder = decoder(all)?;
        let mut bits = Bits::new(self.data);
        let mut left = self.restart;
        let mut number = 0;
        let mut segment = Segment::There;
        let (across, down) = self.units();
        for y in 0..down {
            for x in 0..across {
                if self.restart > 0 {
                    if left == 0 {
                        segment = bits.restart(number)?;
                        decoder.restart();
                        number = (number + 1) & 7;
                        left = self.restart;
                    }
                    left -= 1;
                    if segment != Segment::There {
                        if segment == Segment::Lost {
                            // What zeros decode to, where they are a code at all.
                            let _ = self.unit(&mut decoder, &mut bits.clone(), x, y);
                        }
                        segment = Segment::Grey;
                        continue;
                    }
                }
                if self.unit(&mut decoder, &mut bits, x, y).is_none() {
                    bits.check()?;
                    return Err(Error::Malformed(BROKEN));
                }
            }
            bits.check()?;
        }
        Ok(bits.marker())
    }

    /// A scan of one component has its blocks without those that only fill whole units.
    fn units(&self) -> (usize, usize) {
        match self.scan.components[..] {
            [(only, ..)] => self.frame.components[only].blocks,
            _ => self.frame.units,
        }
    }

    #[inline(always)]
    fn unit<D: Decode>(&self, decoder: &mut D, bits: &mut Bits<'_>, x: usize, y: usize) -> Option<()> {
        if let [(only, ..)] = self.scan.components[..] {
            return decoder.block(bits, 0, y * self.frame.components[only].padded.0 + x);
        }
        for (nth, (index, ..)) in self.scan.components.iter().enumerate() {
            let component = &self.frame.components[*index];
            for row in 0..component.v {
                let start = (y * component.v + row) * component.padded.0 + x * component.h;
                for at in start..start + component.h {
                    decoder.block(bits, nth, at)?;
                }
            }
        }
        Some(())
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
    fn block(&mut self, bits: &mut Bits<'_>, nth: usize, at: usize) -> Option<()> {
        let component = &mut self.all[self.scan.components[nth].0];
        let (dc, ac, previous) = (self.dc[nth], self.ac[nth], &mut self.previous[nth]);
        if component.blocks.is_empty() {
            block::decode_dc(bits, dc, ac, previous)?;
            component.levels[at] = *previous;
            return Some(());
        }
        let block = &mut component.blocks[at];
        *block = [0; 64];
        component.masks[at] = if block::decode(bits, dc, ac, previous, block)? == 0 { 0 } else { !1 };
        Some(())
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
    fn block(&mut self, bits: &mut Bits<'_>, nth: usize, at: usize) -> Option<()> {
        bits.refill();
        let previous = &mut self.previous[nth];
        *previous = previous.wrapping_add(self.dc[nth].difference(bits)? as i16);
        *self.all[self.scan.components[nth].0].level(at) = *previous << self.bit;
        Some(())
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
    fn block(&mut self, bits: &mut Bits<'_>, nth: usize, at: usize) -> Option<()> {
        bits.refill();
        *self.all[self.scan.components[nth].0].level(at) |= (bits.take(1) << self.bit) as i16;
        Some(())
    }

    fn restart(&mut self) {}
}

struct AcFirst<'t> {
    all: &'t mut Coefficients,
    ac: Ac<'t>,
}

impl Decode for AcFirst<'_> {
    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, _: usize, at: usize) -> Option<()> {
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
    fn block(&mut self, bits: &mut Bits<'_>, _: usize, at: usize) -> Option<()> {
        self.ac.refine(bits, &mut self.all.blocks[at], &mut self.all.masks[at])
    }

    fn restart(&mut self) {
        self.ac.skip = 0;
    }
}
