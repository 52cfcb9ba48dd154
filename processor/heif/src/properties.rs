//! Item properties (`iprp`, ISO/IEC 23008-12 §9.3 and §6.5).

use std::collections::BTreeMap;

use crate::Error;
use crate::color::{Chroma, Nclx};
use crate::reader::{Code, Reader};

/// A property of an item.
#[derive(Clone, Debug)]
pub(crate) enum Property<'a> {
    /// `ispe`: columns and rows.
    Size(u32, u32),
    /// `colr` with code points.
    Nclx(Nclx),
    /// `colr` with an ICC profile.
    Icc(&'a [u8]),
    /// `clap`: width, height and both offsets of the centre, as fractions.
    Aperture([(i64, i64); 4]),
    /// `irot`: quarter turns counterclockwise.
    Rotation(u8),
    /// `imir`: 0 swaps top and bottom, 1 left and right.
    Mirror(u8),
    /// `av1C` or `hvcC`.
    Codec(Codec<'a>),
    /// `auxC`: the type of an auxiliary image, as a URN.
    Auxiliary(&'a [u8]),
    /// `a1op`: the operating point of an AV1 stream.
    OperatingPoint(u8),
    /// `lsel`: the selected layer.
    Layer(u16),
    /// A property that changes no pixels.
    Remark,
    /// An unknown property.
    Unknown(Code),
}

/// A codec's configuration, known before any sample is decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codec<'a> {
    pub(crate) chroma: Chroma,
    pub(crate) bits: u8,
    /// The configuration of HEVC: its parameter sets.
    #[cfg_attr(not(feature = "heic"), expect(dead_code, reason = "AV1 has its headers in the stream"))]
    pub(crate) record: &'a [u8],
}

/// An item's entry in `ipma`.
pub(crate) struct Association {
    /// The property's number, counted from 1.
    pub(crate) property: usize,
    /// Whether a reader that does not know the property must not show the item.
    pub(crate) essential: bool,
}

type Read<'a> = (Vec<Property<'a>>, BTreeMap<u32, Vec<Association>>);

pub(crate) fn read(mut body: Reader<'_>) -> Result<Read<'_>, Error> {
    let (mut properties, mut associations) = Read::default();
    while let Some(part) = body.part()? {
        let mut body = part.body;
        match &part.kind {
            b"ipco" => {
                while let Some(part) = body.part()? {
                    properties.push(property(part.kind, part.body)?);
                }
            }
            b"ipma" => associate(body, &mut associations)?,
            _ => {}
        }
    }
    Ok((properties, associations))
}

fn associate(mut body: Reader<'_>, associations: &mut BTreeMap<u32, Vec<Association>>) -> Result<(), Error> {
    let (version, flags) = body.version()?;
    for _ in 0..body.u32()? {
        let id = body.id(version > 0)?;
        let entry: &mut Vec<_> = associations.entry(id).or_default();
        for _ in 0..body.u8()? {
            let (word, bits) = if flags & 1 == 1 { (body.u16()?, 15) } else { (u16::from(body.u8()?), 7) };
            let property = usize::from(word & ((1 << bits) - 1));
            entry.push(Association { property, essential: word >> bits == 1 });
        }
    }
    Ok(())
}

fn property(kind: Code, mut body: Reader<'_>) -> Result<Property<'_>, Error> {
    Ok(match &kind {
        b"ispe" => {
            body.version()?;
            Property::Size(body.u32()?, body.u32()?)
        }
        b"colr" => color(body)?,
        b"clap" => Property::Aperture(aperture(body)?),
        b"irot" => Property::Rotation(body.u8()? & 3),
        b"imir" => Property::Mirror(body.u8()? & 1),
        b"av1C" => Property::Codec(av1(body)?),
        b"hvcC" => Property::Codec(hevc(body)?),
        b"auxC" => {
            body.version()?;
            Property::Auxiliary(body.text())
        }
        b"a1op" => Property::OperatingPoint(body.u8()?),
        b"lsel" => Property::Layer(body.u16()?),
        b"pixi" | b"pasp" | b"rloc" | b"a1lx" | b"clli" | b"mdcv" | b"cclv" | b"amve" | b"udes" | b"altt" | b"cmin"
        | b"cmex" | b"tmap" | b"ndwt" | b"reve" => Property::Remark,
        _ => Property::Unknown(kind),
    })
}

fn color(mut body: Reader<'_>) -> Result<Property<'_>, Error> {
    Ok(match &body.code()? {
        b"nclx" => {
            let (primaries, transfer, matrix) = (body.u16()?, body.u16()?, body.u16()?);
            Property::Nclx(Nclx { primaries, transfer, matrix, full_range: body.u8()? >> 7 == 1 })
        }
        b"prof" | b"rICC" => Property::Icc(body.0),
        _ => Property::Remark,
    })
}

/// ISO/IEC 14496-12 §12.1.4: denominators are positive, offsets may be negative.
fn aperture(mut body: Reader<'_>) -> Result<[(i64, i64); 4], Error> {
    let mut fractions = [(0, 1); 4];
    for fraction in &mut fractions {
        let signed = i64::from(body.u32()? as i32);
        *fraction = (signed, i64::from(body.u32()?));
        if fraction.1 == 0 {
            return Err(Error::Malformed("a denominator in `clap` is 0"));
        }
    }
    Ok(fractions)
}

/// AV1 in ISOBMFF §2.3.3.
fn av1(mut body: Reader<'_>) -> Result<Codec<'_>, Error> {
    body.u16()?;
    let flags = body.u8()?;
    let bits = match flags >> 5 & 3 {
        0 | 1 => 8,
        2 => 10,
        _ => 12,
    };
    let chroma = match flags >> 2 & 7 {
        4.. => Chroma::None,
        3 => Chroma::Quarter,
        2 => Chroma::Half,
        _ => Chroma::Full,
    };
    Ok(Codec { chroma, bits, record: &[] })
}

/// ISO/IEC 14496-15 §8.3.3.1.
fn hevc(body: Reader<'_>) -> Result<Codec<'_>, Error> {
    let at = |place: usize| body.0.get(place).copied().ok_or(Error::Truncated);
    let chroma = match at(16)? & 3 {
        0 => Chroma::None,
        1 => Chroma::Quarter,
        2 => Chroma::Half,
        _ => Chroma::Full,
    };
    Ok(Codec { chroma, bits: 8 + (at(17)? & 7).max(at(18)? & 7), record: body.0 })
}
