//! AVIF and HEIC, with our own container parser, which decodes a grid tile by tile and reduces each tile immediately.

use std::borrow::Cow;

use darkroom_heif::{Decoder, Image, Nclx};
use darkroom_recipe::{Format, Orientation, Size};

use super::{ColorModel, Decode, Decoded, Header, Opened, too_short};
use crate::budget::{Budget, Reservation};
use crate::error::internal;
use crate::sample::Sample;
use crate::{Error, color};

/// A file until it is decoded.
struct Heif<'a> {
    source: Option<Cow<'a, [u8]>>,
    bits: u8,
    damage: Option<Error>,
}

/// Reads the headers of a file in that format.
pub(super) fn open(source: Cow<'_, [u8]>, format: Format) -> Result<Opened<'_>, Error> {
    let header = header(&Decoder::new(&source).map_err(decoding)?, format);
    let bits = header.bits_per_channel;
    Ok((header, Box::new(Heif { source: Some(source), bits, damage: None })))
}

fn header(decoder: &Decoder<'_>, format: Format) -> Header {
    let (width, height) = decoder.size();
    Header {
        format,
        size: Size::new(width, height),
        // The container's orientation; EXIF's is ignored (ISO/IEC 23008-12 §6.5.10).
        orientation: Orientation::from_exif(decoder.orientation().into()),
        frames: 1,
        alpha: decoder.alpha(),
        bits_per_channel: decoder.bits(),
        icc: decoder.icc_profile().map(<[u8]>::to_vec).or_else(|| decoder.nclx().and_then(profile)),
        exif: decoder.exif().map(Cow::into_owned),
        xmp: decoder.xmp().map(Cow::into_owned),
        iptc: None,
        metadata: false,
    }
}

fn profile(Nclx { primaries, transfer, .. }: Nclx) -> Option<Vec<u8>> {
    color::of_codes(primaries, transfer)
}

impl<'a> Decode<'a> for Heif<'a> {
    fn next_frame(&mut self, reduction: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let Some(source) = self.source.take() else { return Ok(None) };
        let decoder = Decoder::new(&source).map_err(decoding)?;
        let reservation = budget.reserve(decoder.memory(reduction).map_err(decoding)?)?;
        let image = decoder.decode(reduction).map_err(decoding)?;
        self.decoded(image, reduction, reservation).map(Some)
    }

    fn wide(&mut self, budget: &Budget) -> Result<Option<Decoded<u16>>, Error> {
        let Some(source) = self.source.take_if(|_| self.bits > 8) else { return Ok(None) };
        let decoder = Decoder::new(&source).map_err(decoding)?;
        let reservation = budget.reserve(decoder.memory_wide().map_err(decoding)?)?;
        let mut image = decoder.decode_wide().map_err(decoding)?;
        hide(&mut image);
        self.decoded(image, 1, reservation).map(Some)
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
    }
}

/// Blackens the pixels that 8 bits show as transparent, as the 8-bit decode does: both give the same 8 bits.
fn hide(image: &mut Image<u16>) {
    if let 2 | 4 = image.channels {
        for pixel in image.data.chunks_exact_mut(image.channels) {
            if let Some((alpha, colors)) = pixel.split_last_mut()
                && alpha.byte() == 0
            {
                colors.fill(0);
            }
        }
    }
}

impl Heif<'_> {
    fn decoded<S: Sample>(
        &mut self,
        image: Image<S>,
        reduction: u32,
        mut reservation: Reservation,
    ) -> Result<Decoded<S>, Error> {
        let Image { width, height, channels, data, damage } = image;
        let model = match channels {
            1 => ColorModel::Gray,
            2 => ColorModel::GrayAlpha,
            3 => ColorModel::Rgb,
            4 => ColorModel::Rgba,
            other => return Err(internal(format!("{other} channels"))),
        };
        self.damage = damage.map(decoding);
        reservation.shrink(size_of_val(&*data) as u64);
        let size = Size::new(width as u32, height as u32);
        Ok(Decoded { size, model, data, reservation, reduction })
    }
}

fn decoding(error: darkroom_heif::Error) -> Error {
    match error {
        darkroom_heif::Error::Unsupported(what) => Error::UnsupportedFeature(what),
        darkroom_heif::Error::Malformed(what) => Error::Malformed(format!("broken data ({what})")),
        darkroom_heif::Error::Truncated => too_short(),
    }
}
