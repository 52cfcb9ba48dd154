//! WebP, by libwebp.

use darkroom_libwebp::{Animation, Image as Source, Pixels as Layout, Settings as WebPSettings};
use darkroom_recipe::Size;

use super::{Encode, Frame, Settings};
use crate::Error;
use crate::error::internal;
use crate::pixels::{Image, Pixels};

/// Bytes a pixel.
pub(super) const fn working(settings: &Settings) -> u64 {
    if settings.lossless { 32 } else { 6 }
}

/// The same for an animation: the frame, three canvases of libwebp's, and the file, whose frames take no more than so many
/// bytes a pixel.
pub(super) fn animated_working(settings: &Settings) -> u64 {
    let frames = u64::from(settings.animation.map_or(1, |animation| animation.frames));
    working(settings) + 24 + frames * if settings.lossless { 4 } else { 1 }
}

pub(super) fn encode(image: Image<'_>, settings: &Settings) -> Result<Vec<u8>, Error> {
    let pixels = image.narrow()?;
    let bytes = darkroom_libwebp::encode(source(pixels), &options(settings)).map_err(internal)?;
    Ok(match &settings.exif {
        Some(exif) => with_exif(&bytes, exif, pixels.size, pixels.alpha),
        None => bytes,
    })
}

/// An animation, by libwebp's own encoder of them, which looks for what changes from frame to frame.
pub(super) struct Animated {
    settings: Settings,
    /// None before the first frame.
    file: Option<Animation>,
}

impl Animated {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, file: None }
    }
}

impl Encode for Animated {
    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let Size { width, height } = self.settings.size;
                let plays = self.settings.animation.map_or(1, |animation| animation.plays);
                self.file.insert(Animation::new(width, height, plays, &options(&self.settings)).map_err(internal)?)
            }
        };
        file.add(source(frame.image.narrow()?), frame.delay).map_err(internal)
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        let file = self.file.ok_or_else(|| internal("an animation without frames"))?;
        let bytes = file.finish().map_err(internal)?;
        Ok(match &self.settings.exif {
            // Frames that are all alike have become a still, which may lack the extended header.
            Some(exif) => with_exif(&bytes, exif, self.settings.size, true),
            None => bytes,
        })
    }
}

fn source(pixels: &Pixels) -> Source<'_> {
    Source {
        width: pixels.size.width,
        height: pixels.size.height,
        pixels: if pixels.alpha { Layout::Rgba(&pixels.data) } else { Layout::Rgb(&pixels.data) },
    }
}

fn options(settings: &Settings) -> WebPSettings {
    // For a lossless file libwebp reads the quality as the effort to spend.
    let quality = if settings.lossless { f32::from(settings.effort) * 10.0 } else { f32::from(settings.quality) };
    let method = (settings.effort * 6 + 5) / 10;
    WebPSettings { quality, method, lossless: settings.lossless, ..WebPSettings::default() }
}

/// The same image in the extended format, with an EXIF chunk at its end (RFC 9649 §2.7).
fn with_exif(file: &[u8], exif: &[u8], size: Size, alpha: bool) -> Vec<u8> {
    const EXIF: u8 = 0x08;
    const ALPHA: u8 = 0x10;
    let chunks = &file[12..];
    let mut body = b"WEBP".to_vec();
    if chunks.starts_with(b"VP8X") {
        body.extend_from_slice(chunks);
        body[12] |= EXIF;
    } else {
        let flags = if alpha { EXIF | ALPHA } else { EXIF };
        let side = |side: u32| (side - 1).to_le_bytes();
        let (width, height) = (side(size.width), side(size.height));
        body.extend_from_slice(b"VP8X\x0A\0\0\0");
        body.extend_from_slice(&[flags, 0, 0, 0]);
        body.extend_from_slice(&width[..3]);
        body.extend_from_slice(&height[..3]);
        body.extend_from_slice(chunks);
    }
    body.extend_from_slice(b"EXIF");
    body.extend_from_slice(&(exif.len() as u32).to_le_bytes());
    body.extend_from_slice(exif);
    body.extend(std::iter::repeat_n(0, exif.len() % 2));
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}
