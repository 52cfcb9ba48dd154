#![allow(unsafe_code, reason = "a C interface")]

use std::ffi::{c_int, c_void};

use libwebp_sys as sys;

use crate::Error;

unsafe extern "C" {
    /// In c/decimate.c.
    fn VP8Decimate(iterator: *mut c_void, score: *mut c_void, level: c_int) -> c_int;
}

/// Makes linkers choose our function before the one of the same name in libwebp.
#[used]
static DECIMATE: unsafe extern "C" fn(*mut c_void, *mut c_void, c_int) -> c_int = VP8Decimate;

/// The largest width and height of a WebP file (RFC 9649 §2.5).
pub const MAX_SIDE: u32 = 16_383;

/// The image to encode: rows from the top, without gaps.
#[derive(Clone, Copy)]
pub struct Image<'a> {
    /// Columns, 1 to [`MAX_SIDE`].
    pub width: u32,
    /// Rows, 1 to [`MAX_SIDE`].
    pub height: u32,
    /// 8 bits per channel.
    pub pixels: Pixels<'a>,
}

/// Three or four bytes per pixel.
#[derive(Clone, Copy)]
pub enum Pixels<'a> {
    /// Red, green, blue.
    Rgb(&'a [u8]),
    /// Red, green, blue, and straight alpha.
    Rgba(&'a [u8]),
}

impl Pixels<'_> {
    /// The bytes, and the number of bytes per pixel.
    const fn parts(&self) -> (&[u8], usize) {
        match self {
            Self::Rgb(bytes) => (bytes, 3),
            Self::Rgba(bytes) => (bytes, 4),
        }
    }
}

/// The encoder's settings: libwebp's own defaults, except for the quality. Alpha is always lossless.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// 0 to 100, 80 by default. For a lossless file it is the effort.
    pub quality: f32,
    /// 0 (fastest) to 6 (smallest), 4 by default.
    pub method: u8,
    /// Preserves every pixel exactly, except the colours of transparent ones. False by default.
    pub lossless: bool,
    /// Keeps the colour of transparent pixels instead of choosing the one that compresses best. False by default.
    pub exact: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { quality: 80.0, method: 4, lossless: false, exact: false }
    }
}

/// The bytes of a WebP file.
///
/// # Errors
/// If a setting or dimension is out of range, the pixels' length does not match the dimensions, or libwebp fails: see
/// [`Error`].
pub fn encode(image: Image<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    #[cfg(target_arch = "wasm32")]
    crate::simd::enable();
    let config = config(settings)?;
    let mut picture = Picture::import(image, settings.lossless)?;
    picture.encode(&config)
}

pub(crate) fn config(settings: &Settings) -> Result<sys::WebPConfig, Error> {
    let Settings { quality, method, lossless, exact } = *settings;
    if !(0.0..=100.0).contains(&quality) {
        return Err(Error::Quality(quality));
    }
    if method > 6 {
        return Err(Error::Method(method));
    }
    let mut config = sys::WebPConfig::new().map_err(|()| VERSION_MISMATCH)?;
    config.quality = quality;
    config.method = c_int::from(method);
    config.lossless = c_int::from(lossless);
    config.exact = c_int::from(exact);
    Ok(config)
}

/// Does not occur, because the bindings and the library are built from the same source.
pub(crate) const VERSION_MISMATCH: Error = Error::Internal(0);

/// A libwebp picture and the file made from it; both are freed with it.
pub(crate) struct Picture {
    pub(crate) picture: sys::WebPPicture,
    writer: sys::WebPMemoryWriter,
}

impl Picture {
    /// `argb` means that the pixels stay RGB.
    pub(crate) fn import(image: Image<'_>, argb: bool) -> Result<Self, Error> {
        let Image { width, height, pixels } = image;
        let allowed = 1..=MAX_SIDE;
        if !allowed.contains(&width) || !allowed.contains(&height) {
            return Err(Error::Dimensions { width, height });
        }
        let (bytes, channels) = pixels.parts();
        let stride = width as usize * channels;
        let expected = stride * height as usize;
        if bytes.len() != expected {
            return Err(Error::Length { actual: bytes.len(), expected });
        }
        let mut this = Self::new()?;
        this.picture.use_argb = c_int::from(argb);
        // Both sides have been checked to fit.
        (this.picture.width, this.picture.height) = (width as c_int, height as c_int);
        let import = match pixels {
            Pixels::Rgb(_) => sys::WebPPictureImportRGB,
            Pixels::Rgba(_) => sys::WebPPictureImportRGBA,
        };
        // SAFETY: the picture is initialised, and `bytes` holds `height` rows of `stride` bytes.
        let imported = unsafe { import(&mut this.picture, bytes.as_ptr(), stride as c_int) };
        if imported == 0 { Err(this.error()) } else { Ok(this) }
    }

