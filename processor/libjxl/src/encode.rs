#![allow(unsafe_code, reason = "a C interface")]

use std::ffi::c_void;
use std::ops::RangeInclusive;

use crate::{Error, sys};

/// The largest width and height that level 5 of the main profile requires decoders to support (ISO/IEC 18181-1 Annex
/// M).
pub const MAX_SIDE: u32 = 1 << 18;

/// The image to encode: rows from the top, without gaps.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    /// Columns, 1 to [`MAX_SIDE`].
    pub width: u32,
    /// Rows, 1 to [`MAX_SIDE`].
    pub height: u32,
    /// The samples.
    pub pixels: Pixels<'a>,
}

/// Three or four samples per pixel.
#[derive(Clone, Copy)]
pub enum Pixels<'a> {
    /// Red, green, blue.
    Rgb(&'a [u8]),
    /// Red, green, blue, and straight alpha.
    Rgba(&'a [u8]),
    /// Red, green, blue, 16 bits each.
    Rgb16(&'a [u16]),
    /// Red, green, blue, and straight alpha, 16 bits each.
    Rgba16(&'a [u16]),
}

impl Pixels<'_> {
    /// A pointer to the samples, their number, the number per pixel, and the bits per sample.
    const fn parts(&self) -> (*const c_void, usize, u32, u32) {
        match self {
            Self::Rgb(samples) => (samples.as_ptr().cast(), samples.len(), 3, 8),
            Self::Rgba(samples) => (samples.as_ptr().cast(), samples.len(), 4, 8),
            Self::Rgb16(samples) => (samples.as_ptr().cast(), samples.len(), 3, 16),
            Self::Rgba16(samples) => (samples.as_ptr().cast(), samples.len(), 4, 16),
        }
    }
}

/// The colour space of red, green and blue.
#[derive(Clone, Copy, Debug)]
pub enum Colors<'a> {
    /// sRGB.
    Srgb,
    /// Another colour space, from black to white.
    Profile {
        /// The ICC profile. The file contains it unless the codes replace it.
        icc: &'a [u8],
        /// Primaries (9 or 12) and transfer characteristics (13 or 14) as in ITU-T H.273.
        codes: Option<(u8, u8)>,
        /// For each channel in turn, the linear light of the same number of values from 0 to 1.
        curves: &'a [f32],
        /// Converts that light to linear light in sRGB's primaries, row by row.
        matrix: [f32; 9],
    },
}

/// The encoder's settings. Alpha is always lossless; the colour of transparent pixels is changed to the cheapest one.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The target Butteraugli distance, 0.01 to 25: at 1, the default, losses are hardly visible. Ignored for a
    /// lossless file.
    pub distance: f32,
    /// From fastest to smallest, 1 to 5 for a lossy file, 2 to 7 for a lossless one. 5 by default.
    pub effort: u8,
    /// Preserves every pixel exactly, except the colours of transparent ones. False by default.
    pub lossless: bool,
    /// sRGB by default.
    pub colors: Colors<'a>,
    /// A TIFF structure to store beside the image.
    pub exif: Option<&'a [u8]>,
}

impl Settings<'_> {
    /// libjxl's distances from nearly lossless to the worst.
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

/// The bytes of a JPEG XL file: a bare codestream, or a container if there is EXIF.
///
/// # Errors
/// If a setting or dimension is out of range, the curves don't have at least two values per channel, the pixels' length
/// does not match the dimensions, or libjxl fails: see [`Error`].
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
    // SAFETY: the pixels are as many as the dimensions say; EXIF, profile and curves are as long as their sizes. All of
    // them outlive the call.
    sys::file(|take, to| unsafe { sys::darkroom_jxl_encode(&raw const image, &raw const settings, take, to) })
}
