//! AVIF and HEIC, by a container parser of our own: a grid is decoded tile by tile, and reduced as it is.

use std::borrow::Cow;

use darkroom_heif::{Decoder, Nclx};
use darkroom_recipe::{Format, Orientation, Size};

use super::{Decode, Decoded, Header, Model, Opened, too_short};
use crate::budget::Budget;
use crate::error::internal;
use crate::{Error, color};

/// A file, until its frame is read.
struct Heif<'a> {
    source: Option<Cow<'a, [u8]>>,
    damage: Option<Error>,
}

/// Reads the headers of a file of that format.
pub(super) fn open(source: Cow<'_, [u8]>, format: Format) -> Result<Opened<'_>, Error> {
    let header = header(&Decoder::new(&source).map_err(decoding)?, format);
    Ok((header, Box::new(Heif { source: Some(source), damage: None })))
}

fn header(decoder: &Decoder<'_>, format: Format) -> Header {
    let (width, height) = decoder.size();
    Header {
        format,
        size: Size::new(width, height),
        // The container's own: EXIF's has no say (ISO/IEC 23008-12 §6.5.10).
        orientation: Orientation::from_exif(decoder.orientation().into()),
        frames: 1,
        alpha: decoder.alpha(),
        bits_per_channel: decoder.bits(),
        icc: decoder.icc_profile().map(<[u8]>::to_vec).or_else(|| decoder.nclx().and_then(profile)),
        exif: decoder.exif().map(Cow::into_owned),
        metadata: decoder.xmp().is_some(),
    }
}

fn profile(Nclx { primaries, transfer, .. }: Nclx) -> Option<Vec<u8>> {
    color::of_codes(primaries, transfer)
}

impl<'a> Decode<'a> for Heif<'a> {
    fn next_frame(&mut self, reduction: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let Some(source) = self.source.take() else { return Ok(None) };
        let (decoded, damage) = pixels(&source, reduction, budget)?;
        self.damage = damage;
        Ok(Some(decoded))
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
    }
}

fn pixels(source: &[u8], reduction: u32, budget: &Budget) -> Result<(Decoded, Option<Error>), Error> {
    let decoder = Decoder::new(source).map_err(decoding)?;
    let mut reservation = budget.reserve(decoder.memory(reduction).map_err(decoding)?)?;
    let image = decoder.decode(reduction).map_err(decoding)?;
    let model = match image.channels {
        1 => Model::Gray,
        2 => Model::GrayAlpha,
        3 => Model::Rgb,
        4 => Model::Rgba,
        other => return Err(internal(format!("{other} channels"))),
    };
    reservation.shrink(image.data.len() as u64);
    let size = Size::new(image.width as u32, image.height as u32);
    let damage = image.damage.map(decoding);
    Ok((Decoded { size, model, data: image.data, reservation, reduction }, damage))
}

fn decoding(error: darkroom_heif::Error) -> Error {
    match error {
        darkroom_heif::Error::Unsupported(what) => Error::UnsupportedFeature(what),
        darkroom_heif::Error::Malformed(what) => Error::Malformed(format!("broken data ({what})")),
        darkroom_heif::Error::Truncated => too_short(),
    }
}
