//! Images that are decoded row by row.

use darkroom_recipe::Size;

use super::{ColorModel, Decoded};
use crate::Error;
use crate::budget::{Budget, Reservation};

/// A codec's own reader of rows.
pub(super) trait ReadRows {
    /// Decodes the next row, which must exist, into as many bytes as it has.
    fn read(&mut self, row: &mut [u8]) -> Result<(), Error>;

    /// As [`Decode::damage`](super::Decode::damage), of the rows so far.
    fn damage(&self) -> Option<Error> {
        None
    }

    /// The part of a source that was given away that will not be read again.
    fn spent(&mut self) -> &mut [u8] {
        &mut []
    }

    /// The source, if it was given away, with what was written over it.
    fn into_source(self: Box<Self>) -> Option<Vec<u8>> {
        None
    }
}

/// An image that is decoded row by row.
pub(crate) struct Rows<'a> {
    reader: Box<dyn ReadRows + 'a>,
    /// Of the whole image, reduced.
    pub(crate) size: Size,
    pub(crate) model: ColorModel,
    /// As [`Decoded::reduction`].
    pub(crate) reduction: u32,
    /// What the reader takes.
    _working: Reservation,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        reader: impl ReadRows + 'a,
        size: Size,
        model: ColorModel,
        reduction: u32,
        working: Reservation,
    ) -> Self {
        Self { reader: Box::new(reader), size, model, reduction, _working: working }
    }

    /// As [`ReadRows::damage`].
    pub(crate) fn damage(&self) -> Option<Error> {
        self.reader.damage()
    }

    /// As [`ReadRows::spent`].
    pub(crate) fn spent(&mut self) -> &mut [u8] {
        self.reader.spent()
    }

    /// As [`ReadRows::into_source`].
    pub(crate) fn into_source(self) -> Option<Vec<u8>> {
        self.reader.into_source()
    }

    /// The next rows, of which there must be so many.
    pub(crate) fn take(&mut self, count: u32, budget: &Budget) -> Result<Decoded, Error> {
        let Self { model, reduction, .. } = *self;
        let size = Size { height: count, ..self.size };
        let (mut data, reservation) = budget.buffer(size.pixels() * model.channels() as u64)?;
        for row in data.chunks_exact_mut(size.width as usize * model.channels()) {
            self.reader.read(row)?;
        }
        Ok(Decoded { size, model, data, reservation, reduction })
    }
}
