#![allow(unsafe_code, reason = "a C interface")]

use std::ffi::c_void;
use std::ops::RangeInclusive;

use crate::{Error, sys};

/// The largest width and height that decoders of the main profile's level 5 have to read (ISO/IEC 18181-1 Annex M).
pub const MAX_SIDE: u32 = 1 << 18;

/// What is to be encoded: rows from the top, without gaps, in sRGB.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    /// Columns, 1 to [`MAX_SIDE`].
    pub width: u32,
    /// Rows, 1 to [`MAX_SIDE`].
    pub height: u32,
    /// Three or four samples a pixel.
    pub pixels: Pixels<'a>,
}

/// Samples of 8 or 16 bits; the file has as many.
#[derive(Clone, Copy)]
pub enum Pixels<'a> {
    /// Red, green, blue.
    Rgb(&'a [u8]),
    /// Red, green, blue, and straight alpha.
    Rgba(&'a [u8]),
    /// Red, green, blue, of 16 bits each.
    Rgb16(&'a [u16]),
    /// Red, green, blue, and straight alpha, of 16 bits each.
    Rgba16(&'a [u16]),
}

/// Where samples are, how many there are in all and in a pixel, and of how many bits each is.
struct Samples {
    start: *const c_void,
    count: usize,
    channels: u32,
    bits: u32,
}

impl Pixels<'_> {
    const fn samples(&self) -> Samples {
        const fn samples<T>(samples: &[T], channels: u32) -> Samples {
            let bits = if size_of::<T>() == 1 { 8 } else { 16 };
            Samples { start: samples.as_ptr().cast(), count: samples.len(), channels, bits }
        }
        match self {
            Self::Rgb(bytes) => samples(bytes, 3),
            Self::Rgba(bytes) => samples(bytes, 4),
            Self::Rgb16(words) => samples(words, 3),
            Self::Rgba16(words) => samples(words, 4),
        }
    }
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
        Self { distance: 1.0, effort: 5, lossless: false, exif: None }
    }
}

/// The bytes of a JPEG XL file: a bare codestream, or a container where there is EXIF.
///
/// # Errors
/// A setting or dimension is out of range, the pixels' length does not fit the dimensions, or libjxl gave up:
/// see [`Error`].
pub fn encode(image: Image<'_>, settings: &Settings<'_>) -> Result<Vec<u8>, Error> {
    let Image { width, height, pixels } = image;
    let allowed = 1..=MAX_SIDE;
    if !allowed.contains(&width) || !allowed.contains(&height) {
        return Err(Error::Dimensions { width, height });
    }
    let Samples { start, count, channels, bits } = pixels.samples();
    let expected = (width as usize).checked_mul(height as usize).and_then(|area| area.checked_mul(channels as usize));
    if expected != Some(count) {
        return Err(Error::Length { actual: count, expected: expected.unwrap_or(usize::MAX) });
    }
    let Settings { distance, effort, lossless, exif } = *settings;
    if !lossless && !Settings::DISTANCES.contains(&distance) {
        return Err(Error::Distance(distance));
    }
    if !Settings::efforts(lossless).contains(&effort) {
        return Err(Error::Effort { effort, allowed: Settings::efforts(lossless) });
    }
    let image = sys::Image { samples: start, width, height, channels, bits };
    let (exif, exif_size) = sys::parts(exif);
    let settings = sys::Settings { distance, effort: effort.into(), lossless, exif, exif_size };
    // SAFETY: the samples are as many as the dimensions say, EXIF as many as its size; both outlive the call.
    sys::file(|take, to| unsafe { sys::darkroom_jxl_encode(&raw const image, &raw const settings, take, to) })
}
