#![allow(unsafe_code, reason = "a C interface")]

use std::ffi::c_int;
use std::fmt;

use libwebp_sys::{self as sys, VP8StatusCode as Status};

unsafe extern "C" {
    /// In c/memory.c.
    fn DarkroomLimitMemory(bytes: u64) -> u64;

    /// libwebp's function of this name, defined in c/memory.c.
    fn WebPSafeMalloc(count: u64, size: usize) -> *mut std::ffi::c_void;
}

/// Makes linkers choose our functions before those of the same name in libwebp.
#[used]
static MALLOC: unsafe extern "C" fn(u64, usize) -> *mut std::ffi::c_void = WebPSafeMalloc;

/// The reason why decoding failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes end before the image does.
    Truncated,
    /// The bytes are not an image, or a corrupt one.
    Malformed,
    /// A frame that is not displayed, or that modifies another one.
    Unsupported,
    /// libwebp would exceed its memory limit.
    OutOfMemory,
    /// The buffer's length does not match the image.
    Length {
        /// The given length.
        actual: usize,
        /// Width × height × bytes per pixel.
        expected: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => write!(f, "the image ends too early"),
            Self::Malformed => write!(f, "broken image data"),
            Self::Unsupported => write!(f, "a frame that shows nothing by itself"),
            Self::OutOfMemory => write!(f, "libwebp: out of memory"),
            Self::Length { actual, expected } => {
                write!(f, "room for {actual} bytes of pixels; expected are {expected}")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

impl DecodeError {
    /// Converts an error code of libwebp's functions.
    pub(crate) fn from_code(code: c_int) -> Self {
        const OUT_OF_MEMORY: c_int = Status::VP8_STATUS_OUT_OF_MEMORY as c_int;
        const UNSUPPORTED: c_int = Status::VP8_STATUS_UNSUPPORTED_FEATURE as c_int;
        const SUSPENDED: c_int = Status::VP8_STATUS_SUSPENDED as c_int;
        const NOT_ENOUGH: c_int = Status::VP8_STATUS_NOT_ENOUGH_DATA as c_int;
        match code {
            OUT_OF_MEMORY => Self::OutOfMemory,
            UNSUPPORTED => Self::Unsupported,
            SUSPENDED | NOT_ENOUGH => Self::Truncated,
            _ => Self::Malformed,
        }
    }
}

/// Facts from the headers of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Columns, 1 to [`MAX_SIDE`](crate::MAX_SIDE) + 1.
    pub width: u32,
    /// Rows, with the same range.
    pub height: u32,
    /// Whether there may be transparent pixels.
    pub alpha: bool,
    /// Whether it is losslessly compressed.
    pub lossless: bool,
}

/// Reads the headers of an image: a `VP8 ` or `VP8L` chunk, or all chunks from an `ALPH` before it to its end (RFC 9649
/// §2.5 to §2.7.1.2), each with its name and size. The caller parses the file around it.
///
/// # Errors
/// If they are truncated or corrupt.
pub fn features(image: &[u8]) -> Result<Features, DecodeError> {
    let mut found = std::mem::MaybeUninit::<sys::WebPBitstreamFeatures>::zeroed();
    // SAFETY: the bytes have the given length, and zeros are valid for each field of the structure.
    let (status, found) = unsafe {
        let status = sys::WebPGetFeatures(image.as_ptr(), image.len(), found.as_mut_ptr());
        (status, found.assume_init())
    };
    if status != Status::VP8_STATUS_OK {
        return Err(DecodeError::from_code(status as c_int));
    }
    let side = |length: c_int| u32::try_from(length).ok().filter(|length| *length > 0).ok_or(DecodeError::Malformed);
    let (width, height) = (side(found.width)?, side(found.height)?);
    Ok(Features { width, height, alpha: found.has_alpha != 0, lossless: found.format == 2 })
}

/// A buffer for pixels: rows from the top, without gaps.
pub enum PixelsMut<'a> {
    /// Red, green, blue.
    Rgb(&'a mut [u8]),
    /// Red, green, blue, and straight alpha.
    Rgba(&'a mut [u8]),
}

/// Decodes an image in the form that [`features`] takes. libwebp allocates at most `memory` bytes besides the pixels.
/// It needs some rows for a lossy image, a byte per pixel for its alpha, and for a lossless one four bytes per pixel
/// plus its code tables.
///
/// # Errors
/// If the image is corrupt or truncated, the buffer has another size, or the memory is insufficient.
pub fn decode(image: &[u8], pixels: PixelsMut<'_>, memory: u64) -> Result<(), DecodeError> {
    let mut config = config(image, pixels)?;
    // SAFETY: the bytes have the given length; the configuration is initialized, and its buffer has room for the image.
    let status = limited(memory, || unsafe { sys::WebPDecode(image.as_ptr(), image.len(), &mut config) });
    if status == Status::VP8_STATUS_OK { Ok(()) } else { Err(DecodeError::from_code(status as c_int)) }
}

/// Decodes a truncated image, and returns the number of available rows. The rows below stay unchanged.
///
/// # Errors
/// As for [`decode`], and if not a single row is available.
pub fn decode_rows(image: &[u8], pixels: PixelsMut<'_>, memory: u64) -> Result<u32, DecodeError> {
    let mut config = config(image, pixels)?;
    limited(memory, || {
        // SAFETY: the buffer has room for the image, and outlives the decoder.
        let decoder = unsafe { sys::WebPINewDecoder(&mut config.output) };
        if decoder.is_null() {
            return Err(DecodeError::OutOfMemory);
        }
        let mut rows = 0;
        let none = std::ptr::null_mut;
        // SAFETY: the decoder lives until it is deleted, and the bytes have the given length.
        let status = unsafe {
            let status = sys::WebPIUpdate(decoder, image.as_ptr(), image.len());
            sys::WebPIDecGetRGB(decoder, &mut rows, none(), none(), none());
            sys::WebPIDelete(decoder);
            status
        };
        match u32::try_from(rows) {
            _ if status == Status::VP8_STATUS_OUT_OF_MEMORY => Err(DecodeError::OutOfMemory),
            Ok(rows @ 1..) => Ok(rows),
            _ => Err(DecodeError::from_code(status as c_int)),
        }
    })
}

/// The configuration for decoding an image into `pixels`.
fn config(image: &[u8], pixels: PixelsMut<'_>) -> Result<sys::WebPDecoderConfig, DecodeError> {
    let Features { width, height, .. } = features(image)?;
    let (pixels, channels, colorspace) = match pixels {
        PixelsMut::Rgb(pixels) => (pixels, 3, sys::WEBP_CSP_MODE::MODE_RGB),
        PixelsMut::Rgba(pixels) => (pixels, 4, sys::WEBP_CSP_MODE::MODE_RGBA),
    };
    let stride = width as usize * channels;
    let expected = stride * height as usize;
    if pixels.len() != expected {
        return Err(DecodeError::Length { actual: pixels.len(), expected });
    }
    let mut config = sys::WebPDecoderConfig::new().map_err(|()| DecodeError::Malformed)?;
    config.output.colorspace = colorspace;
    config.output.is_external_memory = 1;
    config.output.u.RGBA =
        sys::WebPRGBABuffer { rgba: pixels.as_mut_ptr(), stride: stride as c_int, size: pixels.len() };
    Ok(config)
}

/// Calls libwebp with a limit of `memory` bytes.
pub(crate) fn limited<T>(memory: u64, call: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "wasm32")]
    crate::simd::enable();
    // SAFETY: it changes a thread-local number.
    let before = unsafe { DarkroomLimitMemory(memory) };
    let result = call();
    // SAFETY: likewise.
    unsafe { DarkroomLimitMemory(before) };
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Image, Pixels, Settings, encode};

    fn noise(width: u32, height: u32, channels: u32) -> Vec<u8> {
        (0..width * height * channels).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
    }

    /// The single image of a file, without the container.
    fn image(width: u32, height: u32, pixels: Pixels<'_>, lossless: bool) -> Vec<u8> {
        let settings = Settings { lossless, exact: true, ..Settings::default() };
        let file = encode(Image { width, height, pixels }, &settings).expect("a file");
        let start = if &file[12..16] == b"VP8X" { 30 } else { 12 };
        file[start..].to_vec()
    }

    #[test]
    fn lossless_pixels_come_back() {
        let (rgb, rgba) = (noise(37, 21, 3), noise(37, 21, 4));
        let (opaque, clear) = (image(37, 21, Pixels::Rgb(&rgb), true), image(37, 21, Pixels::Rgba(&rgba), true));
        assert_eq!(features(&opaque), Ok(Features { width: 37, height: 21, alpha: false, lossless: true }));
        assert_eq!(features(&clear), Ok(Features { width: 37, height: 21, alpha: true, lossless: true }));
        let (mut three, mut four) = (vec![0; rgb.len()], vec![0; rgba.len()]);
        assert_eq!(decode(&opaque, PixelsMut::Rgb(&mut three), u64::MAX), Ok(()));
        assert_eq!(decode(&clear, PixelsMut::Rgba(&mut four), u64::MAX), Ok(()));
        assert!(three == rgb && four == rgba);
    }

    #[test]
    fn lossy_alpha_stands_before_the_image() {
        let rgba = noise(37, 21, 4);
        let lossy = image(37, 21, Pixels::Rgba(&rgba), false);
        assert_eq!((&lossy[..4], features(&lossy).map(|found| found.alpha)), (&b"ALPH"[..], Ok(true)));
        let mut pixels = vec![0; rgba.len()];
        assert_eq!(decode(&lossy, PixelsMut::Rgba(&mut pixels), u64::MAX), Ok(()));
        assert!(pixels.chunks(4).zip(rgba.chunks(4)).all(|(a, b)| a[3] == b[3]));
    }

    #[test]
    fn memory_is_limited_and_no_room_is_too_small() {
        let rgb = noise(300, 200, 3);
        let mut pixels = vec![0; rgb.len()];
        for lossless in [false, true] {
            let image = image(300, 200, Pixels::Rgb(&rgb), lossless);
            let mut with = |memory| decode(&image, PixelsMut::Rgb(&mut pixels), memory);
            assert_eq!((with(40_000), with(1 << 20)), (Err(DecodeError::OutOfMemory), Ok(())));
            let short = decode(&image, PixelsMut::Rgba(&mut pixels), u64::MAX);
            assert_eq!(short, Err(DecodeError::Length { actual: 180_000, expected: 240_000 }));
        }
    }

    #[test]
    fn rows_that_are_there_are_those_of_the_whole() {
        let rgba = noise(64, 80, 4);
        let rgb = noise(64, 80, 3);
        for (lossless, alpha) in [(false, false), (false, true), (true, false), (true, true)] {
            let pixels = if alpha { Pixels::Rgba(&rgba) } else { Pixels::Rgb(&rgb) };
            let image = image(64, 80, pixels, lossless);
            let mut whole = vec![0; rgba.len()];
            decode(&image, PixelsMut::Rgba(&mut whole), u64::MAX).expect("an image");
            let mut before = 0;
            for length in (0..=image.len()).step_by(40) {
                let mut found = vec![7; rgba.len()];
                let Ok(rows) = decode_rows(&image[..length], PixelsMut::Rgba(&mut found), u64::MAX) else { continue };
                let there = rows as usize * 64 * 4;
                assert!(found[..there] == whole[..there], "{length} bytes, {rows} rows");
                assert!(found[there..].iter().all(|byte| *byte == 7), "{length} bytes, {rows} rows");
                assert!(rows >= before);
                before = rows;
            }
            assert!(before > 40, "{before} rows");
        }
    }

    #[test]
    fn what_is_cut_off_or_no_image_is_refused() {
        let rgb = noise(64, 64, 3);
        let mut pixels = vec![0; rgb.len()];
        for lossless in [false, true] {
            let image = image(64, 64, Pixels::Rgb(&rgb), lossless);
            for length in 0..image.len() {
                assert!(decode(&image[..length], PixelsMut::Rgb(&mut pixels), u64::MAX).is_err(), "{length} bytes");
            }
            let half = decode(&image[..image.len() / 2], PixelsMut::Rgb(&mut pixels), u64::MAX);
            assert_eq!(half, Err(DecodeError::Truncated));
        }
        assert_eq!(features(&[0; 64]), Err(DecodeError::Malformed));
    }
}
