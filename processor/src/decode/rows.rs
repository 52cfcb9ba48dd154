//! Images that are decoded row by row.

use darkroom_recipe::Size;

use super::{ColorModel, Decoded};
use crate::Error;
use crate::budget::{Budget, Reservation};

/// A codec's own reader of rows.
pub(super) trait ReadRows {
    /// Decodes the next row, which must exist, into `row`, which has the row's length.
    fn read(&mut self, row: &mut [u8]) -> Result<(), Error>;

    /// Like [`Decode::damage`](super::Decode::damage), for the rows so far.
    fn damage(&self) -> Option<Error> {
        None
    }

    /// The part of an owned source that will not be read again.
    fn spent(&mut self) -> &mut [u8] {
        &mut []
    }

    /// The source if it is owned, including the bytes written over it.
    fn into_source(self: Box<Self>) -> Option<Vec<u8>> {
        None
    }
}

/// An image that is decoded row by row.
pub(crate) struct Rows<'a> {
    reader: Box<dyn ReadRows + 'a>,
    /// The size of the whole image after reduction.
    pub(crate) size: Size,
    pub(crate) model: ColorModel,
    /// See [`Decoded::reduction`].
    pub(crate) reduction: u32,
    /// The reader's memory.
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

    /// See [`ReadRows::damage`].
    pub(crate) fn damage(&self) -> Option<Error> {
        self.reader.damage()
    }

    /// See [`ReadRows::spent`].
    pub(crate) fn spent(&mut self) -> &mut [u8] {
        self.reader.spent()
    }

    /// See [`ReadRows::into_source`].
    pub(crate) fn into_source(self) -> Option<Vec<u8>> {
        self.reader.into_source()
    }

    /// The next `count` rows, which must exist.
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
