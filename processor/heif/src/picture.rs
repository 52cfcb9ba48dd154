//! The structure of an image item: one coded image, or a grid of them.

use std::borrow::Cow;

use crate::Error;
use crate::codec::{Coded, Kind};
use crate::color::{Chroma, Nclx};
use crate::geometry::Shown;
use crate::meta::Meta;
use crate::properties::{Codec, Property};
use crate::reader::Reader;

/// An image item. All of its tiles have the same size, codec and sample format.
pub(crate) struct Picture<'a> {
    /// The size before cropping.
    pub(crate) size: (u32, u32),
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    pub(crate) tile: (u32, u32),
    /// In reading order.
    tiles: Vec<u32>,
    kind: Kind,
    codec: Codec<'a>,
    pub(crate) shown: Shown,
    /// From the item or, failing that, its first tile.
    pub(crate) nclx: Option<Nclx>,
    pub(crate) icc: Option<&'a [u8]>,
}

/// The properties of a coded item.
struct Facts<'a> {
    size: Option<(u32, u32)>,
    codec: Option<Codec<'a>>,
    operating_point: u8,
    nclx: Option<Nclx>,
    icc: Option<&'a [u8]>,
}

impl<'a> Facts<'a> {
    fn read(meta: &Meta<'a>, id: u32) -> Result<Self, Error> {
        let mut facts = Facts { size: None, codec: None, operating_point: 0, nclx: None, icc: None };
        for (property, essential) in meta.properties(id) {
            match *property {
                Property::Size(width, height) => facts.size = Some((width, height)),
                Property::Codec(codec) => facts.codec = Some(codec),
                Property::OperatingPoint(point) => facts.operating_point = point,
                Property::Nclx(nclx) => facts.nclx = Some(nclx),
                Property::Icc(icc) => facts.icc = Some(icc),
                // 0xFFFF means all layers, in the image that is shown.
                Property::Layer(layer) if layer != 0xFFFF => {
                    return Err(Error::Unsupported(format!("layer {layer} of an image that has several")));
                }
                Property::Unknown(kind) if essential => {
                    let name = String::from_utf8_lossy(&kind).into_owned();
                    return Err(Error::Unsupported(format!("an image with the property `{name}`")));
                }
                _ => {}
            }
        }
        Ok(facts)
    }

    fn size(&self) -> Result<(u32, u32), Error> {
        match self.size {
            Some(size) => bounded(size),
            None => Err(Error::Malformed("an image without `ispe`")),
        }
    }

    fn codec(&self) -> Result<Codec<'a>, Error> {
        match self.codec {
            Some(codec) if matches!(codec.bits, 8..=12) => Ok(codec),
            Some(codec) => Err(Error::Unsupported(format!("samples of {} bits: at most 12 are decoded", codec.bits))),
            None => Err(Error::Malformed("a coded image without `av1C` or `hvcC`")),
        }
    }
}

impl<'a> Picture<'a> {
    pub(crate) fn read(meta: &Meta<'a>, id: u32) -> Result<Self, Error> {
        let facts = Facts::read(meta, id)?;
        let kind = meta.item(id)?.kind;
        if &kind == b"grid" {
            return Self::grid(meta, id, &facts);
        }
        let (kind, size) = (Kind::of(kind)?, facts.size()?);
        Ok(Self {
            size,
            columns: 1,
            rows: 1,
            tile: size,
            tiles: vec![id],
            kind,
            codec: facts.codec()?,
            shown: shown(meta, id, size)?,
            nclx: facts.nclx,
            icc: facts.icc,
        })
    }

    fn grid(meta: &Meta<'a>, id: u32, facts: &Facts<'a>) -> Result<Self, Error> {
        let (columns, rows, size) = layout(&meta.data(id)?)?;
        let tiles: Vec<u32> = meta.targets(id, *b"dimg").collect();
        if tiles.len() as u64 != u64::from(columns) * u64::from(rows) {
            return Err(Error::Malformed("a grid has more or fewer tiles than its rows and columns"));
        }
        let first = Facts::read(meta, tiles[0])?;
        let tile = first.size()?;
        let grid = Self {
            size,
            columns,
            rows,
            tile,
            kind: Kind::of(meta.item(tiles[0])?.kind)?,
            codec: first.codec()?,
            tiles,
            shown: shown(meta, id, size)?,
            nclx: facts.nclx.or(first.nclx),
            icc: facts.icc.or(first.icc),
        };
        grid.check(meta)?;
        Ok(grid)
    }

