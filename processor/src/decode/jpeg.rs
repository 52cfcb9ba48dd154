//! JPEG, with our own decoder, which scales in the DCT and needs little memory.

use std::borrow::Cow;

use darkroom_jpeg::{Colors, Decoder, Reduction};
use darkroom_recipe::{Format, Orientation, Size};

use super::rows::{ReadRows, Rows};
use super::{ColorModel, Decode, Decoded, Header, Opened, TOO_SHORT};
use crate::budget::Budget;
use crate::{Error, color, exif, iptc};

/// The memory that the decoder uses beyond its own report: Huffman tables.
pub(super) const TABLES: u64 = 1 << 16;

/// A decoder whose rows have not been read yet.
struct Jpeg<'a> {
    decoder: Option<Decoder<'a>>,
    damage: Option<Error>,
}

/// Reads the headers.
pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let decoder = Decoder::new(source).map_err(|error| match error {
        darkroom_jpeg::Error::Truncated => {
            Error::Malformed("no frame header: the file ends, or is broken, before the image begins".into())
        }
        other => decoding(other),
    })?;
    Ok((header(&decoder), Box::new(Jpeg { decoder: Some(decoder), damage: None })))
}

fn header(decoder: &Decoder<'_>) -> Header {
    let (width, height) = decoder.size();
    let exif = decoder.exif().map(<[u8]>::to_vec);
    Header {
        format: Format::Jpeg,
        size: Size::new(width as u32, height as u32),
        orientation: exif.as_deref().map_or(Orientation::default(), exif::orientation),
        frames: 1,
        alpha: false,
        bits_per_channel: 8,
        icc: decoder.icc_profile(),
        exif,
        xmp: decoder.xmp().map(<[u8]>::to_vec),
        iptc: decoder.photoshop().and_then(iptc::of_resources).map(<[u8]>::to_vec),
        metadata: decoder.photoshop().is_some(),
    }
}

impl<'a> Decode<'a> for Jpeg<'a> {
    fn jpeg(&self) -> Option<&[u8]> {
        let decoder = self.decoder.as_ref()?;
        // A profile of another colour model is ignored here, but would take effect in a JPEG XL.
        let counts = decoder.icc_profile().is_none_or(|icc| color::usable(&icc, model(decoder)).is_some());
        counts.then(|| decoder.source())
    }

    fn rows(&mut self, reduction: u32, budget: &Budget) -> Result<Option<Rows<'a>>, Error> {
        self.decoder.take().map(|decoder| rows(decoder, reduction, budget)).transpose()
    }

    fn next_frame(&mut self, reduction: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let Some(mut rows) = self.rows(reduction, budget)? else { return Ok(None) };
        let decoded = rows.take(rows.size.height, budget)?;
        self.damage = rows.damage();
        Ok(Some(decoded))
    }

    fn damage(&self) -> Option<Error> {
        self.damage.clone()
    }
}

fn model(decoder: &Decoder<'_>) -> ColorModel {
    match decoder.colors() {
        Colors::Gray => ColorModel::Gray,
        Colors::YCbCr | Colors::Rgb => ColorModel::Rgb,
        Colors::Cmyk | Colors::Ycck => ColorModel::Cmyk,
    }
}

/// Reduces source pixels by 1, 2, 4 or 8 along both axes.
fn rows<'a>(decoder: Decoder<'a>, reduction: u32, budget: &Budget) -> Result<Rows<'a>, Error> {
    let scale = match reduction {
        8.. => Reduction::Eighth,
        4.. => Reduction::Quarter,
        2.. => Reduction::Half,
        _ => Reduction::None,
    };
    let model = model(&decoder);
    let working = budget.reserve(decoder.rows_memory(scale) + TABLES)?;
    let rows = decoder.rows(scale).map_err(decoding)?;
    let (width, height) = rows.size();
    Ok(Rows::new(rows, Size::new(width as u32, height as u32), model, 8 / scale.block() as u32, working))
}

impl ReadRows for darkroom_jpeg::Rows<'_> {
    fn read(&mut self, row: &mut [u8]) -> Result<(), Error> {
        self.read(row).map_err(decoding)
    }

    fn damage(&self) -> Option<Error> {
        self.damage().cloned().map(decoding)
    }

    fn spent(&mut self) -> &mut [u8] {
        self.spent()
    }

    fn into_source(self: Box<Self>) -> Option<Vec<u8>> {
        (*self).into_source()
    }
}

fn decoding(error: darkroom_jpeg::Error) -> Error {
    match error {
        darkroom_jpeg::Error::Unsupported(what) => Error::UnsupportedFeature(what),
        darkroom_jpeg::Error::Malformed(what) => Error::Malformed(format!("broken data ({what})")),
        darkroom_jpeg::Error::Truncated => Error::Malformed(format!("broken data ({TOO_SHORT})")),
    }
}