    fn new() -> Result<Self, Error> {
        let picture = sys::WebPPicture::new().map_err(|()| VERSION_MISMATCH)?;
        let mut writer = std::mem::MaybeUninit::uninit();
        // SAFETY: the function initializes all of the writer.
        let writer = unsafe {
            sys::WebPMemoryWriterInit(writer.as_mut_ptr());
            writer.assume_init()
        };
        Ok(Self { picture, writer })
    }

    fn encode(&mut self, config: &sys::WebPConfig) -> Result<Vec<u8>, Error> {
        self.picture.writer = Some(sys::WebPMemoryWrite);
        self.picture.custom_ptr = (&raw mut self.writer).cast();
        // SAFETY: configuration and picture are initialized, and the writer does not move during the call.
        if unsafe { sys::WebPEncode(config, &mut self.picture) } == 0 {
            return Err(self.error());
        }
        // SAFETY: on success `mem` points to `size` bytes, which are valid until the writer is cleared.
        Ok(unsafe { std::slice::from_raw_parts(self.writer.mem, self.writer.size) }.to_vec())
    }

    pub(crate) fn error(&self) -> Error {
        Error::from_code(self.picture.error_code)
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: both are initialized, and neither is used again.
        unsafe {
            sys::WebPPictureFree(&mut self.picture);
            sys::WebPMemoryWriterClear(&mut self.writer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(width: u32, height: u32, channels: u32) -> Vec<u8> {
        (0..width * height * channels).map(|at| (at / channels * 7 + at % channels * 60) as u8).collect()
    }

    fn refusal(width: u32, height: u32, pixels: Pixels<'_>, settings: &Settings) -> Error {
        encode(Image { width, height, pixels }, settings).expect_err("is refused")
    }

    #[test]
    fn files_are_what_was_asked_for() {
        let (rgb, rgba) = (gradient(33, 17, 3), gradient(33, 17, 4));
        for (pixels, lossless, chunk) in [
            (Pixels::Rgb(&rgb), false, b"VP8 "),
            (Pixels::Rgb(&rgb), true, b"VP8L"),
            (Pixels::Rgba(&rgba), false, b"VP8X"),
            (Pixels::Rgba(&rgba), true, b"VP8L"),
        ] {
            let settings = Settings { lossless, ..Settings::default() };
            let file = encode(Image { width: 33, height: 17, pixels }, &settings).expect("encodes");
            assert_eq!((&file[..4], &file[8..12], &file[12..16]), (&b"RIFF"[..], &b"WEBP"[..], &chunk[..]));
            assert_eq!(u32::from_le_bytes([file[4], file[5], file[6], file[7]]) as usize, file.len() - 8);
        }
    }

    #[test]
    fn transparent_pixels_keep_their_colour_only_when_exact() {
        let noise: Vec<u8> =
            (1..=32 * 32u32).flat_map(|at| (at.wrapping_mul(2_654_435_761) >> 8).to_le_bytes()).collect();
        let [cleaned, exact] = [false, true].map(|exact| {
            let settings = Settings { lossless: true, exact, ..Settings::default() };
            encode(Image { width: 32, height: 32, pixels: Pixels::Rgba(&noise) }, &settings).expect("encodes").len()
        });
        assert!(cleaned * 5 < exact, "{cleaned} and {exact} bytes");
    }

    #[test]
    fn the_largest_side_is_allowed() {
        let line = vec![90; MAX_SIDE as usize * 3];
        for (width, height) in [(MAX_SIDE, 1), (1, MAX_SIDE)] {
            assert!(encode(Image { width, height, pixels: Pixels::Rgb(&line) }, &Settings::default()).is_ok());
        }
    }

    #[test]
    fn wrong_dimensions_are_refused() {
        for (width, height) in [(0, 1), (1, 0), (16_384, 1), (1, u32::MAX)] {
            let error = refusal(width, height, Pixels::Rgb(&[]), &Settings::default());
            assert_eq!(error, Error::Dimensions { width, height });
        }
        for actual in [0, 15, 17] {
            let error = refusal(2, 2, Pixels::Rgba(&[0; 17][..actual]), &Settings::default());
            assert_eq!(error, Error::Length { actual, expected: 16 });
        }
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        for quality in [-0.1, 100.1, f32::NAN, f32::INFINITY] {
            let settings = Settings { quality, ..Settings::default() };
            assert!(matches!(refusal(1, 1, Pixels::Rgb(&[0; 3]), &settings), Error::Quality(_)));
        }
        let settings = Settings { method: 7, ..Settings::default() };
        let error = refusal(1, 1, Pixels::Rgb(&[0; 3]), &settings);
        assert_eq!(error.to_string(), "method 7; must be from 0 to 6");
    }
}
