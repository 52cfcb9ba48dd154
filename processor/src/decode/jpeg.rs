//! JPEG, by a decoder of our own: it scales in the DCT, and needs little memory.

use std::borrow::Cow;

use darkroom_jpeg::{Colors, Decoder, Reduction};
use darkroom_recipe::{Format, Orientation, Size};

use super::{Decode, Decoded, Header, Model, Opened, TOO_SHORT};
use crate::budget::{Budget, Reservation};
use crate::{Error, color, exif};

/// What the decoder takes beside what it tells: Huffman tables.
pub(super) const TABLES: u64 = 1 << 16;

/// A decoder, until its rows are read.
struct Jpeg<'a>(Option<Decoder<'a>>);

/// Reads the headers.
pub(super) fn open(source: Cow<'_, [u8]>) -> Result<Opened<'_>, Error> {
    let decoder = Decoder::new(source).map_err(|error| match error {
        darkroom_jpeg::Error::Truncated => {
            Error::Malformed("no frame header: the file ends, or is broken, before the image begins".into())
        }
        other => decoding(other),
    })?;
    Ok((header(&decoder), Box::new(Jpeg(Some(decoder)))))
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
        metadata: decoder.xmp().is_some() || decoder.iptc().is_some(),
    }
}

impl<'a> Decode<'a> for Jpeg<'a> {
    fn jpeg(&self) -> Option<&[u8]> {
        let decoder = self.0.as_ref()?;
        // A profile of another model is ignored here; in a JPEG XL it would count.
        let counts = decoder.icc_profile().is_none_or(|icc| color::usable(&icc, model(decoder)).is_some());
        counts.then(|| decoder.source())
    }

    fn rows(&mut self, reduction: u32, budget: &Budget) -> Result<Option<Rows<'a>>, Error> {
        self.0.take().map(|decoder| Rows::new(decoder, reduction, budget)).transpose()
    }

    fn next_frame(&mut self, reduction: u32, budget: &Budget) -> Result<Option<Decoded>, Error> {
        let rows = self.rows(reduction, budget)?;
        rows.map(|mut rows| rows.take(rows.size.height, budget)).transpose()
    }
}

fn model(decoder: &Decoder<'_>) -> Model {
    match decoder.colors() {
        Colors::Gray => Model::Gray,
        Colors::YCbCr | Colors::Rgb => Model::Rgb,
        Colors::Cmyk | Colors::Ycck => Model::Cmyk,
    }
}

/// A JPEG that is decoded row by row.
pub(crate) struct Rows<'a> {
    rows: darkroom_jpeg::Rows<'a>,
    /// Of the whole image, reduced.
    pub(crate) size: Size,
    pub(crate) model: Model,
    /// As [`Decoded::reduction`].
    pub(crate) reduction: u32,
    _working: Reservation,
}

impl<'a> Rows<'a> {
    /// Source pixels are reduced by 1, 2, 4 or 8 along both axes.
    fn new(decoder: Decoder<'a>, reduction: u32, budget: &Budget) -> Result<Self, Error> {
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
        let size = Size::new(width as u32, height as u32);
        Ok(Self { rows, size, model, reduction: 8 / scale.block() as u32, _working: working })
    }

    /// The part of a source that was given away that will not be read again.
    pub(crate) fn spent(&mut self) -> &mut [u8] {
        self.rows.spent()
    }

    /// The source, if it was given away, with what was written over it.
    pub(crate) fn into_source(self) -> Option<Vec<u8>> {
        self.rows.into_source()
    }

    /// The next rows, of which there must be so many.
    pub(crate) fn take(&mut self, count: u32, budget: &Budget) -> Result<Decoded, Error> {
        let Self { model, reduction, .. } = *self;
        let size = Size { height: count, ..self.size };
        let (mut data, reservation) = budget.buffer(size.pixels() * model.channels() as u64)?;
        for row in data.chunks_exact_mut(size.width as usize * model.channels()) {
            self.rows.read(row).map_err(decoding)?;
        }
        Ok(Decoded { size, model, data, reservation, reduction })
    }
}

fn decoding(error: darkroom_jpeg::Error) -> Error {
    match error {
        darkroom_jpeg::Error::Unsupported(what) => Error::UnsupportedFeature(what),
        darkroom_jpeg::Error::Malformed(what) => Error::Malformed(format!("broken data ({what})")),
        darkroom_jpeg::Error::Truncated => Error::Malformed(format!("broken data ({TOO_SHORT})")),
    }
}
