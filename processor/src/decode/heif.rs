//! AVIF and HEIC, with our own container parser, which decodes a grid tile by tile and reduces each tile immediately.

use std::borrow::Cow;

use darkroom_heif::{Decoder, Nclx};
use darkroom_recipe::{Format, Orientation, Size};

use super::{ColorModel, Decoded, Header, OneImage, Opened, Whole, too_short};
use crate::budget::Budget;
use crate::error::internal;
use crate::{Error, color};

/// Reads the headers of a file in that format.
pub(super) fn open(source: Cow<'_, [u8]>, format: Format) -> Result<Opened<'_>, Error> {
    let header = header(&Decoder::new(&source).map_err(decoding)?, format);
    Ok((header, Box::new(OneImage::new(source, pixels))))
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
        metadata: decoder.xmp().is_some(),
    }
}

fn profile(Nclx { primaries, transfer, .. }: Nclx) -> Option<Vec<u8>> {
    color::of_codes(primaries, transfer)
}

fn pixels(source: &[u8], reduction: u32, budget: &Budget) -> Whole {
    let decoder = Decoder::new(source).map_err(decoding)?;
    let mut reservation = budget.reserve(decoder.memory(reduction).map_err(decoding)?)?;
    let image = decoder.decode(reduction).map_err(decoding)?;
    let model = match image.channels {
        1 => ColorModel::Gray,
        2 => ColorModel::GrayAlpha,
        3 => ColorModel::Rgb,
        4 => ColorModel::Rgba,
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
