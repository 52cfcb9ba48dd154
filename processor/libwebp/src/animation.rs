#![allow(unsafe_code, reason = "a C interface")]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;

use libwebp_sys as sys;

use crate::encode::{Picture, VERSION_MISMATCH, config};
use crate::{Error, Image, MAX_SIDE, Settings};

/// An animated WebP file in progress, using libwebp's own animation encoder: it encodes only the part of a frame that
/// differs from the previous one.
pub struct Animation {
    encoder: *mut sys::WebPAnimEncoder,
    config: sys::WebPConfig,
    /// The start of the next frame in milliseconds.
    elapsed: c_int,
}

impl Animation {
    /// Creates an animation of `width` × `height` pixels that plays `plays` times; 0 and anything above 65,535 mean
    /// forever.
    ///
    /// # Errors
    /// If a setting or dimension is out of range, or libwebp could not allocate memory.
    pub fn new(width: u32, height: u32, plays: u32, settings: &Settings) -> Result<Self, Error> {
        #[cfg(target_arch = "wasm32")]
        crate::simd::enable();
        let config = config(settings)?;
        let allowed = 1..=MAX_SIDE;
        if !allowed.contains(&width) || !allowed.contains(&height) {
            return Err(Error::Dimensions { width, height });
        }
        let version = sys::WEBP_MUX_ABI_VERSION as c_int;
        let mut options = MaybeUninit::uninit();
        // SAFETY: on success the function initializes all of the options.
        let mut options: sys::WebPAnimEncoderOptions = unsafe {
            if sys::WebPAnimEncoderOptionsInitInternal(options.as_mut_ptr(), version) == 0 {
                return Err(VERSION_MISMATCH);
            }
            options.assume_init()
        };
        options.anim_params.loop_count = u16::try_from(plays).map_or(0, c_int::from);
        // Both sides have been checked to fit.
        // SAFETY: the options are initialised, and are copied.
        let encoder = unsafe { sys::WebPAnimEncoderNewInternal(width as c_int, height as c_int, &options, version) };
        if encoder.is_null() { Err(Error::OutOfMemory) } else { Ok(Self { encoder, config, elapsed: 0 }) }
    }

    /// Adds the next frame, whose size is the animation's, displayed for `delay` milliseconds.
    ///
    /// # Errors
    /// If the image has another size, its pixels' length does not match that, the total duration exceeds 24 days, or
    /// libwebp fails.
    pub fn add(&mut self, image: Image<'_>, delay: u32) -> Result<(), Error> {
        let mut frame = Picture::import(image, true)?;
        // SAFETY: encoder, picture and configuration are initialised, and the picture outlives the call.
        let added = unsafe { sys::WebPAnimEncoderAdd(self.encoder, &mut frame.picture, self.elapsed, &self.config) };
        if added == 0 {
            return Err(frame.error());
        }
        let delay = c_int::try_from(delay).ok();
        self.elapsed = delay.and_then(|delay| self.elapsed.checked_add(delay)).ok_or(Error::TooLong)?;
        Ok(())
    }

    /// Returns the file's bytes. If all frames are equal, the file is a still.
    ///
    /// # Errors
    /// If there was no frame, or libwebp could not allocate memory.
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        let mut data = sys::WebPData { bytes: ptr::null(), size: 0 };
        // SAFETY: without a picture, the call only sets the end of the last frame; the encoder is alive until it is
        // dropped.
        let assembled = unsafe {
            sys::WebPAnimEncoderAdd(self.encoder, ptr::null_mut(), self.elapsed, ptr::null()) != 0
                && sys::WebPAnimEncoderAssemble(self.encoder, &mut data) != 0
        };
        if !assembled || data.bytes.is_null() {
            return Err(Error::NotAssembled);
        }
        // SAFETY: on success `bytes` points to `size` bytes, which we have to free.
        unsafe {
            let file = std::slice::from_raw_parts(data.bytes, data.size).to_vec();
            sys::WebPDataClear(&mut data);
            Ok(file)
        }
    }
}

impl Drop for Animation {
    fn drop(&mut self) {
        // SAFETY: the encoder is alive, and not used again.
        unsafe { sys::WebPAnimEncoderDelete(self.encoder) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pixels;

    fn animation(colors: &[u8], lossless: bool, plays: u32) -> Vec<u8> {
        let settings = Settings { lossless, ..Settings::default() };
        let mut animation = Animation::new(20, 10, plays, &settings).expect("an encoder");
        for color in colors {
            let pixels = [*color; 20 * 10 * 3];
            animation.add(Image { width: 20, height: 10, pixels: Pixels::Rgb(&pixels) }, 70).expect("a frame");
        }
        animation.finish().expect("a file")
    }

    fn count(file: &[u8], chunk: &[u8; 4]) -> usize {
        file.windows(4).filter(|window| window == chunk).count()
    }

    #[test]
    fn files_have_the_frames_and_how_often_they_are_played() {
        for (lossless, plays, written) in [(false, 0, [0, 0]), (true, 3, [3, 0]), (true, 70_000, [0, 0])] {
            let file = animation(&[0, 120, 240], lossless, plays);
            assert_eq!((&file[..4], &file[8..16]), (&b"RIFF"[..], &b"WEBPVP8X"[..]));
            assert_eq!(count(&file, b"ANMF"), 3, "lossless: {lossless}");
            let header = file.windows(4).position(|window| window == b"ANIM").expect("an ANIM chunk");
            assert_eq!(file[header + 12..header + 14], written, "{plays}");
        }
        assert_eq!(count(&animation(&[9, 9], true, 0), b"ANMF"), 0, "nothing moves");
    }

    #[test]
    fn what_can_not_be_is_refused() {
        let refused = |width, height| Animation::new(width, height, 0, &Settings::default()).err();
        assert_eq!(refused(0, 1), Some(Error::Dimensions { width: 0, height: 1 }));
        assert_eq!(refused(1, 16_384), Some(Error::Dimensions { width: 1, height: 16_384 }));
        let mut animation = Animation::new(2, 2, 0, &Settings::default()).expect("an encoder");
        let other = Image { width: 1, height: 1, pixels: Pixels::Rgb(&[0; 3]) };
        assert!(matches!(animation.add(other, 10), Err(Error::Internal(_))));
        assert_eq!(animation.finish(), Err(Error::NotAssembled), "no frame");
        let mut animation = Animation::new(1, 1, 0, &Settings::default()).expect("an encoder");
        assert_eq!(animation.add(other, u32::MAX), Err(Error::TooLong));
    }
}
