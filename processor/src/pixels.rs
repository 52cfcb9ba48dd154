//! The single pixel format between decoding and encoding.

use darkroom_recipe::{LimitExceeded, Size};

use crate::Error;
use crate::budget::{Budget, Reservation};
use crate::color::Space;
use crate::sample::Sample;

/// Rows from the top, without gaps: three samples per pixel, or four with straight alpha.
pub(crate) struct Pixels<S = u8> {
    pub(crate) size: Size,
    pub(crate) alpha: bool,
    pub(crate) space: Space,
    pub(crate) data: Vec<S>,
    reservation: Reservation,
}

/// Pixels of either depth.
#[derive(Clone, Copy)]
pub(crate) enum Image<'a> {
    Narrow(&'a Pixels),
    Wide(&'a Pixels<u16>),
}

impl<'a> Image<'a> {
    pub(crate) fn size(self) -> Size {
        match self {
            Self::Narrow(pixels) => pixels.size,
            Self::Wide(pixels) => pixels.size,
        }
    }

    /// The 8-bit pixels, for an encoder that supports only these; it never receives others.
    pub(crate) fn narrow(self) -> Result<&'a Pixels, Error> {
        match self {
            Self::Narrow(pixels) => Ok(pixels),
            Self::Wide(_) => Err(Error::Internal("16 bits for an encoder of 8".into())),
        }
    }
}

impl<S: Sample> Pixels<S> {
    /// Black (and transparent) sRGB pixels, charged to the budget.
    pub(crate) fn new(size: Size, alpha: bool, budget: &Budget) -> Result<Self, LimitExceeded> {
        let (data, reservation) = budget.samples(size.pixels().saturating_mul(if alpha { 4 } else { 3 }))?;
        Ok(Self { size, alpha, space: Space::default(), data, reservation })
    }

    /// Black (and transparent) pixels in the same colour space, charged to the budget.
    pub(crate) fn blank(&self, size: Size, alpha: bool, budget: &Budget) -> Result<Self, LimitExceeded> {
        Ok(Self { space: self.space.clone(), ..Self::new(size, alpha, budget)? })
    }

    /// sRGB pixels whose bytes were charged when they were created.
    pub(crate) fn from_parts(size: Size, alpha: bool, data: Vec<S>, reservation: Reservation) -> Self {
        Self { size, alpha, space: Space::default(), data, reservation }
    }

    /// Reinterprets the same samples in another colour space.
    pub(crate) fn within(self, space: Space) -> Self {
        Self { space, ..self }
    }

    /// An image without rows yet, with room for all rows of an image of `size` without alpha.
    pub(crate) fn empty(size: Size, budget: &Budget) -> Result<Self, LimitExceeded> {
        let mut empty = Self::new(size, false, budget)?;
        empty.data.clear();
        empty.size.height = 0;
        Ok(empty)
    }

    /// Appends the rows of `below`, which has the same width and number of channels.
    pub(crate) fn append(&mut self, below: &Self) {
        self.data.extend_from_slice(&below.data);
        self.size.height += below.size.height;
    }

    /// Removes all but the lowest `height` rows; the capacity remains.
    pub(crate) fn keep_lowest(&mut self, height: u32) {
        let removed = self.size.height.saturating_sub(height);
        self.data.drain(..removed as usize * self.stride());
        self.size.height -= removed;
    }

    /// Samples per pixel.
    pub(crate) fn channels(&self) -> usize {
        if self.alpha { 4 } else { 3 }
    }

    /// Samples per row.
    pub(crate) fn stride(&self) -> usize {
        self.size.width as usize * self.channels()
    }

    /// The samples of one pixel.
    pub(crate) fn at(&self, x: u32, y: u32) -> &[S] {
        let start = y as usize * self.stride() + x as usize * self.channels();
        &self.data[start..start + self.channels()]
    }

    /// One pixel with 8 bits per channel; opaque if there is no alpha.
    pub(crate) fn seen(&self, x: u32, y: u32) -> [u8; 4] {
        match self.at(x, y) {
            [red, green, blue] => [red.byte(), green.byte(), blue.byte(), 255],
            pixel => [pixel[0].byte(), pixel[1].byte(), pixel[2].byte(), pixel[3].byte()],
        }
    }

    /// Drops the alpha channel if every pixel is opaque, which saves half the encoders work.
    pub(crate) fn without_needless_alpha(mut self) -> Self {
        if !self.alpha || self.data.chunks_exact(4).any(|pixel| pixel[3] != S::MAX) {
            return self;
        }
        let mut to = 0;
        for from in (0..self.data.len()).step_by(4) {
            self.data.copy_within(from..from + 3, to);
            to += 3;
        }
        self.data.truncate(to);
        self.data.shrink_to_fit();
        self.reservation.shrink(size_of_val(&*self.data) as u64);
        self.alpha = false;
        self
    }
}
