#![allow(unsafe_code, reason = "a C interface")]

use std::borrow::Cow;
use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::ptr::NonNull;

use crate::decode::{DecodeError, features, limited};

unsafe extern "C" {
    // In c/rows.c.
    fn DarkroomRowsNew(data: *const u8, size: usize, status: *mut c_int) -> *mut c_void;
    fn DarkroomRowsNext(rows: *mut c_void, first: *mut *const u8, count: *mut c_int) -> c_int;
    fn DarkroomRowsDelete(rows: *mut c_void);
}

/// A lossy image without alpha, row by row in RGB: the same pixels as [`decode`](crate::decode), only some at a time.
pub struct Rows<'a> {
    decoder: NonNull<c_void>,
    /// The decoder's input. Its bytes do not move.
    _source: Cow<'a, [u8]>,
    size: (u32, u32),
    /// Decoded rows that have not been returned yet, and their number.
    next: *const u8,
    left: c_int,
}

impl<'a> Rows<'a> {
    /// The most bytes that a decoder of this many columns allocates: [`Self::new`] fails before it exceeds that.
    #[must_use]
    pub fn memory(width: u32) -> u64 {
        const REST: u64 = 1 << 16;
        // Each column of macroblocks has its coefficients, modes and up to 24 rows of samples; in addition there are 26
        // rows of RGB, and two of luma and chroma.
        REST + u64::from(width.div_ceil(16)) * 2304 + u64::from(width) * (26 * 3 + 2)
    }

    /// Reads the headers of `source[image]`, a `VP8 ` chunk with its name and size.
    ///
    /// # Errors
    /// If the headers are corrupt or truncated, the image is lossless, or the memory is insufficient.
    pub fn new(source: impl Into<Cow<'a, [u8]>>, image: Range<usize>) -> Result<Self, DecodeError> {
        let source = source.into();
        let bytes = source.get(image).ok_or(DecodeError::Truncated)?;
        let found = features(bytes)?;
        let mut status = 0;
        // SAFETY: the bytes have the given length, and `_source` keeps them for as long as the decoder lives.
        let open = || unsafe { DarkroomRowsNew(bytes.as_ptr(), bytes.len(), &mut status) };
        let decoder = limited(Self::memory(found.width), open);
        let decoder = NonNull::new(decoder).ok_or_else(|| DecodeError::from_code(status))?;
        Ok(Self { decoder, _source: source, size: (found.width, found.height), next: std::ptr::null(), left: 0 })
    }

    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Decodes the next row into `row`: width × 3 bytes.
    ///
    /// # Errors
    /// If the data is corrupt or truncated, and then for each further row; also if `row` has another length, or there
    /// are no rows left.
    pub fn read(&mut self, row: &mut [u8]) -> Result<(), DecodeError> {
        let expected = self.size.0 as usize * 3;
        if row.len() != expected {
            return Err(DecodeError::Length { actual: row.len(), expected });
        }
        if self.left == 0 {
            // SAFETY: the decoder is alive, and nothing else uses it.
            let status = unsafe { DarkroomRowsNext(self.decoder.as_ptr(), &mut self.next, &mut self.left) };
            if status != 0 || self.left <= 0 {
                self.left = 0;
                return Err(DecodeError::from_code(status));
            }
        }
        // SAFETY: there are `left` rows of the image's width, valid until the decoder continues.
        let decoded = unsafe { std::slice::from_raw_parts(self.next, expected) };
        row.copy_from_slice(decoded);
        self.next = self.next.wrapping_add(expected);
        self.left -= 1;
        Ok(())
    }
}

impl Drop for Rows<'_> {
    fn drop(&mut self) {
        // SAFETY: the decoder is alive, and not used again.
        unsafe { DarkroomRowsDelete(self.decoder.as_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Image, Pixels, PixelsMut, Settings, decode, encode};

    fn lossy(width: u32, height: u32, quality: f32, method: u8) -> Vec<u8> {
        let rgb: Vec<u8> = (0..width * height)
            .flat_map(|at| {
                let (x, y) = (at % width, at / width);
                [x * 3 + y, y * 5, (x * y) / 7 + at.wrapping_mul(2_654_435_761) / (1 << 27)].map(|value| value as u8)
            })
            .collect();
        let settings = Settings { quality, method, ..Settings::default() };
        encode(Image { width, height, pixels: Pixels::Rgb(&rgb) }, &settings).expect("a file")
    }

    #[test]
    fn rows_are_those_of_the_whole() {
        for quality in [0.0, 50.0, 100.0] {
            for (width, height) in [(1, 1), (17, 2), (61, 47), (16, 16), (64, 48), (33, 100), (5, 1023)] {
                let file = lossy(width, height, quality, 2);
                let mut whole = vec![0; (width * height * 3) as usize];
                decode(&file[12..], PixelsMut::Rgb(&mut whole), u64::MAX).expect("an image");
                let mut rows = Rows::new(&file[..], 12..file.len()).expect("headers");
                assert_eq!(rows.size(), (width, height));
                let mut found = vec![0; whole.len()];
                for row in found.chunks_exact_mut(width as usize * 3) {
                    rows.read(row).expect("a row");
                }
                assert!(found == whole, "{width} × {height}, quality {quality}");
                assert!(rows.read(&mut vec![0; width as usize * 3]).is_err());
            }
        }
    }

    #[test]
    fn the_widest_image_stays_within_its_account() {
        for quality in [0.0, 90.0] {
            let file = lossy(crate::MAX_SIDE, 40, quality, 0);
            let mut row = vec![0; crate::MAX_SIDE as usize * 3];
            let cut = Rows::new(file, 12..1 << 12);
            let end = cut.and_then(|mut rows| (0..40).try_for_each(|_| rows.read(&mut row)));
            assert_eq!(end, Err(DecodeError::Truncated));
            let file = lossy(crate::MAX_SIDE, 40, quality, 0);
            let end = file.len();
            let mut rows = Rows::new(file, 12..end).expect("within the account");
            (0..40).for_each(|_| rows.read(&mut row).expect("a row"));
        }
    }

    #[test]
    fn broken_data_is_an_error_or_rows() {
        let file = lossy(61, 47, 80.0, 4);
        let mut row = [0; 183];
        for at in 20..file.len() {
            let mut broken = file.clone();
            broken[at] ^= 0xFF;
            let end = broken.len();
            let Ok(mut rows) = Rows::new(broken, 12..end) else { continue };
            if rows.size() == (61, 47) {
                let _ = (0..47).try_for_each(|_| rows.read(&mut row));
            }
        }
        assert_eq!(Rows::new(&file[..], 12..file.len() + 1).err(), Some(DecodeError::Truncated));
    }
}
