#![allow(unsafe_code, reason = "a C interface")]

use std::ffi::c_void;
use std::ops::RangeInclusive;

use crate::{Error, sys};

/// The largest width and height that decoders of the main profile's level 5 have to read (ISO/IEC 18181-1 Annex M).
pub const MAX_SIDE: u32 = 1 << 18;

/// What is to be encoded: rows from the top, without gaps.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    /// Columns, 1 to [`MAX_SIDE`].
    pub width: u32,
    /// Rows, 1 to [`MAX_SIDE`].
    pub height: u32,
    /// The samples.
    pub pixels: Pixels<'a>,
}

/// Three or four samples a pixel.
#[derive(Clone, Copy)]
pub enum Pixels<'a> {
    /// Red, green, blue.
    Rgb(&'a [u8]),
    /// Red, green, blue, and straight alpha.
    Rgba(&'a [u8]),
    /// Red, green, blue, of 16 bits.
    Rgb16(&'a [u16]),
    /// Red, green, blue, and straight alpha, of 16 bits.
    Rgba16(&'a [u16]),
}

impl Pixels<'_> {
    /// Where the samples are, how many, how many make a pixel, and the bits of each.
    const fn parts(&self) -> (*const c_void, usize, u32, u32) {
        match self {
            Self::Rgb(samples) => (samples.as_ptr().cast(), samples.len(), 3, 8),
            Self::Rgba(samples) => (samples.as_ptr().cast(), samples.len(), 4, 8),
            Self::Rgb16(samples) => (samples.as_ptr().cast(), samples.len(), 3, 16),
            Self::Rgba16(samples) => (samples.as_ptr().cast(), samples.len(), 4, 16),
        }
    }
}

/// Which colours red, green and blue are.
#[derive(Clone, Copy, Debug)]
pub enum Colors<'a> {
    /// sRGB's.
    Srgb,
    /// Others, from black to white.
    Profile {
        /// An ICC profile that tells them; the file has it, where the codes don't stand for it.
        icc: &'a [u8],
        /// Primaries (9 or 12) and transfer characteristics (13 or 14) by ITU-T H.273.
        codes: Option<(u8, u8)>,
        /// For each channel in turn the linear light of equally many values from 0 to 1.
        curves: &'a [f32],
        /// From that light to the light of sRGB's primaries, row by row.
        matrix: [f32; 9],
    },
}

/// How to encode. Alpha is always kept without loss; the colour of transparent pixels becomes what takes least.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// Butteraugli's distance at which to aim, 0.01 to 25: at 1, the default, a loss is hardly seen. Without meaning
    /// for a lossless file.
    pub distance: f32,
    /// From fastest to smallest, 1 to 5 for a lossy file, 2 to 7 for a lossless one. 5 by default.
    pub effort: u8,
    /// Every pixel comes back as it was, but for the colour of transparent ones. False by default.
    pub lossless: bool,
    /// sRGB by default.
    pub colors: Colors<'a>,
    /// A TIFF structure to put beside the image.
    pub exif: Option<&'a [u8]>,
}

impl Settings<'_> {
    /// The distances that libjxl has between lossless and its worst.
    const DISTANCES: RangeInclusive<f32> = 0.01..=25.0;

    const fn efforts(lossless: bool) -> RangeInclusive<u8> {
        if lossless { 2..=7 } else { 1..=5 }
    }
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self { distance: 1.0, effort: 5, lossless: false, colors: Colors::Srgb, exif: None }
    }
}

/// The bytes of a JPEG XL file: a bare codestream, or a container where there is EXIF.
///
/// # Errors
/// A setting or dimension is out of range, curves have no three times two values, the pixels' length does not fit the dimensions, or libjxl gave up:
/// see [`Error`].
pub fn encode(image: Image<'_>, settings: &Settings<'_>) -> Result<Vec<u8>, Error> {
    let Image { width, height, pixels } = image;
    let allowed = 1..=MAX_SIDE;
    if !allowed.contains(&width) || !allowed.contains(&height) {
        return Err(Error::Dimensions { width, height });
    }
    let (pixels, length, channels, bits) = pixels.parts();
    let expected = (width as usize).checked_mul(height as usize).and_then(|area| area.checked_mul(channels as usize));
    if expected != Some(length) {
        return Err(Error::Length { actual: length, expected: expected.unwrap_or(usize::MAX) });
    }
    let Settings { distance, effort, lossless, colors, exif } = *settings;
    if !lossless && !Settings::DISTANCES.contains(&distance) {
        return Err(Error::Distance(distance));
    }
    if !Settings::efforts(lossless).contains(&effort) {
        return Err(Error::Effort { effort, allowed: Settings::efforts(lossless) });
    }
    let colors = match colors {
        Colors::Srgb => None,
        Colors::Profile { icc, codes, curves, matrix } => {
            if curves.len() < 6 || !curves.len().is_multiple_of(3) {
                return Err(Error::Length { actual: curves.len(), expected: 6 });
            }
            let (primaries, transfer) = codes.unwrap_or_default();
            let (icc, icc_size) = sys::parts(Some(icc));
            let (curves, steps) = (curves.as_ptr(), curves.len() / 3);
            let (primaries, transfer) = (primaries.into(), transfer.into());
            Some(sys::Colors { icc, icc_size, primaries, transfer, curves, steps, matrix })
        }
    };
    let colors = colors.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let image = sys::Image { pixels, width, height, channels, bits };
    let (exif, exif_size) = sys::parts(exif);
    let settings = sys::Settings { distance, effort: effort.into(), lossless, colors, exif, exif_size };
    // SAFETY: the pixels are as many as the dimensions say; EXIF, profile and curves as many as their sizes. All of them
    // outlive the call.
    sys::file(|take, to| unsafe { sys::darkroom_jxl_encode(&raw const image, &raw const settings, take, to) })
}
