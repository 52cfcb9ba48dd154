//! The one form that pixels have between decoding and encoding.

use darkroom_recipe::{LimitExceeded, Size};

use crate::budget::{Budget, Reservation};

/// Rows of 8-bit sRGB, from the top, without gaps: three bytes a pixel, or four with straight alpha.
pub(crate) struct Pixels {
    pub(crate) size: Size,
    pub(crate) alpha: bool,
    pub(crate) data: Vec<u8>,
    reservation: Reservation,
}

impl Pixels {
    /// Black (and transparent) pixels, charged to the budget.
    pub(crate) fn new(size: Size, alpha: bool, budget: &Budget) -> Result<Self, LimitExceeded> {
        let (data, reservation) = budget.buffer(size.pixels().saturating_mul(if alpha { 4 } else { 3 }))?;
        Ok(Self { size, alpha, data, reservation })
    }

    /// Pixels whose bytes were charged when they were made.
    pub(crate) fn from_parts(size: Size, alpha: bool, data: Vec<u8>, reservation: Reservation) -> Self {
        Self { size, alpha, data, reservation }
    }

    /// No row yet, and room for all that an image of `size` without alpha has.
    pub(crate) fn empty(size: Size, budget: &Budget) -> Result<Self, LimitExceeded> {
        let (mut data, reservation) = budget.buffer(size.pixels().saturating_mul(3))?;
        data.clear();
        Ok(Self { size: Size { height: 0, ..size }, alpha: false, data, reservation })
    }

    /// Adds the rows of `below`, which is as wide and has as many channels.
    pub(crate) fn append(&mut self, below: &Self) {
        self.data.extend_from_slice(&below.data);
        self.size.height += below.size.height;
    }

    /// Removes all rows but the lowest `height`; the room that they leave stays.
    pub(crate) fn keep_lowest(&mut self, height: u32) {
        let removed = self.size.height.saturating_sub(height);
        self.data.drain(..removed as usize * self.stride());
        self.size.height -= removed;
    }

    /// Bytes a pixel.
    pub(crate) fn channels(&self) -> usize {
        if self.alpha { 4 } else { 3 }
    }

    /// Bytes a row.
    pub(crate) fn stride(&self) -> usize {
        self.size.width as usize * self.channels()
    }

    /// The bytes of one pixel.
    pub(crate) fn at(&self, x: u32, y: u32) -> &[u8] {
        let start = y as usize * self.stride() + x as usize * self.channels();
        &self.data[start..start + self.channels()]
    }

    /// Without the alpha channel where every pixel is opaque: half the encoders then do less.
    pub(crate) fn without_needless_alpha(mut self) -> Self {
        if !self.alpha || self.data.chunks_exact(4).any(|pixel| pixel[3] != 255) {
            return self;
        }
        let mut to = 0;
        for from in (0..self.data.len()).step_by(4) {
            self.data.copy_within(from..from + 3, to);
            to += 3;
        }
        self.data.truncate(to);
        self.data.shrink_to_fit();
        self.reservation.shrink(to as u64);
        self.alpha = false;
        self
    }
}