    /// ISO/IEC 23008-12 §6.6.2.3.1: tiles cover the image, and none lies outside. ISO/IEC 23000-22 §7.3.11.4.2: each
    /// side of a tile is at least 64 pixels.
    fn check(&self, meta: &Meta<'a>) -> Result<(), Error> {
        let covers = |side: u32, tile: u32, count: u32| {
            let (side, tile, count) = (u64::from(side), u64::from(tile), u64::from(count));
            tile * count >= side && tile * (count - 1) < side
        };
        if !covers(self.size.0, self.tile.0, self.columns) || !covers(self.size.1, self.tile.1, self.rows) {
            return Err(Error::Malformed("the tiles of a grid do not cover it, or lie outside of it"));
        }
        if self.tiles.len() > 1 && self.tile.0.min(self.tile.1) < 64 {
            return Err(Error::Malformed("the tiles of a grid have fewer than 64 pixels along an axis"));
        }
        let turned = |id: u32| shown(meta, id, self.tile).map(|shown| shown != Shown::new(self.tile.0, self.tile.1));
        for &id in &self.tiles {
            if turned(id)? {
                return Err(Error::Unsupported("a grid of tiles that are cropped or turned".into()));
            }
        }
        Ok(())
    }

    pub(crate) fn bits(&self) -> u8 {
        self.codec.bits
    }

    pub(crate) fn chroma(&self) -> Chroma {
        self.codec.chroma
    }

    /// Calls `with` with a tile's coded item.
    pub(crate) fn tile<T>(
        &self,
        meta: &Meta<'a>,
        index: usize,
        with: impl FnOnce(&Coded<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let id = self.tiles[index];
        let facts = Facts::read(meta, id)?;
        let codec = facts.codec()?;
        let same = facts.size()? == self.tile && Kind::of(meta.item(id)?.kind)? == self.kind;
        if !same || (codec.chroma, codec.bits) != (self.codec.chroma, self.codec.bits) {
            return Err(Error::Unsupported("a grid of tiles that differ in size or samples".into()));
        }
        let data: Cow<'_, [u8]> = meta.data(id)?;
        let (kind, size, operating_point) = (self.kind, self.tile, facts.operating_point);
        with(&Coded { kind, data: &data, codec, size, operating_point })
    }

    pub(crate) fn tiles(&self) -> usize {
        self.tiles.len()
    }
}

fn shown(meta: &Meta<'_>, id: u32, size: (u32, u32)) -> Result<Shown, Error> {
    meta.properties(id).try_fold(Shown::new(size.0, size.1), |shown, (property, _)| shown.then(property))
}

/// Columns, rows, and the total size (ISO/IEC 23008-12 §6.6.2.3.2).
fn layout(data: &[u8]) -> Result<(u32, u32, (u32, u32)), Error> {
    let mut data = Reader(data);
    let (_version, flags) = (data.u8()?, data.u8()?);
    let (rows, columns) = (u32::from(data.u8()?) + 1, u32::from(data.u8()?) + 1);
    let wide = flags & 1 == 1;
    Ok((columns, rows, bounded((data.id(wide)?, data.id(wide)?))?))
}

/// More pixels than any limit allows, but few enough that no byte count overflows.
const MOST_PIXELS: u64 = 1 << 28;

fn bounded((width, height): (u32, u32)) -> Result<(u32, u32), Error> {
    match u64::from(width) * u64::from(height) {
        0 => Err(Error::Malformed("an image has no pixels")),
        1..=MOST_PIXELS => Ok((width, height)),
        pixels => Err(Error::Unsupported(format!("an image of {pixels} pixels: at most {MOST_PIXELS} are decoded"))),
    }
}
